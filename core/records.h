// What a coordinator writes to its decision log, as plain values, and what it gets back at its
// start.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.h"

namespace assent {

struct DecisionBranch {
  std::string participant;
  StoreId store;

  bool operator==(const DecisionBranch&) const = default;
};

// R7: the commit decision. Synced before anybody is told.
struct DecisionRecord {
  Sequence id;
  std::uint64_t number = 0;        // 1, 2, 3, … over the whole life of the log; never reused
  std::uint64_t request_hash = 0;  // of the request's branches and payloads
  std::vector<DecisionBranch> branches;  // those that voted yes; at most 64

  bool operator==(const DecisionRecord&) const = default;
};

// Bit i: branch i of the decision has acknowledged. Replaces an earlier one of the same id.
struct AcknowledgedUpdate {
  Sequence id;
  std::uint64_t branches = 0;

  bool operator==(const AcknowledgedUpdate&) const = default;
};

// Decisions that are below the horizon and acknowledged by all; always in one batch with the
// horizon (R11).
struct RemovalUpdate {
  Sequence horizon;
  std::vector<Sequence> removed;

  bool operator==(const RemovalUpdate&) const = default;
};

// R3. An empty store: the name is not bound (an operator released it), the next one to attach gets
// it.
struct BindingUpdate {
  std::string participant;
  StoreId store;
  Incarnation incarnation = 0;

  bool operator==(const BindingUpdate&) const = default;
};

// This log is an older copy: nothing starts from it until an operator clears the mark (R3).
struct SupersededUpdate {
  std::string text;

  bool operator==(const SupersededUpdate&) const = default;
};

using LogUpdate = std::variant<AcknowledgedUpdate, RemovalUpdate, BindingUpdate, SupersededUpdate>;

// Written in one atomic batch, in this order.
struct LogBatch {
  std::vector<DecisionRecord> decisions;
  std::vector<LogUpdate> updates;
  bool sync = false;  // a batch with decisions always is

  bool empty() const { return decisions.empty() && updates.empty(); }
};

struct RecoveredDecision {
  DecisionRecord record;
  std::uint64_t acknowledged = 0;
};

// What a log holds when it has been opened: its epoch is raised, and that sync covered everything
// here (R2).
struct RecoveredLog {
  CoordinatorId coordinator;
  Epoch epoch = 0;                           // of this life
  std::uint64_t last_decision_number = 0;    // 0: none yet
  Sequence horizon;                          // ids below it are expired unless they have a record
  std::vector<RecoveredDecision> decisions;  // in the order of their ids
  std::vector<BindingUpdate> bindings;       // in the order of their names
};

}  // namespace assent
