#include "simulations/event_log.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string_view>

namespace assent::simulation {

namespace {

// The transactions that a text names.
std::vector<TransactionId> IdsIn(std::string_view text) {
  std::vector<TransactionId> ids;
  constexpr std::string_view kEnds = " ,;:()\n";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kEnds), text.size());
    const std::optional<TransactionId> id = TransactionId::Parse(text.substr(0, end));
    if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return ids;
}

}  // namespace

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

void EventLog::AddViolation(const std::string& promise, const std::string& text, bool at_work) {
  if (!Wants(EventKind::kViolation)) return;
  if (!events_.empty() && events_.back().kind == EventKind::kViolation) return;
  Event event;
  event.kind = EventKind::kViolation;
  event.what = promise + ": " + text;
  event.about = IdsIn(text);
  if (at_work && !events_.empty()) event.who = events_.back().who;
  Add(std::move(event));
}

std::string ToText(const Event& event) {
  char prefix[96];
  std::snprintf(prefix, sizeof prefix, "%12.6f s  %-16s",
                static_cast<double>(event.at.micros) / 1e6, event.who.c_str());
  return prefix + event.what;
}

}  // namespace assent::simulation
