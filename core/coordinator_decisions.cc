// Voting, deciding and the second phase: R4, R5, R6, R7, R9.
#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/check.h"
#include "core/coordinator_impl.h"
#include "core/mutants.h"

namespace assent {
namespace {

// Whether who has the branch now is who enlisted it.
bool IsAttached(const Transaction::Branch& branch) {
  return branch.participant->AttachedAs(branch.incarnation) &&
         branch.participant->store() == branch.store;
}

// The second phase goes to the store of the decision, in whichever incarnation.
bool HasStoreAttached(const Transaction::Branch& branch) {
  return branch.participant->attached() && branch.participant->store() == branch.store;
}

// At most kMaxTextSize bytes, not cut within a character.
std::string CutText(std::string text) {
  if (text.size() <= kMaxTextSize) return text;
  std::size_t size = kMaxTextSize;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  text.resize(size);
  return text;
}

bool AskedFor(AbortReason reason) {
  return reason == AbortReason::kRequested || reason == AbortReason::kOperator ||
         reason == AbortReason::kVotedNo || reason == AbortReason::kDraining;
}

}  // namespace

void Coordinator::Impl::StartCommit(Transaction* transaction, CommitRequest* body,
                                    std::uint64_t hash) {
  transaction->SetRequest(hash);
  if (!AddListed(transaction, &body->branches)) return;
  const std::size_t count = transaction->branches().size();
  if (body->expected_branches && *body->expected_branches != count &&
      !ASSENT_MUTANT(expected_count_ignored)) {
    AbortTransaction(transaction, {AbortReason::kWrongBranchCount, "",
                                   "it has " + std::to_string(count) + " branches, expected were " +
                                       std::to_string(*body->expected_branches)});
    return;
  }
  if (!CheckAttached(transaction)) return;
  transaction->StartPreparing(now_ + limits_.prepare_timeout);
  if (count == 0) {
    Decide(transaction);
    return;
  }
  SendPrepares(transaction);
  Arm(transaction);
}

bool Coordinator::Impl::AddListed(Transaction* transaction, std::vector<BranchRequest>* listed) {
  transaction->Reserve(transaction->branches().size() + listed->size());
  for (BranchRequest& request : *listed) {
    KnownParticipant* participant = registry_.Find(request.participant);
    if (participant == nullptr || !participant->attached()) {
      AbortTransaction(transaction, {AbortReason::kParticipantUnavailable, request.participant,
                                     "nobody is attached under that name"});
      return false;
    }
    int branch = transaction->Find(participant);
    if (branch < 0) {
      transaction->Enlist(participant, /*has_worked=*/false);
      branch = transaction->Find(participant);
    }
    transaction->SetPayload(branch, std::move(request.payload));
  }
  return true;
}

// Prepare goes to the enlisted incarnations only (R4).
bool Coordinator::Impl::CheckAttached(Transaction* transaction) {
  for (const Branch& branch : transaction->branches()) {
    if (IsAttached(branch)) continue;
    const bool restarted = branch.participant->attached();
    AbortTransaction(
        transaction,
        {restarted ? AbortReason::kParticipantRestarted : AbortReason::kParticipantUnavailable,
         branch.participant->name(),
         restarted ? "it restarted since it enlisted, its work before that is gone"
                   : "nobody is attached under that name"});
    return false;
  }
  return true;
}

void Coordinator::Impl::SendPrepares(Transaction* transaction) {
  const int count = static_cast<int>(transaction->branches().size());
  for (int i = 0; i < count; ++i) {
    KnownParticipant* participant =
        transaction->branches()[static_cast<std::size_t>(i)].participant;
    transaction->MarkPrepareSent(i, participant->NextStamp());
    NotePrepared(participant, transaction->id());
  }
  for (int i = 0; i < count; ++i) SendPrepare(transaction, i);
}

// All stamps are given: each branch is told those of the others.
void Coordinator::Impl::SendPrepare(Transaction* transaction, int index) {
  const std::vector<Branch>& branches = transaction->branches();
  const Branch& branch = branches[static_cast<std::size_t>(index)];
  Prepare prepare;
  prepare.id = transaction->id();
  prepare.stamp = {epoch_, branch.incarnation, branch.stamp};
  prepare.payload = transaction->TakePayload(index);
  prepare.clean_mark = CleanMark(*branch.participant);
  prepare.peers.reserve(branches.size() - 1);
  for (const Branch& peer : branches) {
    if (&peer == &branch) continue;
    prepare.peers.push_back({peer.participant->name(), peer.incarnation, peer.stamp});
  }
  Emit(coordinator_effect::Send{branch.participant->link(), std::move(prepare)});
}

// The list is cleaned whenever it has doubled, so that it costs nothing and stays short.
void Coordinator::Impl::NotePrepared(KnownParticipant* participant, Sequence id) {
  std::vector<Sequence>& prepared = participant->prepared();
  if (prepared.size() == prepared.capacity() && prepared.size() >= 64) {
    std::erase_if(prepared, [&](Sequence other) { return !AwaitsVote(participant, other); });
    prepared.reserve(prepared.size() * 2 + 64);
  }
  prepared.push_back(id);
}

bool Coordinator::Impl::AwaitsVote(const KnownParticipant* participant, Sequence id) const {
  const Transaction* transaction = FindUnderWay(id);
  if (transaction == nullptr || transaction->state() != TransactionState::kPreparing) return false;
  const int branch = transaction->Find(participant);
  return branch >= 0 &&
         transaction->branches()[static_cast<std::size_t>(branch)].state == BranchState::kPreparing;
}

void Coordinator::Impl::CountVote(Transaction* transaction, int branch, Vote vote) {
  if (ASSENT_MUTANT(no_counts_as_yes)) vote.kind = VoteKind::kYes;
  transaction->RecordVote(branch, vote.kind);
  if (vote.kind == VoteKind::kNo) {
    const auto index = static_cast<std::size_t>(branch);
    AbortTransaction(transaction,
                     {AbortReason::kVotedNo, transaction->branches()[index].participant->name(),
                      CutText(std::move(vote.text))});
  } else if (transaction->outstanding_votes() == 0 || ASSENT_MUTANT(first_yes_decides)) {
    Decide(transaction);
  }
}

// All have voted and nobody no: the one place that decides to commit.
void Coordinator::Impl::Decide(Transaction* transaction) {
  const auto yes = [](const Branch& b) { return b.state == BranchState::kPrepared; };
  const std::vector<Branch>& branches = transaction->branches();
  if (std::any_of(branches.begin(), branches.end(), yes)) {
    transaction->StartDeciding(++last_decision_number_);
    pending_.push_back({++last_ticket_, Pending::Kind::kDecision, transaction->id()});
    Emit(coordinator_effect::LogDecision{last_ticket_, transaction->MakeRecord()});
    if (ASSENT_MUTANT(answer_before_sync)) return Handle(coordinator_input::Logged{last_ticket_});
    Arm(transaction);
    return;
  }
  transaction->FinishReadOnly();
  ledger_.Close(transaction->id().number, now_);
  --undecided_;
  --unfinished_;
  ++counts_.committed;
  ++counts_.read_only;
  AnswerWaiters(transaction, /*completed=*/true);
  Arm(transaction);
  ending_.push_back(transaction->id());
  if (ASSENT_MUTANT(read_only_not_remembered)) transactions_.Erase(transaction->id());
}

// R7: only from here on the commit is told to anybody.
void Coordinator::Impl::BecomeDurable(Transaction* transaction) {
  transaction->MarkDurable();
  ledger_.Close(transaction->id().number, now_);
  --undecided_;
  ++counts_.committed;
  const std::size_t count = transaction->branches().size();
  for (std::size_t i = 0; i < count; ++i) {
    const Branch& branch = transaction->branches()[i];
    if (branch.state != BranchState::kCommitting) continue;
    branch.participant->AddUnfinished(transaction->id());
  }
  for (std::size_t i = 0; i < count; ++i) {
    SendCommit(transaction, static_cast<int>(i), /*is_counted=*/true);
  }
  AnswerWaiters(transaction, /*completed=*/false);
  ScheduleRepetition(transaction);
}

void Coordinator::Impl::SendCommit(Transaction* transaction, int branch, bool is_counted) {
  const Branch& entry = transaction->branches()[static_cast<std::size_t>(branch)];
  if (entry.state != BranchState::kCommitting || !HasStoreAttached(entry)) return;
  if (ASSENT_MUTANT(commit_sent_once) && entry.commit_sent) return;
  if (transaction->MarkCommitSent(branch, is_counted)) ++counts_.repeated_commits;
  Emit(coordinator_effect::Send{
      entry.participant->link(),
      Commit{transaction->id(), transaction->decision_number(), CleanMark(*entry.participant)}});
}

void Coordinator::Impl::Repeat(Transaction* transaction) {
  RecordAcknowledged(transaction);
  for (std::size_t i = 0; i < transaction->branches().size(); ++i) {
    SendCommit(transaction, static_cast<int>(i), /*is_counted=*/false);
  }
  ScheduleRepetition(transaction);
}

// Sets the time of the next repetition; none while there is nobody to send to and nothing to
// record.
void Coordinator::Impl::ScheduleRepetition(Transaction* transaction) {
  bool wanted = transaction->acknowledged_bits() != transaction->recorded_bits();
  for (const Branch& branch : transaction->branches()) {
    wanted |= branch.state == BranchState::kCommitting && HasStoreAttached(branch);
  }
  const Duration wait =
      BackoffDelay(limits_.first_retry, limits_.max_retry, transaction->TakeAttempt(), &prng_);
  transaction->set_state_deadline(wanted ? now_ + wait : Time::Never());
  Arm(transaction);
}

void Coordinator::Impl::RecordAcknowledged(Transaction* transaction) {
  const std::uint64_t bits = transaction->acknowledged_bits();
  if (bits == transaction->recorded_bits()) return;
  transaction->MarkRecorded();
  const LogTicket ticket = Log(AcknowledgedUpdate{transaction->id(), bits}, /*urgent=*/false);
  pending_.push_back({ticket, Pending::Kind::kAcknowledged, transaction->id(), bits});
  if (ASSENT_MUTANT(ack_trusted_unsynced)) AcknowledgementDurable(pending_.back());
}

void Coordinator::Impl::AcknowledgementDurable(const Pending& pending) {
  const Transaction* transaction = FindUnderWay(pending.id);
  ASSENT_CHECK(transaction != nullptr, "kept until its acknowledgements are durable");
  int bit = 0;
  for (const Branch& branch : transaction->branches()) {
    const bool decided =
        branch.state == BranchState::kCommitting || branch.state == BranchState::kCommitted;
    if (!decided) continue;
    if ((pending.bits >> bit++ & 1) != 0) branch.participant->RemoveUnfinished(pending.id);
  }
  ending_.push_back(pending.id);
}

void Coordinator::Impl::Acknowledged(Transaction* transaction, int branch) {
  transaction->Acknowledge(branch);
  if (transaction->finished()) {
    --unfinished_;
    RecordAcknowledged(transaction);
    AnswerWaiters(transaction, /*completed=*/true);
    Arm(transaction);
  } else if (transaction->state_deadline().IsNever()) {
    ScheduleRepetition(transaction);
  }
}

void Coordinator::Impl::AbortTransaction(Transaction* transaction, Transaction::Abortion abortion) {
  SendAborts(*transaction);
  if (!AskedFor(abortion.reason)) {
    Note(NoticeKind::kAbortedOddly, abortion.participant, transaction->id(),
         std::string(NameOf(abortion.reason)) + ": " + abortion.text);
  }
  transaction->Abort(std::move(abortion));
  ledger_.Close(transaction->id().number, now_);
  --undecided_;
  --unfinished_;
  ++counts_.aborted;
  AnswerWaiters(transaction, /*completed=*/true);
  Arm(transaction);
  ending_.push_back(transaction->id());
}

// Once, to those that may hold something; who misses it asks (R10).
void Coordinator::Impl::SendAborts(const Transaction& transaction) {
  for (const Branch& branch : transaction.branches()) {
    const bool holds = branch.state == BranchState::kPreparing ||
                       branch.state == BranchState::kPrepared ||
                       (branch.state == BranchState::kEnlisted && branch.has_worked);
    if (!holds || !IsAttached(branch)) continue;
    Abort abort{transaction.id(), std::nullopt};
    if (branch.stamp != 0) abort.stamp = Stamp{epoch_, branch.incarnation, branch.stamp};
    Emit(coordinator_effect::Send{branch.participant->link(), abort});
  }
}

Sequence Coordinator::Impl::CleanMark(const KnownParticipant& participant) const {
  const Sequence undecided = ledger_.lowest_undecided();
  if (participant.unfinished().empty() || ASSENT_MUTANT(clean_mark_ignores_commits)) {
    return undecided;
  }
  return std::min(undecided, participant.unfinished().First());
}

}  // namespace assent
