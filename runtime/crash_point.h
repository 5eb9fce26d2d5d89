// Named places at which a test can make a process die, as if killed there.
//
//   ASSENT_CRASH_POINT("coordinator.decision.before_write");
//
// ASSENT_CRASH=name[:n] in the environment ends the process with _exit(137) at the n-th pass (1 at
// first) of that point: nothing is flushed, no destructor runs. Points are compiled in where
// ASSENT_CRASH_POINTS is defined (every build but a release); elsewhere the macro is nothing. Every
// name stands in the table below, so that a test can cross each one; a name that does not is a
// compile error.
//
// Thread-safe. `core/` and `storage/` hold no points.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>

namespace assent {

inline constexpr std::array kCrashPoints = std::to_array<std::string_view>({
    "coordinator.start.before_epoch",  // The raised epoch is not written yet.
    "coordinator.start.after_epoch",   // It is synced; nobody has seen it.
    "coordinator.request.received",    // An initiator's; the core has not seen it.
    "coordinator.vote.received",       // A vote; the core has not seen it.
    "coordinator.acknowledge.received",
    "coordinator.prepare.before_send",
    "coordinator.commit.before_send",  // The decision is durable; this participant is not told.
    "coordinator.abort.before_send",
    "coordinator.attach.after_send",  // A frame to a participant has been written to its stream.
    "coordinator.answer.before_send",
    "coordinator.session.after_send",     // A frame of answers has been written to its stream.
    "coordinator.decision.before_write",  // A batch of decisions has left the core.
    "coordinator.decision.after_write",   // It is synced; nobody has been told.
    "coordinator.logged.received",        // The event thread knows; the core has not seen it.
    "participant.start.before_incarnation",
    "participant.start.after_incarnation",
    "participant.prepare.before_store",  // The resource manager is about to be called.
    "participant.prepare.after_store",   // Prepared durably; no vote has left.
    "participant.commit.before_store",
    "participant.commit.after_store",  // Committed durably; no acknowledgement has left.
    "participant.abort.before_store",
    "participant.abort.after_store",
    "agent.send.before_enlist",
    "agent.send.after_enlist",
    "agent.send.before_vote",         // The frame that holds a vote is about to be written.
    "agent.send.after_vote",          // It has been written.
    "agent.send.before_acknowledge",  // Likewise.
    "agent.send.after_acknowledge",
});

// For main(): empty, or why the program must not start: the switch is set but no points are
// compiled in, or it names no point, or its number is not one.
std::string RefuseCrashSwitch();

namespace internal {

consteval bool IsCrashPoint(std::string_view name) {
  for (const std::string_view known : kCrashPoints) {
    if (known == name) return true;
  }
  return false;
}

// Counts a pass of the point `name`; does not return from the one that the switch asks for.
void PassCrashPoint(std::string_view name, std::atomic<int>* passes);

}  // namespace internal
}  // namespace assent

#if defined(ASSENT_CRASH_POINTS)
#define ASSENT_CRASH_POINT(name)                                               \
  do {                                                                         \
    static_assert(::assent::internal::IsCrashPoint(name), "not in the table"); \
    static std::atomic<int> assent_crash_passes{0};                            \
    ::assent::internal::PassCrashPoint(name, &assent_crash_passes);            \
  } while (false)
#else
#define ASSENT_CRASH_POINT(name) \
  static_assert(::assent::internal::IsCrashPoint(name), "not in the table")
#endif
