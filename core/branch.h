// One local branch of a participant: its state, and what is under way for it.
//
// The diagram is drawn in core/participant.h. A transition that it does not hold is a programming
// error and checked. A branch that reaches READ_ONLY, COMMITTED or ABORTED is finished: its owner
// takes it out and remembers how it ended (Ended).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/participant.h"
#include "core/participant_io.h"
#include "core/time.h"

namespace assent {

// Why a branch is rolled back.
enum class AbortCause : std::uint8_t {
  kDecision,  // the coordinator sent Abort
  kAnswer,    // an inquiry was answered ABORT or NOT_YOURS. R12: never told to a peer as a decision
  kVotedNo,   // our own no
  kDropped,   // before any vote, on our own: nothing is known of the decision
};

// How a finished branch ended in this incarnation.
enum class Ended : std::uint8_t {
  kCommitted,
  kReadOnly,
  kAbortedByDecision,
  kAbortedByAnswer,
  kVotedNo,
  kDropped,
};

Ended EndedOf(AbortCause cause);

class LocalBranch {
 public:
  // `first` is where a branch may begin: ACTIVE (a call), PREPARING (a payload), PREPARED (found at
  // the start) or COMMITTING (asked for, though not known).
  LocalBranch(LocalBranchState first, Time now);

  LocalBranchState state() const { return state_; }
  Time since() const { return since_; }

  // Transitions. The resource manager's work is started and finished apart from them.
  void Prepare(LinkId link, Time now);  // from ACTIVE, or right after the branch began PREPARING
  void BecomePrepared(Time now);
  void BecomeReadOnly(Time now);
  void Commit(Time now);
  void BecomeCommitted(Time now);
  void Abort(AbortCause cause, Time now);
  void BecomeAborted(Time now);

  // One call of the resource manager at most is under way.
  bool busy() const { return busy_; }
  void StartResource();
  void FinishResource();

  // The link that brought Prepare: a vote goes nowhere else.
  LinkId prepare_link() const { return prepare_link_; }

  // An abort that came while the resource manager prepared.
  std::optional<AbortCause> kept_abort() const { return kept_abort_; }
  void KeepAbort(AbortCause cause);

  // Of ABORTING.
  AbortCause abort_cause() const { return abort_cause_; }
  void SharpenAbortCause(AbortCause cause);

  // Calls that work for it.
  std::uint32_t calls() const { return calls_; }
  void AddCall();
  void RemoveCall();

  // The enlistment that the coordinator has not answered, 0 if there is none; and the calls that
  // wait for it. Only in ACTIVE.
  std::uint64_t enlist_token() const { return enlist_token_; }
  const std::vector<CallId>& waiting() const { return waiting_; }
  void WaitForEnlistment(std::uint64_t token, CallId call);
  std::vector<CallId> TakeWaiting();
  bool enlisted() const { return enlisted_; }  // the coordinator has acknowledged it
  void MarkEnlisted() { enlisted_ = true; }

  // Began as a question to the resource manager about a branch that was not known. `excusable`:
  // this incarnation certainly never voted yes for it (R9).
  bool asked() const { return asked_; }
  bool excusable() const { return excusable_; }
  void MarkAsked(bool excusable);

  // When something is to be repeated (an inquiry, a commit, an abort), and how often it was.
  Time deadline() const { return deadline_; }
  void set_deadline(Time deadline) { deadline_ = deadline; }
  std::uint32_t NextAttempt() { return attempts_ < kMaxAttempts ? attempts_++ : attempts_; }
  void ResetAttempts() { attempts_ = 0; }

  // The table of the header's invariants over this branch alone, by ASSENT_CHECK.
  void CheckInvariants() const;

 private:
  static constexpr std::uint32_t kMaxAttempts = 64;  // far beyond where any back-off is capped

  void Move(LocalBranchState next, Time now);

  LocalBranchState state_;
  AbortCause abort_cause_ = AbortCause::kDropped;
  bool enlisted_ = false;
  bool busy_ = false;
  bool asked_ = false;
  bool excusable_ = false;
  std::optional<AbortCause> kept_abort_;
  std::uint32_t calls_ = 0;
  std::uint32_t attempts_ = 0;
  Time since_;
  Time deadline_ = Time::Never();
  LinkId prepare_link_ = 0;
  std::uint64_t enlist_token_ = 0;
  std::vector<CallId> waiting_;
};

}  // namespace assent
