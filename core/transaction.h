// One transaction at its coordinator: its state, its branches, and who waits for its outcome.
//
//              Commit              all voted, a yes          durable             all acknowledged
//   ACTIVE ------------> PREPARING -----------------> DECIDING ------> COMMITTING ------> COMMITTED
//     |                   |      \                                                          ^
//     |  request, timeout |       \------------ all voted read-only, or no branches --------+
//     +-------------------+-----> ABORTED
//
// ACTIVE      branches enlist
// PREPARING   Prepare is out, votes are counted; nobody can enlist any more
// DECIDING    the commit is being written: no timeout and no abort from here on (R7)
// COMMITTING  the commit is durable; it is told, and Commit is repeated until acknowledged
// COMMITTED   all branches have acknowledged, or all were read-only; remembered
// ABORTED     remembered; nothing of it is ever written
//
// A branch: ENLISTED -> PREPARING -> PREPARED -> COMMITTING -> COMMITTED, from PREPARING to
// READ_ONLY, and to ABORTED from any of the first three.
//
// This class makes every assignment to these states; a transition that the picture does not hold
// is a broken invariant. It sends nothing and reads no clock. Not thread-safe.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/coordinator_io.h"
#include "core/messages.h"
#include "core/records.h"
#include "core/registry.h"
#include "core/timer_queue.h"

namespace assent {

class Transaction {
 public:
  struct Branch {
    KnownParticipant* participant = nullptr;
    StoreId store;
    Incarnation incarnation = 0;
    std::uint64_t stamp = 0;  // of its Prepare; 0: none was sent
    std::string payload;
    bool has_payload = false;
    bool has_worked = false;  // enlisted by a call or by name: it may hold something
    bool commit_sent = false;
    bool is_unacknowledged = false;  // counted so by its participant
    BranchState state = BranchState::kEnlisted;
  };
  struct Waiter {
    RequestId request = 0;
    WaitFor wait_for = WaitFor::kDecision;
    Time deadline;
  };
  struct Abortion {
    AbortReason reason = AbortReason::kNone;
    std::string participant;
    std::string text;

    auto operator<=>(const Abortion&) const = default;
  };
  // What is kept of a finished one beside its numbers. Many have the same.
  struct Ending {
    struct Branch {
      KnownParticipant* participant = nullptr;
      StoreId store;
      BranchState state = BranchState::kEnlisted;

      auto operator<=>(const Branch&) const = default;
    };
    TransactionState state = TransactionState::kAborted;
    bool has_request = false;
    std::vector<Branch> branches;
    Abortion abortion;

    auto operator<=>(const Ending&) const = default;
  };

  Transaction(Sequence id, Time opened, Time deadline);
  // COMMITTING, or COMMITTED if all have acknowledged.
  Transaction(const RecoveredDecision& recovered, std::vector<KnownParticipant*> participants,
              Time start);
  // A finished one, from what was kept of it.
  Transaction(Sequence id, Time opened, std::uint64_t request_hash, std::uint64_t decision_number,
              const Ending& ending);

  Sequence id() const { return id_; }
  TransactionState state() const { return state_; }
  bool undecided() const;  // ACTIVE, PREPARING or DECIDING
  bool finished() const;   // COMMITTED or ABORTED
  bool read_only() const { return state_ == TransactionState::kCommitted && number_ == 0; }
  Time opened() const { return opened_; }
  const std::vector<Branch>& branches() const { return branches_; }
  // Index of the participant's branch, or -1.
  int Find(const KnownParticipant* participant) const;
  std::uint64_t payload_bytes() const;
  bool has_request() const { return has_request_; }
  std::uint64_t request_hash() const { return request_hash_; }
  std::uint64_t decision_number() const { return number_; }
  const Abortion& abortion() const;
  std::size_t outstanding_votes() const { return outstanding_; }
  std::size_t unacknowledged() const { return outstanding_; }

