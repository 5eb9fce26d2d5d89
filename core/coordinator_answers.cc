// What initiators are told, and what is refused at the door: R1, admission, limits.
#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/coordinator_impl.h"
#include "core/mutants.h"

namespace assent {
namespace {

// Calls that wait for one transaction.
constexpr std::size_t kMaxWaiters = 1000;

}  // namespace

void Coordinator::Impl::AnswerWithoutTransaction(RequestId request, const TransactionId& id) {
  OutcomeReply reply;
  reply.id = id;
  switch (ledger_.Of(id.sequence)) {
    case Standing::kExpired:
      if (ASSENT_MUTANT(horizon_answers_aborted)) {
        reply.outcome = Outcome::kAborted;
        break;
      }
      Refused(request, {Reason::kOutcomeExpired,
                        "it has finished, and its outcome is no longer kept; ask sooner, or "
                        "configure a longer retention"});
      return;
    case Standing::kUnopened:
      if (ASSENT_MUTANT(unopened_answered_aborted)) reply.outcome = Outcome::kAborted;
      break;
    case Standing::kClosed:
      reply.outcome = Outcome::kAborted;
      reply.state = TransactionState::kAborted;
      reply.abort_reason =
          id.sequence.epoch < epoch_ ? AbortReason::kCoordinatorRestarted : AbortReason::kNotOpened;
      break;
    case Standing::kNotGivenOut:
      if (ASSENT_MUTANT(future_id_answered_aborted)) {
        reply.outcome = Outcome::kAborted;
        break;
      }
      [[fallthrough]];
    case Standing::kOpen:
      CheckFailed(__FILE__, __LINE__, "standing", "an open id has a transaction");
  }
  Reply(request, std::move(reply));
}

void Coordinator::Impl::Reply(RequestId request, InitiatorReply body) {
  Emit(coordinator_effect::Reply{request, std::move(body)});
}

bool Coordinator::Impl::Refused(RequestId request, Refusal refusal) {
  if (refusal.reason == Reason::kNone) return false;
  ++counts_.refused;
  Reply(request,
        ErrorReply{refusal.reason, std::move(refusal.text), std::move(refusal.participant)});
  return true;
}

Registry::Refusal Coordinator::Impl::CheckRange(const TransactionId& id) const {
  if (id.coordinator.empty() || id.sequence.epoch == 0 || id.sequence.number == 0) {
    return {Reason::kMalformedTransactionId, "not a transaction id: coordinator-epoch-number"};
  }
  if (id.coordinator != id_) {
    return {Reason::kForeignTransaction, "the id is of coordinator " +
                                             std::string(id.coordinator.text()) + ", this is " +
                                             std::string(id_.text()) + "; ask that one"};
  }
  if (ledger_.Of(id.sequence) == Standing::kNotGivenOut &&
      !ASSENT_MUTANT(future_id_answered_aborted)) {
    return {Reason::kFutureTransaction,
            id.ToText() +
                " has not been given out: begin transactions with Begin or Session, and check "
                "that this coordinator does not run on an older copy of its log"};
  }
  return {};
}

Registry::Refusal Coordinator::Impl::CheckFollowing(const AbortRequest& body) const {
  if (body.following > kMaxFollowing) {
    static_assert(kMaxFollowing == 1000);
    return {Reason::kInvalidBlockSize, "an abort names at most 1,000 ids after its own"};
  }
  const TransactionId last = {body.id.coordinator,
                              {body.id.sequence.epoch, body.id.sequence.number + body.following}};
  return CheckRange(last);
}

Registry::Refusal Coordinator::Impl::CheckBranches(const CommitRequest& body) const {
  if (body.call_timeout < Duration()) {
    return {Reason::kInvalidTimeout, "a timeout is not negative"};
  }
  if (body.branches.size() > limits_.max_branches) {
    return {Reason::kTooManyBranches,
            "a transaction has at most " + std::to_string(limits_.max_branches) + " branches"};
  }
  std::uint64_t bytes = 0;
  for (const BranchRequest& branch : body.branches) {
    if (!IsValidParticipantName(branch.participant)) {
      return {Reason::kInvalidParticipantName,
              "not a participant's name: 1 to 64 of a-z 0-9 . _ -"};
    }
    const auto names_it = [&](const BranchRequest& other) {
      return other.participant == branch.participant;
    };
    if (std::any_of(body.branches.data(), &branch, names_it)) {
      return {Reason::kDuplicateParticipant, branch.participant + " is listed twice"};
    }
    bytes += branch.payload.size();
    if ((branch.payload.size() > limits_.max_payload_bytes ||
         bytes > limits_.max_transaction_payload_bytes) &&
        !ASSENT_MUTANT(payload_limit_ignored)) {
      return {Reason::kPayloadTooLarge, "a payload has at most " +
                                            std::to_string(limits_.max_payload_bytes) +
                                            " bytes, all of a transaction at most " +
                                            std::to_string(limits_.max_transaction_payload_bytes)};
    }
  }
  return {};
}

// Whether the listed branches fit beside those that are enlisted.
Registry::Refusal Coordinator::Impl::CheckRoom(const Transaction& transaction,
                                               const CommitRequest& body) const {
  std::size_t count = transaction.branches().size();
  for (const BranchRequest& listed : body.branches) {
    const KnownParticipant* participant = registry_.Find(listed.participant);
    if (participant == nullptr || transaction.Find(participant) < 0) ++count;
  }
  if (count <= limits_.max_branches) return {};
  return {Reason::kTooManyBranches, "with those enlisted it would have " + std::to_string(count) +
                                        " branches, at most " +
                                        std::to_string(limits_.max_branches) + " are allowed"};
}

Registry::Refusal Coordinator::Impl::CheckAdmission() const {
  if (draining_ || (ASSENT_MUTANT(refused_while_writing) && !pending_.empty())) {
    return {Reason::kDraining, "the coordinator is shutting down; try again, or another one"};
  }
  if (!admission_closed_.empty()) return {Reason::kDiskNearlyFull, admission_closed_};
  const bool is_full = unfinished_ >= limits_.max_open_transactions;
  if (is_full ? !ASSENT_MUTANT(open_limit_ignored)
              : ASSENT_MUTANT(refused_without_load) && counts_.opened % 50 == 49) {
    return {Reason::kTooManyTransactions,
            std::to_string(unfinished_) + " transactions are open; try again later"};
  }
  return {};
}

// Who cannot keep up, or does not answer, holds up its own transactions only, and few of them.
Registry::Refusal Coordinator::Impl::CheckAwaited(const CommitRequest& body) const {
  for (const BranchRequest& listed : body.branches) {
    const KnownParticipant* participant = registry_.Find(listed.participant);
    if (participant == nullptr) continue;
    const std::size_t unvoted = participant->unvoted();
    const std::size_t awaited = unvoted + participant->unacknowledged();
    const bool is_full =
        awaited >= limits_.max_awaited_branches && 4 * unvoted >= limits_.max_awaited_branches;
    if (!is_full || ASSENT_MUTANT(awaited_limit_ignored)) continue;
    return {Reason::kTooManyTransactions,
            "participant " + listed.participant + " has to vote on " + std::to_string(unvoted) +
                " branches already, and to commit " + std::to_string(awaited - unvoted) +
                "; try again later",
            listed.participant};
  }
  return {};
}

// Each is looked at whenever one of them comes or goes.
Registry::Refusal Coordinator::Impl::CheckWaiters(const Transaction& transaction) const {
  if (transaction.waiters().size() < kMaxWaiters) return {};
  return {Reason::kTooManyRequests,
          std::to_string(kMaxWaiters) + " calls wait for this transaction already; ask with Get"};
}

Transaction* Coordinator::Impl::Open(Sequence id, Duration timeout) {
  ledger_.Open(id.number);
  const auto [entry, added] = transactions_.Emplace(id);
  ASSENT_CHECK(added, "an id is opened once");
  *entry = std::make_unique<Transaction>(id, now_, now_ + timeout);
  ++undecided_;
  ++unfinished_;
  ++counts_.opened;
  Arm(entry->get());
  return entry->get();
}

Duration Coordinator::Impl::CappedTimeout(Duration timeout) const {
  const Duration wanted = timeout == Duration() ? limits_.default_transaction_timeout : timeout;
  return std::min(wanted, limits_.max_transaction_timeout);
}

OutcomeReply Coordinator::Impl::MakeUnknown(const Transaction& transaction) const {
  OutcomeReply reply;
  reply.id = {id_, transaction.id()};
  reply.state = transaction.state();
  if (ASSENT_MUTANT(unknown_told_aborted) && transaction.state() == TransactionState::kDeciding) {
    reply.outcome = Outcome::kAborted;
  }
  return reply;
}

OutcomeReply Coordinator::Impl::MakeOutcome(const Transaction& transaction) const {
  OutcomeReply reply = MakeUnknown(transaction);
  switch (transaction.state()) {
    case TransactionState::kActive:
    case TransactionState::kPreparing:
      break;
    case TransactionState::kDeciding:
      if (ASSENT_MUTANT(deciding_told_committed)) reply.outcome = Outcome::kCommitted;
      if (ASSENT_MUTANT(deciding_told_aborted)) reply.outcome = Outcome::kAborted;
      break;
    case TransactionState::kCommitting:
    case TransactionState::kCommitted:
      reply.outcome = Outcome::kCommitted;
      reply.read_only = transaction.read_only();
      for (const Branch& branch : transaction.branches()) {
        if (branch.state != BranchState::kCommitting) continue;
        reply.unfinished.push_back(branch.participant->name());
      }
      break;
    case TransactionState::kAborted:
      reply.outcome = Outcome::kAborted;
      reply.abort_reason = transaction.abortion().reason;
      if (ASSENT_MUTANT(every_abort_is_a_no)) reply.abort_reason = AbortReason::kVotedNo;
      reply.participant = transaction.abortion().participant;
      reply.text = transaction.abortion().text;
      break;
  }
  return reply;
}

void Coordinator::Impl::AnswerWaiters(Transaction* transaction, bool completed) {
  const auto over = [completed](const Transaction::Waiter& waiter) {
    return completed || waiter.wait_for == WaitFor::kDecision;
  };
  for (const Transaction::Waiter& waiter : transaction->TakeWaiters(over)) {
    Reply(waiter.request, MakeOutcome(*transaction));
  }
}

}  // namespace assent
