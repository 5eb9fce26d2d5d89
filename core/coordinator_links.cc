// Participants: attaching (R3), enlisting by a call (R4 a), votes, acknowledgements, inquiries
// (R10).
#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/coordinator_impl.h"
#include "core/mutants.h"

namespace assent {

namespace {

// What the sender knows of `coordinator`, whichever way it tells it.
CoordinatorKnowledge HeardOf(const Attach& attach, const CoordinatorId& coordinator) {
  for (const KnownCoordinator& known : attach.known) {
    if (known.coordinator == coordinator) return known.knowledge;
  }
  return attach.knowledge;
}

}  // namespace

void Coordinator::Impl::Handle(coordinator_input::LinkOpened input) {
  registry_.Open(input.link, input.kind);
}

void Coordinator::Impl::Handle(coordinator_input::LinkClosed input) {
  Detach(input.link, AbortReason::kVoteLost, "the link has ended");
}

// Messages of a link that was closed here may still come in.
void Coordinator::Impl::Handle(coordinator_input::Received input) {
  const Registry::Link* link = registry_.FindLink(input.link);
  if (link == nullptr) return;
  if (link->participant == nullptr && !std::holds_alternative<Attach>(input.message)) {
    Misbehaved(input.link, Reason::kMalformedRequest, "the first message of a link is Attach");
    return;
  }
  std::visit([&](auto& message) { Take(input.link, std::move(message)); }, input.message);
}

void Coordinator::Impl::Handle(coordinator_input::PrepareLost input) {
  const Registry::Link* link = registry_.FindLink(input.link);
  if (link == nullptr || link->participant == nullptr) return;
  if (!AwaitsVote(link->participant, input.id)) return;
  AbortTransaction(Find(input.id), {AbortReason::kVoteLost, link->participant->name(),
                                    "the call that carried Prepare ended without a vote"});
}

void Coordinator::Impl::Take(LinkId link, const Attach& attach) {
  const Registry::Link* known = registry_.FindLink(link);
  const bool again = known->participant != nullptr;
  if (again &&
      (known->kind == LinkKind::kStream || known->participant->name() != attach.participant)) {
    Misbehaved(link, Reason::kAlreadyAttached, "a link is attached once");
    return;
  }
  Refusal refusal = CheckAttach(attach);
  const bool understood = refusal.reason == Reason::kNone;
  const std::string superseded = understood ? SupersededBy(attach) : "";
  if (!superseded.empty()) {
    Supersede(link, attach.participant, superseded);
    return;
  }
  if (understood) refusal = registry_.Check(attach);
  if (refusal.reason != Reason::kNone) {
    RefuseAttach(link, attach.participant, std::move(refusal));
    return;
  }
  Admit(link, attach);
}

// R3. Empty, or why this log is an older copy.
std::string Coordinator::Impl::SupersededBy(const Attach& attach) const {
  if (ASSENT_MUTANT(older_log_serves)) return "";
  const CoordinatorKnowledge heard = HeardOf(attach, id_);
  const std::string who = "participant " + attach.participant + " ";
  if (heard.epoch > epoch_) {
    return who + "has met epoch " + std::to_string(heard.epoch) + ", this is only " +
           std::to_string(epoch_);
  }
  if (heard.epoch == epoch_ && heard.life != life_) {
    return who + "has met epoch " + std::to_string(epoch_) + " in another process";
  }
  if (heard.epoch < epoch_ && heard.decision_number > recovered_decision_number_) {
    return who + "has met decision " + std::to_string(heard.decision_number) +
           ", this log holds only " + std::to_string(recovered_decision_number_);
  }
  return "";
}

void Coordinator::Impl::Supersede(LinkId link, std::string_view participant, std::string text) {
  Note(NoticeKind::kSuperseded, participant, {}, text);
  RefuseAttach(link, participant,
               {Reason::kSuperseded, "this coordinator runs on an older copy of its log: " + text});
  phase_ = Phase::kSuperseding;
  stop_reason_ = Reason::kSuperseded;
  const LogTicket ticket = Log(SupersededUpdate{std::move(text)}, /*urgent=*/true);
  pending_.push_back({ticket, Pending::Kind::kSuperseded, {}, 0, 0});
}

Registry::Refusal Coordinator::Impl::CheckAttach(const Attach& attach) const {
  if (!IsValidParticipantName(attach.participant)) {
    return {Reason::kInvalidParticipantName, "not a participant's name: 1 to 64 of a-z 0-9 . _ -"};
  }
  if (attach.store.empty() || attach.incarnation == 0 || attach.life == 0) {
    return {Reason::kMalformedRequest,
            "who attaches names a store, an incarnation of at least 1 and a life number, which is "
            "drawn at random at each start and not 0"};
  }
  return {};
}

void Coordinator::Impl::RefuseAttach(LinkId link, std::string_view participant, Refusal refusal) {
  Emit(coordinator_effect::Send{link,
                                AttachAnswer{refusal.reason, refusal.text, id_, epoch_, life_}});
  if (refusal.reason != Reason::kSuperseded) {
    Note(NoticeKind::kAttachRefused, participant.substr(0, kMaxParticipantNameSize), {},
         refusal.text);
  }
  CloseLink(link, refusal.reason, std::move(refusal.text));
  Detach(link, AbortReason::kVoteLost, "refused");
}

void Coordinator::Impl::Admit(LinkId link, const Attach& attach) {
  const KnownParticipant* known = registry_.Find(attach.participant);
  const bool refreshed = known != nullptr && known->link() == link;
  const bool restarted = known != nullptr && known->incarnation() != attach.incarnation;
  if (known != nullptr && known->attached() && !refreshed) {
    const LinkId old = known->link();
    CloseLink(old, Reason::kAlreadyAttached, "replaced by a newer link of the same participant");
    Detach(old, AbortReason::kVoteLost, "replaced by a newer link");
  } else if (refreshed && restarted) {
    LoseVotes(registry_.Find(attach.participant), AbortReason::kParticipantRestarted);
  }
  if (registry_.Attach(link, attach)) {
    Log(BindingUpdate{attach.participant, attach.store, attach.incarnation}, /*urgent=*/false);
  }
  Emit(coordinator_effect::Send{link, AttachAnswer{Reason::kNone, "", id_, epoch_, life_}});
  if (refreshed && !restarted) return;
  CatchUp(registry_.Find(attach.participant));
}

// What it missed goes out at once.
void Coordinator::Impl::CatchUp(KnownParticipant* participant) {
  std::size_t elsewhere = 0;
  for (const Sequence id : participant->unfinished().List()) {
    Transaction* transaction = Find(id);
    const int branch = transaction->Find(participant);
    const Branch& entry = transaction->branches()[static_cast<std::size_t>(branch)];
    if (entry.state != BranchState::kCommitting) continue;
    if (entry.store != participant->store()) {
      ++elsewhere;
      continue;
    }
    SendCommit(transaction, branch, /*is_counted=*/false);
    const Time due = transaction->state_deadline();
    transaction->ResetAttempts();
    ScheduleRepetition(transaction);
    if (due < transaction->state_deadline()) {
      // Who comes again and again does not put off what another branch waits for.
      transaction->set_state_deadline(due);
      Arm(transaction);
    }
  }
  std::string text = "incarnation " + std::to_string(participant->incarnation());
  if (elsewhere > 0) text += "; commits that wait for another store: " + std::to_string(elsewhere);
  Note(NoticeKind::kAttached, participant->name(), {}, std::move(text));
}

void Coordinator::Impl::Take(LinkId link, Vote vote) {
  const KnownParticipant* participant = registry_.FindLink(link)->participant;
  const bool known_kind =
      vote.kind == VoteKind::kYes || vote.kind == VoteKind::kNo || vote.kind == VoteKind::kReadOnly;
  if (!known_kind) {
    Misbehaved(link, Reason::kMalformedRequest, "a vote is yes, no or read-only");
    return;
  }
  if (!AwaitsVote(participant, vote.id)) {
    NoteStray(NoticeKind::kIgnoredVote, NoticeKind::kForeignVote, *participant, vote.id);
    return;
  }
  Transaction* transaction = Find(vote.id);
  CountVote(transaction, transaction->Find(participant), std::move(vote));
}

// A vote or acknowledgement that does not count: late or repeated, or of a branch that never was.
void Coordinator::Impl::NoteStray(NoticeKind ignored, NoticeKind foreign,
                                  const KnownParticipant& participant, Sequence id) {
  const Transaction* transaction = Find(id);
  const Standing standing = ledger_.Of(id);
  const bool had_branch = transaction != nullptr
                              ? transaction->Find(&participant) >= 0
                              : standing == Standing::kClosed || standing == Standing::kExpired;
  ++counts_.ignored_messages;
  Note(had_branch ? ignored : foreign, participant.name(), id,
       had_branch ? "late or repeated" : "it has no such branch");
}

void Coordinator::Impl::Take(LinkId link, const Acknowledge& acknowledge) {
  const KnownParticipant* participant = registry_.FindLink(link)->participant;
  Transaction* transaction = Find(acknowledge.id);
  const int index = transaction == nullptr ? -1 : transaction->Find(participant);
  if (index < 0) {
    NoteStray(NoticeKind::kIgnoredAcknowledge, NoticeKind::kForeignAcknowledge, *participant,
              acknowledge.id);
    return;
  }
  const Branch& branch = transaction->branches()[static_cast<std::size_t>(index)];
  const bool decided =
      branch.state == BranchState::kCommitting || branch.state == BranchState::kCommitted;
  if (!decided || branch.store != participant->store()) {
    ++counts_.ignored_messages;
    Note(NoticeKind::kForeignAcknowledge, participant->name(), acknowledge.id,
         decided ? "from a store that is not in the decision" : "nothing was to be committed");
  } else if (branch.state == BranchState::kCommitted) {
    NoteStray(NoticeKind::kIgnoredAcknowledge, NoticeKind::kForeignAcknowledge, *participant,
              acknowledge.id);
  } else {
    Acknowledged(transaction, index);
  }
}

void Coordinator::Impl::Take(LinkId link, const assent::Enlist& enlist) {
  KnownParticipant* participant = registry_.FindLink(link)->participant;
  Refusal refusal = CheckRange(enlist.id);
  if (refusal.reason == Reason::kNone) refusal = CheckEnlistable(enlist.id, participant);
  if (refusal.reason == Reason::kNone) refusal = Enlist(enlist.id.sequence, participant);
  Emit(coordinator_effect::Send{
      link, EnlistAnswer{enlist.token, refusal.reason, std::move(refusal.text)}});
}

void Coordinator::Impl::Take(LinkId link, const Inquire& inquire) {
  const KnownParticipant& participant = *registry_.FindLink(link)->participant;
  if (ASSENT_MUTANT(unary_inquiry_ignored) && participant.kind() == LinkKind::kUnary) return;
  const InquiryAnswer answer = Judge(participant, inquire.id);
  if (answer.verdict == Verdict::kRefused) {
    Note(NoticeKind::kRefusedInquiry, participant.name(), inquire.id,
         "it asks about an id that was not given out, or from a store that is not in the decision");
  }
  Answer(participant, answer);
}

// R10.
InquiryAnswer Coordinator::Impl::Judge(const KnownParticipant& participant, Sequence id) const {
  InquiryAnswer answer;
  answer.id = id;
  const Transaction* transaction = Find(id);
  if (transaction == nullptr) {
    const Standing standing = ledger_.Of(id);
    answer.verdict = standing == Standing::kNotGivenOut ? Verdict::kRefused
                     : standing == Standing::kUnopened  ? Verdict::kWait
                                                        : Verdict::kAbort;
    const bool presumes = ASSENT_MUTANT(presume_commit) && answer.verdict == Verdict::kAbort;
    return presumes ? InquiryAnswer{id, Verdict::kCommit, 1, {}} : answer;
  }
  if (transaction->undecided()) {
    if (ASSENT_MUTANT(inquiry_while_voting_answered_abort)) answer.verdict = Verdict::kAbort;
    return answer;
  }
  answer.verdict = Verdict::kAbort;
  if (transaction->state() == TransactionState::kAborted) return answer;
  answer.verdict = Verdict::kNotYours;
  const int index = transaction->Find(&participant);
  if (index < 0) return answer;
  const Branch& branch = transaction->branches()[static_cast<std::size_t>(index)];
  if (branch.state == BranchState::kReadOnly) return answer;
  if (ASSENT_MUTANT(finished_told_abort) && branch.state == BranchState::kCommitted) return answer;
  if (branch.store != participant.store()) {
    answer.verdict = Verdict::kRefused;
    return answer;
  }
  answer.verdict = Verdict::kCommit;
  answer.decision_number = transaction->decision_number();
  answer.clean_mark = CleanMark(participant);
  return answer;
}

// A library-less participant does not know inquiries: it is sent what follows from the answer.
void Coordinator::Impl::Answer(const KnownParticipant& participant, const InquiryAnswer& answer) {
  const LinkId link = participant.link();
  if (participant.kind() == LinkKind::kStream) {
    Emit(coordinator_effect::Send{link, answer});
    return;
  }
  switch (answer.verdict) {
    case Verdict::kWait:
    case Verdict::kRefused:
      return;
    case Verdict::kCommit:
      Emit(coordinator_effect::Send{link,
                                    Commit{answer.id, answer.decision_number, answer.clean_mark}});
      return;
    case Verdict::kAbort:
    case Verdict::kNotYours:
      Emit(coordinator_effect::Send{link, Abort{answer.id, std::nullopt}});
      return;
  }
}

void Coordinator::Impl::Misbehaved(LinkId link, Reason reason, std::string text) {
  const KnownParticipant* participant = registry_.FindLink(link)->participant;
  Note(NoticeKind::kMisbehaved, participant == nullptr ? "" : participant->name(), {}, text);
  CloseLink(link, reason, std::move(text));
  Detach(link, AbortReason::kVoteLost, "misbehaved");
}

void Coordinator::Impl::CloseLink(LinkId link, Reason reason, std::string text) {
  Emit(coordinator_effect::CloseLink{link, reason, std::move(text)});
}

void Coordinator::Impl::Detach(LinkId link, AbortReason reason, std::string_view why) {
  KnownParticipant* participant = registry_.Close(link);
  if (participant == nullptr) return;
  Note(NoticeKind::kDetached, participant->name(), {}, std::string(why));
  LoseVotes(participant, reason);
  LoseAcknowledgements(participant);
}

// Prepare is sent once: what carried it has ended, so the vote cannot come any more.
void Coordinator::Impl::LoseVotes(KnownParticipant* participant, AbortReason reason) {
  const std::vector<Sequence> prepared = std::exchange(participant->prepared(), {});
  for (const Sequence id : prepared) {
    if (!AwaitsVote(participant, id) || ASSENT_MUTANT(lost_vote_ignored)) continue;
    AbortTransaction(Find(id), {reason, participant->name(),
                                "the link that carried Prepare ended before the vote"});
  }
}

// Commits are repeated when their store comes back. It may be another one that comes next, which
// owes nothing.
void Coordinator::Impl::LoseAcknowledgements(KnownParticipant* participant) {
  if (participant->unacknowledged() == 0) return;
  for (const Sequence id : participant->unfinished().List()) {
    Transaction* transaction = Find(id);
    if (transaction->state() != TransactionState::kCommitting) continue;
    const int branch = transaction->Find(participant);
    const BranchState state = transaction->branches()[static_cast<std::size_t>(branch)].state;
    if (state == BranchState::kCommitting) transaction->LoseAcknowledgement(branch);
  }
}

}  // namespace assent
