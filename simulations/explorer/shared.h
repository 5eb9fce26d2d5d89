// What the processes of a world share: times, limits, and the numbers of what they exchange.
#pragma once

#include <cstdint>
#include <string>

#include "core/check.h"
#include "core/coordinator_io.h"
#include "core/limits.h"
#include "core/messages.h"
#include "simulations/explorer/interner.h"
#include "simulations/explorer/words.h"

namespace assent::explorer {

// All short timers (timeouts, repetitions, inquiries) last as long as one short tick, so each tick
// of a process fires whatever is armed in it; with slow timeouts, those last two ticks. The long
// ones (retention, blocks, calls that wait)
// last longer than all short ticks of a run together, and one long tick fires them all.
constexpr Duration kShort = Duration::Micros(1);
constexpr Duration kLong = Duration::Seconds(10);
constexpr Duration kLongStep = Duration::Seconds(20);
constexpr Duration kSlow = Duration::Micros(2);
constexpr Duration kGrain = Duration::Seconds(1);

struct Shared {
  Interner<ToParticipant> down;
  Interner<FromParticipant> up;
  Interner<InitiatorRequest> requests;
  Interner<InitiatorReply> replies;
  Interner<std::string> broken;      // rules that a process saw broken
  bool alarms_have_causes = false;   // an operator's error is among the faults
  bool wiped_store_outruns = false;  // keeps its id, and has the higher incarnation
  std::string votes;
  CoordinatorLimits coordinator_limits;
  ParticipantLimits participant_limits;
  Duration longest_short = kShort;  // a process ticks while something is due within it
  Duration grain = kGrain;          // states that differ in less time are one

  std::uint32_t Break(const std::string& rule) { return broken.Intern(rule, rule); }
};

inline CoordinatorId TheCoordinator() { return *CoordinatorId::Parse("c"); }

inline std::uint16_t Narrow(std::uint64_t number) {
  ASSENT_CHECK(number <= 0xffff, "the world is too large for the explorer");
  return static_cast<std::uint16_t>(number);
}

// A link's number: which participant's, and the how many-th.
constexpr std::uint16_t kLinksEach = 100;
inline std::uint16_t LinkOf(int participant, int generation) {
  return static_cast<std::uint16_t>((participant + 1) * kLinksEach + generation);
}
inline int ParticipantOf(LinkId link) { return static_cast<int>(link / kLinksEach) - 1; }
inline int GenerationOf(LinkId link) { return static_cast<int>(link % kLinksEach); }

}  // namespace assent::explorer
