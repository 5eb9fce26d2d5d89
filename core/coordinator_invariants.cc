// The coordinator's invariants, numbered as in docs/invariants.md.
#include <algorithm>
#include <map>
#include <set>

#include "core/check.h"
#include "core/coordinator_impl.h"

namespace assent {
namespace {

// C-I4: which states of a branch a transaction's state allows.
bool Fits(TransactionState transaction, BranchState branch) {
  using enum BranchState;
  switch (transaction) {
    case TransactionState::kActive:
      return branch == kEnlisted;
    case TransactionState::kPreparing:
      return branch == kPreparing || branch == kPrepared || branch == kReadOnly;
    case TransactionState::kDeciding:
      return branch == kPrepared || branch == kReadOnly;
    case TransactionState::kCommitting:
      return branch == kCommitting || branch == kCommitted || branch == kReadOnly;
    case TransactionState::kCommitted:
      return branch == kCommitted || branch == kReadOnly;
    case TransactionState::kAborted:
      return branch == kAborted || branch == kReadOnly;
  }
  return false;
}

std::size_t Count(const Transaction& transaction, BranchState state) {
  const auto& branches = transaction.branches();
  return static_cast<std::size_t>(
      std::count_if(branches.begin(), branches.end(),
                    [state](const Transaction::Branch& b) { return b.state == state; }));
}

}  // namespace

void Transaction::CheckInvariants() const {
  std::set<const KnownParticipant*> participants;
  for (const Branch& branch : branches_) {
    ASSENT_CHECK(participants.insert(branch.participant).second, "C-I5: one branch a participant");
    ASSENT_CHECK(Fits(state_, branch.state), "C-I4: branches fit their transaction");
    ASSENT_CHECK((branch.state == BranchState::kEnlisted) || branch.payload.empty(),
                 "C-I5: a payload is kept until Prepare only");
  }
  switch (state_) {
    case TransactionState::kPreparing:
      ASSENT_CHECK(outstanding_ > 0 && outstanding_ == Count(*this, BranchState::kPreparing),
                   "C-I6: votes are outstanding in PREPARING");
      break;
    case TransactionState::kCommitting:
      ASSENT_CHECK(outstanding_ > 0 && outstanding_ == Count(*this, BranchState::kCommitting),
                   "C-I6: acknowledgements are outstanding in COMMITTING");
      break;
    case TransactionState::kActive:
    case TransactionState::kDeciding:
    case TransactionState::kCommitted:
    case TransactionState::kAborted:
      ASSENT_CHECK(outstanding_ == 0, "C-I6: nothing is outstanding");
      break;
  }
  ASSENT_CHECK((state_ == TransactionState::kAborted) == (abortion_ != nullptr));
  ASSENT_CHECK((recorded_bits_ & ~acknowledged_bits()) == 0, "C-I7: only what came is recorded");
}

void Coordinator::Impl::CheckInvariants() const {
  ledger_.CheckInvariants();
  timers_.CheckInvariants();
  transactions_.ForEach([this](Sequence id, const std::unique_ptr<Transaction>& transaction) {
    ASSENT_CHECK(transaction->id() == id);
    CheckTransaction(*transaction);
  });
  finished_.CheckInvariants();
  finished_.ForEach([this](const Transaction& transaction) {
    ASSENT_CHECK(!transactions_.Contains(transaction.id()) && AcknowledgedDurably(transaction),
                 "C-I15: only what is over is kept as finished");
    CheckTransaction(transaction);
  });
  CheckCounts();
  CheckParticipants();
  CheckLog();
}

void Coordinator::Impl::CheckTransaction(const Transaction& transaction) const {
  transaction.CheckInvariants();
  const Sequence id = transaction.id();
  const Standing standing = ledger_.Of(id);
  if (transaction.undecided()) {
    ASSENT_CHECK(standing == Standing::kOpen, "C-I1: undecided is open");
  } else {
    ASSENT_CHECK(standing == Standing::kClosed || standing == Standing::kExpired,
                 "C-I1: decided is closed");
  }
  ASSENT_CHECK(!transaction.finished() || transaction.waiters().empty(),
               "C-I8: a finished transaction has answered");
  ASSENT_CHECK(phase_ != Phase::kHalted || transaction.waiters().empty(),
               "C-I8: who halts has answered");
  ASSENT_CHECK(timers_.WhenOf(&transaction) == transaction.deadline(),
               "C-I9: each has its earliest deadline armed");
  for (const Branch& branch : transaction.branches()) {
    if (branch.state != BranchState::kPreparing) continue;
    const KnownParticipant& participant = *branch.participant;
    ASSENT_CHECK(participant.AttachedAs(branch.incarnation) && participant.store() == branch.store,
                 "C-I10: a vote is awaited only from who is attached");
    ASSENT_CHECK(std::count(participant.prepared().begin(), participant.prepared().end(), id) == 1,
                 "C-I10: the participant's list names it");
  }
}

void Coordinator::Impl::CheckCounts() const {
  std::size_t undecided = 0;
  std::size_t unfinished = 0;
  std::size_t armed = 0;
  std::uint64_t open = 0;
  ForEachUnderWay([&](const Transaction& transaction) {
    if (transaction.undecided()) ++undecided;
    if (!transaction.finished()) ++unfinished;
    if (!transaction.deadline().IsNever()) ++armed;
  });
  for (std::uint64_t n = ledger_.lowest_undecided().number; n < ledger_.next(); ++n) {
    if (ledger_.OfNumber(n) == Standing::kOpen) ++open;
  }
  ASSENT_CHECK(undecided == undecided_ && open == undecided,
               "C-I1: every open id is a transaction");
  ASSENT_CHECK(unfinished == unfinished_ &&
                   unfinished <= limits_.max_open_transactions + recovered_unfinished_,
               "C-I11: what is unfinished is counted and bounded");
  ASSENT_CHECK(ending_.empty(), "C-I15: what has ended is looked at in its step");
  ASSENT_CHECK(phase_ != Phase::kServing || ledger_.closings() <= limits_.max_remembered + 1,
               "C-I11: what waits for its retention is bounded");
  ASSENT_CHECK(armed == timers_.size(), "C-I9: no timer but of those that are due some time");
}

void Coordinator::Impl::CheckParticipants() const {
  std::size_t attached = 0;
  std::map<const KnownParticipant*, std::ptrdiff_t> unvoted;
  std::map<const KnownParticipant*, std::ptrdiff_t> unacknowledged;
  ForEachUnderWay([&](const Transaction& transaction) {
    for (const Branch& branch : transaction.branches()) {
      if (branch.state == BranchState::kPreparing) ++unvoted[branch.participant];
      if (!branch.is_unacknowledged) continue;
      ++unacknowledged[branch.participant];
      ASSENT_CHECK(branch.state == BranchState::kCommitting && branch.commit_sent &&
                       branch.participant->attached(),
                   "C-I10: an acknowledgement is awaited of what was sent");
    }
  });
  for (const auto& [name, participant] : registry_.participants()) {
    ASSENT_CHECK(name == participant.name());
    ASSENT_CHECK(unvoted[&participant] == static_cast<std::ptrdiff_t>(participant.unvoted()) &&
                     unacknowledged[&participant] ==
                         static_cast<std::ptrdiff_t>(participant.unacknowledged()),
                 "C-I10: the answers that it has to give are counted");
    const auto awaits = [&, who = &participant](Sequence id) { return AwaitsVote(who, id); };
    ASSENT_CHECK(std::count_if(participant.prepared().begin(), participant.prepared().end(),
                               awaits) == unvoted[&participant],
                 "C-I10: the votes that it has to give are listed");
    if (participant.attached()) {
      ++attached;
      const Registry::Link* link = registry_.FindLink(participant.link());
      ASSENT_CHECK(link != nullptr && link->participant == &participant,
                   "C-I12: a participant has one link");
      ASSENT_CHECK(!participant.store().empty() && participant.incarnation() > 0);
    }
    for (const Sequence id : participant.unfinished().List()) {
      const Transaction* transaction = Find(id);
      ASSENT_CHECK(transaction != nullptr && transaction->decision_number() != 0 &&
                       !transaction->undecided() && transaction->Find(&participant) >= 0,
                   "C-I3: what is unfinished is a commit that is remembered");
    }
  }
  for (const auto& [id, link] : registry_.links()) {
    if (link.participant == nullptr) continue;
    ASSENT_CHECK(link.participant->link() == id, "C-I12: a link has one participant");
    --attached;
  }
  ASSENT_CHECK(attached == 0, "C-I12: as many links as attached participants");
  ForEachUnderWay([](const Transaction& transaction) {
    for (const Branch& branch : transaction.branches()) {
      if (branch.state != BranchState::kCommitting) continue;
      ASSENT_CHECK(branch.participant->unfinished().Contains(transaction.id()),
                   "C-I3: the clean mark does not pass an unacknowledged commit");
    }
  });
}

void Coordinator::Impl::CheckLog() const {
  std::set<Sequence> being_written;
  LogTicket last = logged_;
  for (const Pending& pending : pending_) {
    ASSENT_CHECK(pending.ticket > last && pending.ticket <= last_ticket_,
                 "C-I2: what is pending is not durable");
    last = pending.ticket;
    if (pending.kind == Pending::Kind::kDecision) being_written.insert(pending.id);
  }
  std::set<std::uint64_t> numbers;
  ForEachUnderWay([&](const Transaction& transaction) {
    const bool deciding = transaction.state() == TransactionState::kDeciding;
    ASSENT_CHECK(phase_ != Phase::kServing || deciding == being_written.contains(transaction.id()),
                 "C-I2: a commit is told when it is durable, not before");
    const std::uint64_t number = transaction.decision_number();
    ASSENT_CHECK(number <= last_decision_number_ && (number == 0 || numbers.insert(number).second),
                 "C-I7: decision numbers are unique");
  });
  finished_.ForEach([&](const Transaction& transaction) {
    const std::uint64_t number = transaction.decision_number();
    ASSENT_CHECK(number == 0 || numbers.insert(number).second, "C-I7: decision numbers are unique");
  });
  ASSENT_CHECK(ledger_.horizon() >= recorded_horizon_, "C-I13: the recorded horizon is not ahead");
}

}  // namespace assent
