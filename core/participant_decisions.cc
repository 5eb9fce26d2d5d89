// The second phase and inquiry (R9, R10).
#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/check.h"
#include "core/mutants.h"
#include "core/participant_impl.h"

namespace assent {

using S = LocalBranchState;

void Participant::Impl::OnMessage(Known& c, LinkId, Commit message) {
  ApplyCommit(c, message.id, message.decision_number, message.clean_mark);
}

void Participant::Impl::OnMessage(Known& c, LinkId, Abort message) {
  // R5: the Prepare that it overtook is refused when it comes, whether the branch is known or not.
  if (message.stamp && message.stamp->incarnation == incarnation_ &&
      !ASSENT_MUTANT(prepare_after_abort_accepted)) {
    LearnEpoch(c, message.stamp->epoch);
    c.window.Use(message.stamp->epoch, message.stamp->n);
  }
  ApplyAbort(c, message.id, AbortCause::kDecision);
}

void Participant::Impl::OnMessage(Known& c, LinkId, InquiryAnswer message) {
  switch (message.verdict) {
    case Verdict::kWait:
      return;  // the next inquiry is scheduled already
    case Verdict::kCommit:
      return ApplyCommit(c, message.id, message.decision_number, message.clean_mark);
    case Verdict::kAbort:
    case Verdict::kNotYours:
      // R12: kNotYours is not a decision, and is never told to a peer as one.
      return ApplyAbort(c, message.id, AbortCause::kAnswer);
    case Verdict::kRefused:
      return AnswerRefused(c, message.id);
  }
}

void Participant::Impl::AnswerRefused(Known& c, Sequence id) {
  Notice(ParticipantNoticeKind::kInquiryRefused, c, id,
         "the coordinator does not answer for this branch: another store, or an older log");
  TimedBranch* branch = FindBranch(c, id);
  if (branch == nullptr || branch->state() != S::kActive) return;
  // Only a vote of yes binds: nobody will end this one.
  Notice(ParticipantNoticeKind::kDroppedActive, c, id, "its coordinator does not know it");
  SettleWaiting({c, id, *branch}, Reason::kFutureTransaction, "the id was never given out");
  StartAbort({c, id, *branch}, AbortCause::kDropped);
}

void Participant::Impl::ApplyCommit(Known& c, Sequence id, std::uint64_t decision_number,
                                    Sequence clean_mark) {
  if (decision_number > c.knowledge.decision_number) {
    c.knowledge.decision_number = decision_number;
    noted_ = &c;
  }
  if (TimedBranch* branch = FindBranch(c, id)) {
    CommitKnown({c, id, *branch});
  } else {
    CommitUnknown(c, id);
  }
  RaiseCleanMark(c, clean_mark);
}

void Participant::Impl::CommitKnown(const Place& place) {
  const LocalBranch& branch = place.branch;
  switch (branch.state()) {
    case S::kActive:
      // Work of this incarnation that no vote covers: a call came after an earlier incarnation's
      // branch was decided. It goes; the repeated Commit then asks the resource manager.
      Notice(ParticipantNoticeKind::kIgnored, place.c, place.id, "Commit without a vote");
      SettleWaiting(place, Reason::kTransactionFinished, "the transaction is committed");
      return StartAbort(place, AbortCause::kDropped);
    case S::kPreparing:
      return Notice(ParticipantNoticeKind::kContradiction, place.c, place.id,
                    "Commit before the vote");
    case S::kPrepared:
      return StartCommit(place);
    case S::kCommitting:
      if (!branch.busy() && branch.deadline().IsNever()) AskToCommit(place);  // after a hazard
      return;
    case S::kAborting:
      if (branch.abort_cause() == AbortCause::kDropped) {
        return Notice(ParticipantNoticeKind::kIgnored, place.c, place.id, "Commit without a vote");
      }
      return Notice(ParticipantNoticeKind::kContradiction, place.c, place.id,
                    "Commit of a branch that is being rolled back");
    case S::kReadOnly:
    case S::kCommitted:
    case S::kAborted:
      CheckFailed(__FILE__, __LINE__, "finished branches are not kept");
  }
}

void Participant::Impl::CommitUnknown(Known& c, Sequence id) {
  const Ended* ended = c.ended.Find(id);
  if (ended != nullptr && *ended == Ended::kCommitted) return SendAcknowledge(c, id);
  if (ended != nullptr && *ended != Ended::kDropped) {
    return Notice(ParticipantNoticeKind::kContradiction, c, id,
                  "Commit of a branch that voted otherwise or was rolled back");
  }
  // All that is prepared is in memory, so this one is not listed: below the mark, a duplicate.
  if (id < c.clean_mark || ASSENT_MUTANT(unknown_commit_acknowledged)) {
    return SendAcknowledge(c, id);
  }
  const Place place = Create(c, id, S::kCommitting);
  place.branch.MarkAsked(id > c.evicted);
  AskToCommit(place);
}

void Participant::Impl::StartCommit(const Place& place) {
  SetDeadline(place, Time::Never());
  Change(place, [&](LocalBranch& branch) { branch.Commit(now_); });
  if (ASSENT_MUTANT(ack_before_sync)) SendAcknowledge(place.c, place.id);
  AskToCommit(place);
}

void Participant::Impl::AskToCommit(const Place& place) {
  place.branch.StartResource();
  effects_->push_back(participant_effect::CommitBranch{{place.c.id, place.id}});
}

void Participant::Impl::Handle(participant_input::Committed input) {
  const Place place = PlaceOf(input.id);
  ASSENT_CHECK(place.branch.state() == S::kCommitting);
  place.branch.FinishResource();
  switch (input.result) {
    case CommitResult::kCommitted:
      return CommitDone(place);
    case CommitResult::kNotThere:
      if (ASSENT_MUTANT(not_there_acknowledged)) return CommitDone(place);
      return Hazard(place, "Commit of a branch that the store neither lists nor has committed");
    case CommitResult::kCannotTell:
      // Only a crash since the vote excuses a branch that is not listed; one that this start listed
      // has seen no crash since.
      if (place.branch.asked() && place.branch.excusable()) return CommitDone(place);
      return Hazard(place, "Commit of a branch that the store no longer lists");
    case CommitResult::kFailed:
      if (ASSENT_MUTANT(failed_commit_acknowledged)) return CommitDone(place);
      return RetryResource(place);
  }
}

// R9: acknowledged here and nowhere else, when the commit is durable (or was before).
void Participant::Impl::CommitDone(const Place& place) {
  Change(place, [&](LocalBranch& branch) { branch.BecomeCommitted(now_); });
  ++counts_.committed;
  SendAcknowledge(place.c, place.id);
  Finish(place, Ended::kCommitted);
}

// Without a link nothing is lost: the coordinator repeats Commit, and that is acknowledged again.
void Participant::Impl::SendAcknowledge(const Known& c, Sequence id) {
  if (c.link) Send(c, Acknowledge{id});
}

// Not acknowledged: the coordinator's next Commit asks the resource manager again. A branch that
// voted here stays listed; one that was only asked about goes, and is asked about again.
void Participant::Impl::Hazard(const Place& place, const char* text) {
  ++counts_.hazards;
  Notice(ParticipantNoticeKind::kHazard, place.c, place.id, text);
  if (place.branch.asked()) place.c.branches.Erase(place.id);
}

void Participant::Impl::ApplyAbort(Known& c, Sequence id, AbortCause cause) {
  TimedBranch* branch = FindBranch(c, id);
  if (branch == nullptr) return AbortUnknown(c, id);
  const Place place{c, id, *branch};
  switch (branch->state()) {
    case S::kActive:
      SettleWaiting(place, Reason::kTransactionFinished, "the transaction is aborted");
      return StartAbort(place, cause);
    case S::kPreparing:
      return branch->KeepAbort(cause);
    case S::kPrepared:
      return StartAbort(place, cause);
    case S::kCommitting:
      return Notice(ParticipantNoticeKind::kContradiction, c, id,
                    "Abort of a branch that is being committed");
    case S::kAborting:
      return branch->SharpenAbortCause(cause);
    case S::kReadOnly:
    case S::kCommitted:
    case S::kAborted:
      CheckFailed(__FILE__, __LINE__, "finished branches are not kept");
  }
}

void Participant::Impl::AbortUnknown(Known& c, Sequence id) {
  const Ended* ended = c.ended.Find(id);
  if (ended != nullptr && *ended == Ended::kCommitted) {
    return Notice(ParticipantNoticeKind::kContradiction, c, id, "Abort of a committed branch");
  }
  Notice(ParticipantNoticeKind::kIgnored, c, id, "Abort of a branch that is finished or unknown");
}

// The resource manager waits for running calls: it never rolls back below a call's hands.
void Participant::Impl::StartAbort(const Place& place, AbortCause cause) {
  SetDeadline(place, Time::Never());
  Change(place, [&](LocalBranch& branch) { branch.Abort(cause, now_); });
  if (place.branch.calls() == 0) AskToAbort(place);
}

void Participant::Impl::AskToAbort(const Place& place) {
  place.branch.StartResource();
  effects_->push_back(participant_effect::AbortBranch{{place.c.id, place.id}});
}

void Participant::Impl::Handle(participant_input::Aborted input) {
  const Place place = PlaceOf(input.id);
  ASSENT_CHECK(place.branch.state() == S::kAborting);
  place.branch.FinishResource();
  if (!input.done) return RetryResource(place);
  Change(place, [&](LocalBranch& branch) { branch.BecomeAborted(now_); });
  ++counts_.aborted;
  Finish(place, EndedOf(place.branch.abort_cause()));
}

void Participant::Impl::RetryResource(const Place& place) {
  SetDeadline(place, now_ + BackoffDelay(limits_.first_resource_retry, limits_.max_resource_retry,
                                         place.branch.NextAttempt(), &prng_));
}

// `place` is no longer valid after it.
void Participant::Impl::Finish(const Place& place, Ended ended) {
  Known& c = place.c;
  const Sequence id = place.id;
  SetDeadline(place, Time::Never());
  c.branches.Erase(id);
  Remember(c, id, ended);
}

void Participant::Impl::Remember(Known& c, Sequence id, Ended ended) {
  if (id < c.clean_mark) return;
  *c.ended.Emplace(id, ended).first = ended;
  if (c.ended.size() <= kMaxEnded) return;
  c.evicted = std::max(c.evicted, c.ended.First());
  c.ended.Erase(c.ended.First());
}

}  // namespace assent
