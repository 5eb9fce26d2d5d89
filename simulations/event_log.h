// What happened in a world, event by event. The transcript that people read and the diagram of a
// report are made of it. Collects nothing unless it is asked to.
//
// A log lives in its world's Context. Thread-compatible.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "simulations/scheduler.h"

namespace assent::simulation {

// Each holds what those before it hold.
enum class LogLevel : std::uint8_t {
  kNone,
  kShort,  // lives, decisions, faults, outcomes
  kFull,   // votes, branches, answers, notices
  kAll,    // messages and writes: for a report
};

enum class EventKind : std::uint8_t {
  // Of one process's life.
  kStart,
  kRefuse,  // it does not start, or is not let in
  kCrash,
  kHalt,  // by itself; a kCrash follows
  kOperator,
  // Of a transaction.
  kDecide,   // a commit goes to the coordinator's log: not durable yet
  kDurable,  // and is there, synced
  kForget,   // a decision is removed
  kVote,     // a participant has prepared, durably, or says no
  kCommit,   // a branch has committed, durably
  kAbort,    // a branch has ended otherwise
  kTold,     // an initiator gets an answer
  kSettle,   // and knows the outcome, or will never
  kNotice,   // what a core tells operators
  // Of a disk.
  kWrite,  // begins
  kSync,   // has returned: what was written survives a power loss
  // Of a message.
  kSend,
  kDeliver,
  kLose,
  // Of the world.
  kFault,
  kNetworkFault,
  kHeal,  // the liveness phase begins
  kViolation,
};

// The lowest level that holds events of this kind.
LogLevel LevelOf(EventKind kind);

// "crash"; as the report's data call it.
const char* NameOf(EventKind kind);

struct Event {
  Time at;
  EventKind kind = EventKind::kNotice;
  std::string who;   // a process, or empty: the world
  std::string what;  // in words
  std::vector<TransactionId> about = {};
  std::string peer = {};        // of a message and a partition: the other side
  std::uint64_t message = 0;    // of kSend, kDeliver, kLose and some of kNetworkFault: which one
  Time until = {};              // of a fault that lasts
  const char* fault = nullptr;  // as FaultCountNames or NetworkCountNames call it
  std::string content = {};     // of kSend
};

class EventLog {
 public:
  EventLog(LogLevel level, const Scheduler* scheduler) : level_(level), scheduler_(scheduler) {}

  // Ask first: building the text costs more than all else.
  bool Wants(EventKind kind) const { return level_ != LogLevel::kNone && level_ >= LevelOf(kind); }

  // Sets the event's time.
  void Add(Event event) {
    event.at = scheduler_->Now();
    events_.push_back(std::move(event));
  }

  // A promise is broken, by what the process of the last event did if it is found `at_work`.
  // Once in a world.
  void AddViolation(const std::string& promise, const std::string& text, bool at_work);

  const std::vector<Event>& events() const { return events_; }

 private:
  const LogLevel level_;
  const Scheduler* const scheduler_;
  std::vector<Event> events_;
};

// "  12.345678 s  coordinator-1     starts, epoch 3"
std::string ToText(const Event& event);

}  // namespace assent::simulation
