#include "core/branch.h"

#include <utility>

#include "core/check.h"

namespace assent {
namespace {

using S = LocalBranchState;

bool MayBegin(S first) {
  return first == S::kActive || first == S::kPreparing || first == S::kPrepared ||
         first == S::kCommitting;
}

bool MayFollow(S from, S to) {
  switch (from) {
    case S::kActive:
      return to == S::kPreparing || to == S::kAborting;
    case S::kPreparing:
      return to == S::kPrepared || to == S::kReadOnly || to == S::kAborting;
    case S::kPrepared:
      return to == S::kCommitting || to == S::kAborting;
    case S::kCommitting:
      return to == S::kCommitted;
    case S::kAborting:
      return to == S::kAborted;
    case S::kReadOnly:
    case S::kCommitted:
    case S::kAborted:
      return false;
  }
  return false;
}

}  // namespace

Ended EndedOf(AbortCause cause) {
  switch (cause) {
    case AbortCause::kDecision:
      return Ended::kAbortedByDecision;
    case AbortCause::kAnswer:
      return Ended::kAbortedByAnswer;
    case AbortCause::kVotedNo:
      return Ended::kVotedNo;
    case AbortCause::kDropped:
      return Ended::kDropped;
  }
  CheckFailed(__FILE__, __LINE__, "AbortCause");
}

LocalBranch::LocalBranch(LocalBranchState first, Time now) : state_(first), since_(now) {
  ASSENT_CHECK(MayBegin(first));
}

void LocalBranch::Move(LocalBranchState next, Time now) {
  ASSENT_CHECK(MayFollow(state_, next), "transition not in the diagram");
  ASSENT_CHECK(!busy_, "the resource manager is at it");
  state_ = next;
  since_ = now;
  attempts_ = 0;
}

void LocalBranch::Prepare(LinkId link, Time now) {
  ASSENT_CHECK(calls_ == 0 && enlist_token_ == 0, "a call still works for the branch");
  if (state_ != S::kPreparing) Move(S::kPreparing, now);
  prepare_link_ = link;
}

void LocalBranch::BecomePrepared(Time now) {
  ASSENT_CHECK(!kept_abort_);
  Move(S::kPrepared, now);
}

void LocalBranch::BecomeReadOnly(Time now) {
  Move(S::kReadOnly, now);
  kept_abort_.reset();
}

void LocalBranch::Commit(Time now) { Move(S::kCommitting, now); }

void LocalBranch::BecomeCommitted(Time now) { Move(S::kCommitted, now); }

void LocalBranch::Abort(AbortCause cause, Time now) {
  ASSENT_CHECK(enlist_token_ == 0, "settle the calls first");
  Move(S::kAborting, now);
  kept_abort_.reset();
  abort_cause_ = cause;
}

void LocalBranch::BecomeAborted(Time now) {
  ASSENT_CHECK(calls_ == 0);
  Move(S::kAborted, now);
}

void LocalBranch::StartResource() {
  ASSENT_CHECK(!busy_, "one call of the resource manager at most");
  ASSENT_CHECK(calls_ == 0, "a call still works for the branch");
  ASSENT_CHECK(state_ == S::kPreparing || state_ == S::kCommitting || state_ == S::kAborting);
  busy_ = true;
}

void LocalBranch::FinishResource() {
  ASSENT_CHECK(busy_, "completion of nothing");
  busy_ = false;
}

void LocalBranch::KeepAbort(AbortCause cause) {
  ASSENT_CHECK(state_ == S::kPreparing);
  if (!kept_abort_ || cause == AbortCause::kDecision) kept_abort_ = cause;
}

void LocalBranch::SharpenAbortCause(AbortCause cause) {
  ASSENT_CHECK(state_ == S::kAborting);
  if (abort_cause_ == AbortCause::kDropped) abort_cause_ = cause;
}

void LocalBranch::AddCall() {
  ASSENT_CHECK(state_ == S::kActive);
  ++calls_;
}

void LocalBranch::RemoveCall() {
  ASSENT_CHECK(calls_ > 0);
  --calls_;
}

void LocalBranch::WaitForEnlistment(std::uint64_t token, CallId call) {
  ASSENT_CHECK(state_ == S::kActive && token != 0);
  ASSENT_CHECK(enlist_token_ == 0 || enlist_token_ == token, "one enlistment per branch");
  enlist_token_ = token;
  waiting_.push_back(call);
}

std::vector<CallId> LocalBranch::TakeWaiting() {
  enlist_token_ = 0;
  return std::exchange(waiting_, {});
}

void LocalBranch::MarkAsked(bool excusable) {
  ASSENT_CHECK(state_ == S::kCommitting);
  asked_ = true;
  excusable_ = excusable;
}

void LocalBranch::CheckInvariants() const {
  ASSENT_CHECK((enlist_token_ != 0) == !waiting_.empty(), "P-I2");
  ASSENT_CHECK(enlist_token_ == 0 || state_ == S::kActive, "P-I2");
  ASSENT_CHECK(calls_ == 0 || state_ == S::kActive || state_ == S::kAborting, "P-I3");
  ASSENT_CHECK(!busy_ || (calls_ == 0 && deadline_.IsNever()), "P-I3");
  ASSENT_CHECK(!kept_abort_ || state_ == S::kPreparing, "P-I4");
  switch (state_) {
    case S::kActive:
    case S::kPrepared:
      ASSENT_CHECK(!busy_, "P-I4");
      return;
    case S::kPreparing:
      ASSENT_CHECK(busy_, "P-I4");
      return;
    case S::kCommitting:  // idle without a deadline: a hazard, asked again by the next Commit
      return;
    case S::kAborting:
      ASSENT_CHECK(busy_ || calls_ > 0 || !deadline_.IsNever(), "P-I4: nothing would end it");
      return;
    case S::kReadOnly:
    case S::kCommitted:
    case S::kAborted:
      CheckFailed(__FILE__, __LINE__, "finished branches are not kept", "P-I4");
  }
}

}  // namespace assent
