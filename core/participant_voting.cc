// Prepare and votes (R5, R6).
#include <utility>

#include "core/check.h"
#include "core/mutants.h"
#include "core/participant_impl.h"

namespace assent {
namespace {

// At most kMaxTextSize bytes, never within a UTF-8 character.
std::string CutText(std::string text) {
  if (text.size() <= kMaxTextSize) return text;
  std::size_t size = kMaxTextSize;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  text.resize(size);
  return text;
}

}  // namespace

using S = LocalBranchState;

// The shell keeps the answer to Attach for itself; a second one means nothing.
void Participant::Impl::OnMessage(Known& c, LinkId, const AttachAnswer&) {
  Notice(ParticipantNoticeKind::kIgnored, c, {}, "a second answer to Attach");
}

// R5. A refused Prepare executes nothing, leaves no record and gets no vote.
void Participant::Impl::OnMessage(Known& c, LinkId link, Prepare message) {
  const Stamp stamp = message.stamp;
  if (stamp.incarnation != incarnation_ && !ASSENT_MUTANT(stamp_without_incarnation)) {
    return Notice(ParticipantNoticeKind::kRefusedPrepare, c, message.id, "another incarnation");
  }
  LearnEpoch(c, stamp.epoch);
  const bool unused = c.window.Use(stamp.epoch, stamp.n) || ASSENT_MUTANT(stamp_not_checked);
  if (message.id.epoch != stamp.epoch || !unused) {
    return Notice(ParticipantNoticeKind::kRefusedPrepare, c, message.id,
                  "lower epoch or used stamp");
  }
  const Sequence clean_mark = message.clean_mark;
  Accept(c, link, std::move(message));
  RaiseCleanMark(c, clean_mark);
}

void Participant::Impl::Accept(Known& c, LinkId link, Prepare message) {
  const Sequence id = message.id;
  TimedBranch* branch = FindBranch(c, id);
  if (branch == nullptr) return AcceptUnknown(c, link, std::move(message));
  AcceptKnown({c, id, *branch}, link, std::move(message));
}

void Participant::Impl::AcceptKnown(const Place& place, LinkId link, Prepare message) {
  LocalBranch& branch = place.branch;
  switch (branch.state()) {
    case S::kActive:
      // A call whose answer waits for its enlistment still runs, as far as its caller can tell.
      if ((branch.calls() == 0 && branch.enlist_token() == 0) ||
          ASSENT_MUTANT(prepare_while_call_runs)) {
        return StartPrepare(place, link, std::move(message));
      }
      VoteNo(place.c, place.id, "a call of this branch is still running");
      SettleWaiting(place, Reason::kAlreadyPreparing, "Commit came before the call's answer");
      return StartAbort(place, AbortCause::kVotedNo);
    case S::kAborting:
      branch.SharpenAbortCause(AbortCause::kVotedNo);
      return VoteNo(place.c, place.id, "the branch was rolled back before Prepare");
    case S::kPreparing:
    case S::kPrepared:
    case S::kCommitting:
      return Notice(ParticipantNoticeKind::kRefusedPrepare, place.c, place.id,
                    "prepared once already");
    case S::kReadOnly:
    case S::kCommitted:
    case S::kAborted:
      CheckFailed(__FILE__, __LINE__, "finished branches are not kept");
  }
}

void Participant::Impl::AcceptUnknown(Known& c, LinkId link, Prepare message) {
  const Sequence id = message.id;
  Ended* ended = c.ended.Find(id);
  if (ended != nullptr) {
    if (*ended == Ended::kCommitted || *ended == Ended::kReadOnly) {
      return Notice(ParticipantNoticeKind::kRefusedPrepare, c, id, "prepared once already");
    }
    if (*ended == Ended::kDropped) *ended = Ended::kVotedNo;
    return VoteNo(c, id, "the branch was rolled back before Prepare");
  }
  const bool has_work = message.payload || ASSENT_MUTANT(prepare_without_work_is_yes);
  if (has_work && unvoted_ < limits_.max_active_branches) {
    return StartPrepare(Create(c, id, S::kPreparing), link, std::move(message));
  }
  VoteNo(c, id,
         message.payload ? "too many branches are active"
                         : "no work of this branch is known: the participant may have restarted");
  Remember(c, id, Ended::kVotedNo);
}

void Participant::Impl::StartPrepare(const Place& place, LinkId link, Prepare message) {
  SetDeadline(place, Time::Never());
  Change(place, [&](LocalBranch& branch) { branch.Prepare(link, now_); });
  place.branch.StartResource();
  if (ASSENT_MUTANT(vote_before_sync)) Send(place.c, Vote{place.id, VoteKind::kYes, {}});
  // R12 will want message.peers and the stamp kept with the branch; nothing asks peers yet.
  effects_->push_back(participant_effect::PrepareBranch{
      {place.c.id, place.id}, std::move(message.payload), std::move(message.peers)});
}

void Participant::Impl::Handle(participant_input::Prepared input) {
  const Place place = PlaceOf(input.id);
  place.branch.FinishResource();
  const std::optional<AbortCause> kept = place.branch.kept_abort();
  const bool same_link = place.c.link == place.branch.prepare_link();
  switch (input.result.vote) {
    case VoteKind::kYes:
      return kept && !ASSENT_MUTANT(kept_abort_forgotten) ? StartAbort(place, *kept)
                                                          : BecomePrepared(place);
    case VoteKind::kNo:
      if (same_link && !kept) VoteNo(place.c, place.id, std::move(input.result.text));
      // Rolled back in any case: a resource manager that says no may still hold locks.
      return StartAbort(place, kept.value_or(AbortCause::kVotedNo));
    case VoteKind::kReadOnly:
      if (same_link && !kept) Send(place.c, Vote{place.id, VoteKind::kReadOnly, {}});
      Change(place, [&](LocalBranch& branch) { branch.BecomeReadOnly(now_); });
      ++counts_.read_only;
      return Finish(place, Ended::kReadOnly);
  }
}

// R6: the vote goes out here and nowhere else, after the prepared state is durable. It is not
// re-sent on a new link; the coordinator has aborted when the old one ended, or decided before.
void Participant::Impl::BecomePrepared(const Place& place) {
  Change(place, [&](LocalBranch& branch) { branch.BecomePrepared(now_); });
  ++counts_.prepared;
  if (!place.c.link) return;
  if (place.c.link != place.branch.prepare_link()) return Inquire(place);
  Send(place.c, Vote{place.id, VoteKind::kYes, {}});
  ScheduleInquiry(place);
}

void Participant::Impl::VoteNo(Known& c, Sequence id, std::string text) {
  Send(c, Vote{id, VoteKind::kNo, CutText(std::move(text))});
  ++counts_.voted_no;
}

// R9: the mark never falls; nothing below it can be asked for again.
void Participant::Impl::RaiseCleanMark(Known& c, Sequence mark) {
  if (mark <= c.clean_mark) return;
  c.clean_mark = mark;
  c.ended.EraseBelow(mark);
  noted_ = &c;
}

}  // namespace assent
