#include "core/transaction.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/mutants.h"

namespace assent {
namespace {

bool Allowed(TransactionState from, TransactionState to) {
  using enum TransactionState;
  switch (from) {
    case kActive:
      return to == kPreparing || to == kAborted;
    case kPreparing:
      return to == kDeciding || to == kCommitted || to == kAborted;
    case kDeciding:
      return to == kCommitting;
    case kCommitting:
      return to == kCommitted;
    case kCommitted:
    case kAborted:
      return false;
  }
  return false;
}

bool Allowed(BranchState from, BranchState to) {
  using enum BranchState;
  switch (from) {
    case kEnlisted:
      return to == kPreparing || to == kAborted;
    case kPreparing:
      return to == kPrepared || to == kReadOnly || to == kAborted;
    case kPrepared:
      return to == kCommitting || to == kAborted;
    case kCommitting:
      return to == kCommitted;
    case kReadOnly:
    case kCommitted:
    case kAborted:
      return false;
  }
  return false;
}

BranchState AfterVote(VoteKind vote) {
  switch (vote) {
    case VoteKind::kYes:
      return BranchState::kPrepared;
    case VoteKind::kReadOnly:
      return ASSENT_MUTANT(read_only_voter_sent_commit) ? BranchState::kPrepared
                                                        : BranchState::kReadOnly;
    case VoteKind::kNo:
      return BranchState::kAborted;
  }
  CheckFailed(__FILE__, __LINE__, "vote", "a vote that is not in the list");
}

// Whether a branch in this state is one of the decision's.
bool InDecision(BranchState state) {
  return state == BranchState::kPrepared || state == BranchState::kCommitting ||
         state == BranchState::kCommitted;
}

}  // namespace

Transaction::Transaction(Sequence id, Time opened, Time deadline)
    : id_(id), opened_(opened), state_deadline_(deadline) {}

Transaction::Transaction(const RecoveredDecision& recovered,
                         std::vector<KnownParticipant*> participants, Time start)
    : id_(recovered.record.id),
      state_(TransactionState::kCommitting),
      has_request_(true),
      opened_(start),
      request_hash_(recovered.record.request_hash),
      number_(recovered.record.number),
      recorded_bits_(recovered.acknowledged) {
  const std::vector<DecisionBranch>& decided = recovered.record.branches;
  ASSENT_CHECK(participants.size() == decided.size() && !decided.empty() && number_ != 0);
  for (std::size_t i = 0; i < decided.size(); ++i) {
    const bool acknowledged = (recovered.acknowledged >> i & 1) != 0;
    Branch branch;
    branch.participant = participants[i];
    branch.store = decided[i].store;
    branch.state = acknowledged ? BranchState::kCommitted : BranchState::kCommitting;
    branches_.push_back(std::move(branch));
    if (!acknowledged) ++outstanding_;
  }
  if (outstanding_ == 0) Move(TransactionState::kCommitted);
}

Transaction::Transaction(Sequence id, Time opened, std::uint64_t request_hash,
                         std::uint64_t decision_number, const Ending& ending)
    : id_(id),
      state_(ending.state),
      has_request_(ending.has_request),
      opened_(opened),
      request_hash_(request_hash),
      number_(decision_number) {
  for (const Ending::Branch& ended : ending.branches) {
    Branch& branch = branches_.emplace_back();
    branch.participant = ended.participant;
    branch.store = ended.store;
    branch.state = ended.state;
  }
  recorded_bits_ = acknowledged_bits();
  if (state_ == TransactionState::kAborted) abortion_ = std::make_unique<Abortion>(ending.abortion);
}

Transaction::Ending Transaction::MakeEnding() const {
  ASSENT_CHECK(finished() && waiters_.empty(), "what has ended has answered");
  Ending ending{state_, has_request_, {}, {}};
  ending.branches.reserve(branches_.size());
  for (const Branch& branch : branches_) {
    ending.branches.push_back({branch.participant, branch.store, branch.state});
  }
  if (abortion_ != nullptr) ending.abortion = *abortion_;
  return ending;
}

bool Transaction::undecided() const {
  return state_ == TransactionState::kActive || state_ == TransactionState::kPreparing ||
         state_ == TransactionState::kDeciding;
}

bool Transaction::finished() const {
  return state_ == TransactionState::kCommitted || state_ == TransactionState::kAborted;
}

int Transaction::Find(const KnownParticipant* participant) const {
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    if (branches_[i].participant == participant) return static_cast<int>(i);
  }
  return -1;
}