  // Makes room for so many branches at once.
  void Reserve(std::size_t branches) { branches_.reserve(branches); }
  // ACTIVE. Adds a branch without payload.
  void Enlist(KnownParticipant* participant, bool has_worked);
  void SetPayload(int branch, std::string payload);
  // Notes which request asks for commit.
  void SetRequest(std::uint64_t hash);
  // ACTIVE -> PREPARING.
  void StartPreparing(Time deadline);
  // PREPARING: the Prepare of a branch goes out.
  void MarkPrepareSent(int branch, std::uint64_t stamp);
  // Gives the payload away, if there is one.
  std::optional<std::string> TakePayload(int branch);
  // PREPARING: the one vote of a branch.
  void RecordVote(int branch, VoteKind vote);
  // PREPARING -> DECIDING, or, if nobody voted yes, -> COMMITTED (read-only).
  void StartDeciding(std::uint64_t decision_number);
  void FinishReadOnly();
  // DECIDING -> COMMITTING.
  void MarkDurable();
  // COMMITTING: returns true if this was a repetition of the message. `is_counted`: it was not, and
  // counts as unacknowledged until it is acknowledged, or sent again.
  bool MarkCommitSent(int branch, bool is_counted);
  // COMMITTING: the link that carried the message has ended.
  void LoseAcknowledgement(int branch);
  // COMMITTING (-> COMMITTED with the last).
  void Acknowledge(int branch);
  // ACTIVE or PREPARING -> ABORTED.
  void Abort(Abortion abortion);

  // COMMITTED or ABORTED.
  Ending MakeEnding() const;

  DecisionRecord MakeRecord() const;
  // Bit i: branch i of the decision record has acknowledged.
  std::uint64_t acknowledged_bits() const;
  // What of that has been handed to the log, and with which ticket.
  std::uint64_t recorded_bits() const { return recorded_bits_; }
  void MarkRecorded() { recorded_bits_ = acknowledged_bits(); }

  void AddWaiter(const Waiter& waiter);
  const std::vector<Waiter>& waiters() const { return waiters_; }
  // Takes the waiters for which `take(waiter)` is true, in their order.
  template <typename Predicate>
  std::vector<Waiter> TakeWaiters(Predicate take) {
    std::vector<Waiter> taken;
    if (std::all_of(waiters_.begin(), waiters_.end(), take)) {
      taken.swap(waiters_);
      return taken;
    }
    std::erase_if(waiters_, [&](const Waiter& waiter) {
      if (!take(waiter)) return false;
      taken.push_back(waiter);
      return true;
    });
    return taken;
  }

  // When something is due in this state: the timeout, or the next repetition of Commit.
  Time state_deadline() const { return state_deadline_; }
  void set_state_deadline(Time deadline) { state_deadline_ = deadline; }
  // The earliest of that and the waiters' deadlines.
  Time deadline() const;
  std::uint32_t TakeAttempt() { return attempts_++; }
  void ResetAttempts() { attempts_ = 0; }
  TimerSlot& timer_slot() { return timer_slot_; }
  const TimerSlot& timer_slot() const { return timer_slot_; }

  void CheckInvariants() const;

 private:
  void Move(TransactionState to);
  void MoveBranch(Branch* branch, BranchState to);
  static void SetUnacknowledged(Branch* branch, bool is_unacknowledged);
  bool HasDecisionBranches() const;

  const Sequence id_;
  TransactionState state_ = TransactionState::kActive;
  bool has_request_ = false;
  std::uint32_t outstanding_ = 0;  // votes in PREPARING, acknowledgements from then on
  std::uint32_t attempts_ = 0;
  Time opened_;
  Time state_deadline_ = Time::Never();
  std::uint64_t request_hash_ = 0;
  std::uint64_t number_ = 0;  // of the decision; 0: none
  std::uint64_t recorded_bits_ = 0;
  std::vector<Branch> branches_;
  std::vector<Waiter> waiters_;
  std::unique_ptr<Abortion> abortion_;
  TimerSlot timer_slot_;
};

}  // namespace assent
