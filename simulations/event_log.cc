#include "simulations/event_log.h"

#include <cstdio>

namespace assent::simulation {

LogLevel LevelOf(EventKind kind) {
  switch (kind) {
    case EventKind::kStart:
    case EventKind::kRefuse:
    case EventKind::kCrash:
    case EventKind::kHalt:
    case EventKind::kOperator:
    case EventKind::kDecide:
    case EventKind::kSettle:
    case EventKind::kFault:
    case EventKind::kHeal:
    case EventKind::kViolation:
      return LogLevel::kShort;
    case EventKind::kDurable:
    case EventKind::kForget:
    case EventKind::kVote:
    case EventKind::kCommit:
    case EventKind::kAbort:
    case EventKind::kTold:
    case EventKind::kNotice:
      return LogLevel::kFull;
    case EventKind::kWrite:
    case EventKind::kSync:
    case EventKind::kSend:
    case EventKind::kDeliver:
    case EventKind::kLose:
    case EventKind::kNetworkFault:
      return LogLevel::kAll;
  }
  return LogLevel::kAll;
}

const char* NameOf(EventKind kind) {
  static constexpr const char* kNames[] = {
      "start", "refuse",  "crash", "halt",  "operator", "decide", "durable",  "forget",
      "vote",  "commit",  "abort", "told",  "settle",   "notice", "write",    "sync",
      "send",  "deliver", "lose",  "fault", "network",  "heal",   "violation"};
  static_assert(sizeof kNames / sizeof *kNames ==
                static_cast<std::size_t>(EventKind::kViolation) + 1);
  return kNames[static_cast<std::size_t>(kind)];
}

std::string ToText(const Event& event) {
  char prefix[96];
  std::snprintf(prefix, sizeof prefix, "%12.6f s  %-16s",
                static_cast<double>(event.at.micros) / 1e6, event.who.c_str());
  return prefix + event.what;
}

}  // namespace assent::simulation