std::uint64_t Transaction::payload_bytes() const {
  std::uint64_t bytes = 0;
  for (const Branch& branch : branches_) bytes += branch.payload.size();
  return bytes;
}

const Transaction::Abortion& Transaction::abortion() const {
  ASSENT_CHECK(state_ == TransactionState::kAborted, "only an aborted one has a reason");
  return *abortion_;
}

void Transaction::Enlist(KnownParticipant* participant, bool has_worked) {
  ASSENT_CHECK(state_ == TransactionState::kActive, "branches enlist before Commit");
  ASSENT_CHECK(Find(participant) < 0, "a participant has one branch");
  Branch branch;
  branch.participant = participant;
  branch.store = participant->store();
  branch.incarnation = participant->incarnation();
  branch.has_worked = has_worked;
  branches_.push_back(std::move(branch));
}

void Transaction::SetPayload(int branch, std::string payload) {
  ASSENT_CHECK(state_ == TransactionState::kActive, "payloads come with Commit");
  Branch& entry = branches_[static_cast<std::size_t>(branch)];
  entry.payload = std::move(payload);
  entry.has_payload = true;
}

void Transaction::SetRequest(std::uint64_t hash) {
  ASSENT_CHECK(!has_request_, "a transaction has one request");
  has_request_ = true;
  request_hash_ = hash;
}

void Transaction::StartPreparing(Time deadline) {
  Move(TransactionState::kPreparing);
  state_deadline_ = deadline;
  outstanding_ = static_cast<std::uint32_t>(branches_.size());
}

void Transaction::MarkPrepareSent(int branch, std::uint64_t stamp) {
  ASSENT_CHECK(state_ == TransactionState::kPreparing, "Prepare goes out in PREPARING");
  Branch& entry = branches_[static_cast<std::size_t>(branch)];
  MoveBranch(&entry, BranchState::kPreparing);
  entry.stamp = stamp;
}

std::optional<std::string> Transaction::TakePayload(int branch) {
  Branch& entry = branches_[static_cast<std::size_t>(branch)];
  if (!entry.has_payload) return std::nullopt;
  return std::exchange(entry.payload, std::string());
}

void Transaction::RecordVote(int branch, VoteKind vote) {
  ASSENT_CHECK(state_ == TransactionState::kPreparing, "votes count in PREPARING");
  MoveBranch(&branches_[static_cast<std::size_t>(branch)], AfterVote(vote));
  --outstanding_;
}

void Transaction::StartDeciding(std::uint64_t decision_number) {
  ASSENT_CHECK(outstanding_ == 0 && HasDecisionBranches() && decision_number != 0,
               "a commit is decided when all have voted, and one yes");
  Move(TransactionState::kDeciding);
  number_ = decision_number;
  state_deadline_ = Time::Never();
}

void Transaction::FinishReadOnly() {
  ASSENT_CHECK(outstanding_ == 0 && !HasDecisionBranches(), "read-only: all are");
  Move(TransactionState::kCommitted);
  state_deadline_ = Time::Never();
}

void Transaction::MarkDurable() {
  Move(TransactionState::kCommitting);
  for (Branch& branch : branches_) {
    if (branch.state != BranchState::kPrepared) continue;
    MoveBranch(&branch, BranchState::kCommitting);
    ++outstanding_;
  }
}

