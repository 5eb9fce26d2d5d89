// Many transactions at a coordinator that are not finished, for what happens then.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"
#include "tools/bench/cluster.h"
#include "tools/bench/machine.h"
#include "tools/bench/participant_processes.h"
#include "tools/bench/rig.h"

namespace assent::bench {

// How often the coordinator is asked how many are open: what follows from it is later by so much,
// at most.
inline constexpr Duration kPileLook = Duration::Millis(10);

// A coordinator with two participants whose store holds something back. One thread.
class Pile {
 public:
  Pile() : coordinator_(&directory_) {}

  // Starts both. `role`: see held_participant_role.h.
  std::string Start(int transactions, const std::string& role);
  // Begins `transactions` and blocks until they are `decided`, or open only. Empty, or why not.
  std::string Grow(bool decided);

  // Blocks until so many transactions are open at the coordinator, asking it every kPileLook.
  // Empty, or that their number has not changed for a minute.
  std::string AwaitOpen(std::uint64_t wanted) const;

  // SIGKILL to all; the coordinator again, on its log.
  std::string RestartCoordinator();
  // The participants again, in their next life.
  std::string RestartParticipants();

  std::uint64_t open() const { return coordinator_.admin().Status().open_transactions(); }
  ProcessUsage coordinator_usage() const { return UsageOf(coordinator_.pid()); }

 private:
  Arguments Flags() const;

  int transactions_ = 0;
  ScratchDirectory directory_;
  CoordinatorProcess coordinator_;
  ParticipantProcesses participants_;
};

}  // namespace assent::bench