bool Transaction::MarkCommitSent(int branch, bool is_counted) {
  Branch& entry = branches_[static_cast<std::size_t>(branch)];
  ASSENT_CHECK(entry.state == BranchState::kCommitting, "Commit goes to who has to commit");
  const bool is_repetition = std::exchange(entry.commit_sent, true);
  ASSENT_CHECK(!is_repetition || !is_counted, "only the first message counts");
  SetUnacknowledged(&entry, is_counted && !ASSENT_MUTANT(acknowledgements_not_awaited));
  return is_repetition;
}

void Transaction::LoseAcknowledgement(int branch) {
  ASSENT_CHECK(state_ == TransactionState::kCommitting);
  Branch& entry = branches_[static_cast<std::size_t>(branch)];
  ASSENT_CHECK(entry.state == BranchState::kCommitting, "what has come is not lost");
  SetUnacknowledged(&entry, false);
}

void Transaction::Acknowledge(int branch) {
  ASSENT_CHECK(state_ == TransactionState::kCommitting);
  MoveBranch(&branches_[static_cast<std::size_t>(branch)], BranchState::kCommitted);
  for (Branch& other : branches_) {
    if (!ASSENT_MUTANT(forget_at_first_ack) || other.state != BranchState::kCommitting) continue;
    MoveBranch(&other, BranchState::kCommitted);
    --outstanding_;
  }
  if (--outstanding_ > 0) return;
  Move(TransactionState::kCommitted);
  state_deadline_ = Time::Never();
}

void Transaction::Abort(Abortion abortion) {
  Move(TransactionState::kAborted);
  for (Branch& branch : branches_) {
    branch.payload = std::string();
    if (branch.state != BranchState::kReadOnly && branch.state != BranchState::kAborted) {
      MoveBranch(&branch, BranchState::kAborted);
    }
  }
  outstanding_ = 0;
  state_deadline_ = Time::Never();
  abortion_ = std::make_unique<Abortion>(std::move(abortion));
}

DecisionRecord Transaction::MakeRecord() const {
  DecisionRecord record{id_, number_, request_hash_, {}};
  record.branches.reserve(branches_.size());
  for (const Branch& branch : branches_) {
    if (!InDecision(branch.state)) continue;
    record.branches.push_back({branch.participant->name(), branch.store});
  }
  return record;
}

std::uint64_t Transaction::acknowledged_bits() const {
  std::uint64_t bits = 0;
  int i = 0;
  for (const Branch& branch : branches_) {
    if (!InDecision(branch.state)) continue;
    if (branch.state == BranchState::kCommitted) bits |= std::uint64_t{1} << i;
    ++i;
  }
  return bits;
}

void Transaction::AddWaiter(const Waiter& waiter) {
  ASSENT_CHECK(!finished(), "nobody waits for a finished transaction");
  waiters_.push_back(waiter);
}

Time Transaction::deadline() const {
  Time earliest = state_deadline_;
  for (const Waiter& waiter : waiters_) earliest = std::min(earliest, waiter.deadline);
  return earliest;
}

void Transaction::Move(TransactionState to) {
  ASSENT_CHECK(Allowed(state_, to), "a transition that the state machine does not hold");
  state_ = to;
}

void Transaction::MoveBranch(Branch* branch, BranchState to) {
  ASSENT_CHECK(Allowed(branch->state, to), "a branch's transition that does not exist");
  if (branch->state == BranchState::kPreparing) branch->participant->RemoveUnvoted();
  if (to == BranchState::kPreparing) branch->participant->AddUnvoted();
  if (branch->state == BranchState::kCommitting) SetUnacknowledged(branch, false);
  branch->state = to;
}

void Transaction::SetUnacknowledged(Branch* branch, bool is_unacknowledged) {
  if (branch->is_unacknowledged == is_unacknowledged) return;
  branch->is_unacknowledged = is_unacknowledged;
  if (is_unacknowledged) {
    branch->participant->AddUnacknowledged();
  } else {
    branch->participant->RemoveUnacknowledged();
  }
}

bool Transaction::HasDecisionBranches() const {
  return std::any_of(branches_.begin(), branches_.end(),
                     [](const Branch& branch) { return InDecision(branch.state); });
}

}  // namespace assent
