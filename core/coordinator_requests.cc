// Initiators and operators: R1 (answering by id), R4 (b and c), admission, draining.
#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/coordinator_impl.h"
#include "core/hash.h"
#include "core/mutants.h"

namespace assent {
namespace {

// Sorts the list by name, for the hash must not depend on its order.
std::uint64_t HashRequest(std::vector<BranchRequest>* branches) {
  std::sort(branches->begin(), branches->end(), [](const BranchRequest& a, const BranchRequest& b) {
    return a.participant < b.participant;
  });
  Hasher hasher;
  hasher.AddNumber(branches->size());
  for (const BranchRequest& branch : *branches) {
    hasher.Add(branch.participant).Add(branch.payload);
  }
  return hasher.Value();
}

// P7: nobody is waited for without end. Who asked may be gone, and a participant away for days
// would keep each such call among those in flight.
Time DeadlineOf(const CommitRequest& body, Duration longest, Time now) {
  const bool limited = body.call_timeout.micros > 0 && body.call_timeout < longest;
  return now + (limited ? body.call_timeout : longest);
}

}  // namespace

void Coordinator::Impl::Handle(coordinator_input::Requested input) {
  std::visit([&](auto& body) { Serve(input.request, std::move(body)); }, input.body);
}

void Coordinator::Impl::Handle(coordinator_input::RequestCancelled input) {
  Transaction* transaction = Find(input.id);
  if (transaction == nullptr) return;
  EndWaiting(transaction,
             [&](const Transaction::Waiter& waiter) { return waiter.request == input.request; });
}

void Coordinator::Impl::Handle(coordinator_input::SessionClosed input) {
  for (const IdLedger::Range& range : blocks_.TakeSession(input.session)) {
    ledger_.CloseUnopened(range, now_);
  }
}

void Coordinator::Impl::Handle(coordinator_input::DrainRequested) {
  draining_ = true;
  const auto active = [](const Transaction& t) { return t.state() == TransactionState::kActive; };
  for (const Sequence id : Select(active)) {
    AbortTransaction(Find(id), {AbortReason::kDraining, "", "the coordinator is shutting down"});
  }
}

void Coordinator::Impl::Handle(coordinator_input::AdmissionClosed input) {
  admission_closed_ = std::move(input.why);
}

void Coordinator::Impl::Handle(coordinator_input::ReplaceParticipant input) {
  if (!IsValidParticipantName(input.participant)) {
    Emit(coordinator_effect::BindingReplaced{input.request, Reason::kInvalidParticipantName,
                                             "not a participant's name"});
    return;
  }
  const KnownParticipant* known = registry_.Find(input.participant);
  if (known == nullptr) {
    Emit(coordinator_effect::BindingReplaced{input.request, Reason::kUnknownParticipant,
                                             "no participant of that name has ever attached"});
    return;
  }
  if (known->attached()) {
    const LinkId link = known->link();
    CloseLink(link, Reason::kOtherStore, "an operator has replaced the participant");
    Detach(link, AbortReason::kVoteLost, "replaced by an operator");
  }
  registry_.Rebind(input.participant, input.store);
  const LogTicket ticket =
      Log(BindingUpdate{std::move(input.participant), input.store, 0}, /*urgent=*/true);
  pending_.push_back({ticket, Pending::Kind::kBinding, {}, 0, input.request});
}

void Coordinator::Impl::Serve(RequestId request, BeginRequest body) {
  if (body.timeout < Duration()) {
    Refused(request, {Reason::kInvalidTimeout, "a timeout is not negative"});
    return;
  }
  if (Refused(request, CheckAdmission())) return;
  const Sequence id{epoch_, ledger_.Give(1)};
  const Duration timeout = CappedTimeout(body.timeout);
  Open(id, timeout);
  Reply(request, BeginReply{{id_, id}, timeout});
}

void Coordinator::Impl::Serve(RequestId request, OpenBlockRequest body) {
  if (body.timeout < Duration()) {
    Refused(request, {Reason::kInvalidTimeout, "a timeout is not negative"});
    return;
  }
  if (body.count == 0 || body.count > limits_.max_block_size) {
    Refused(request, {Reason::kInvalidBlockSize,
                      "ask for 1 to " + std::to_string(limits_.max_block_size) + " ids at once"});
    return;
  }
  if (Refused(request, CheckAdmission())) return;
  if (ledger_.unopened() + body.count > limits_.max_open_transactions + limits_.max_block_size) {
    Refused(request, {Reason::kTooManyTransactions, "too many ids are out, not yet used"});
    return;
  }
  if (blocks_.size() >= limits_.max_open_transactions && !ASSENT_MUTANT(block_limit_ignored)) {
    Refused(request, {Reason::kTooManyTransactions,
                      "too many blocks of ids are out: ask for more ids at once, less often"});
    return;
  }
  const std::uint64_t first = ledger_.Give(body.count);
  const Duration timeout = CappedTimeout(body.timeout);
  blocks_.Add(first, {body.session, body.count, timeout, now_ + limits_.block_lifetime});
  Reply(request, BlockReply{{id_, {epoch_, first}}, body.count, limits_.block_lifetime, timeout});
}

void Coordinator::Impl::Serve(RequestId request, const EnlistRequest& body) {
  if (Refused(request, CheckRange(body.id))) return;
  if (!IsValidParticipantName(body.participant)) {
    Refused(request, {Reason::kInvalidParticipantName, "not a participant's name"});
    return;
  }
  KnownParticipant* participant = registry_.Find(body.participant);
  if (Refused(request, CheckEnlistable(body.id, participant))) return;
  if (participant == nullptr || participant->store().empty()) {
    Refused(request, {Reason::kUnknownParticipant,
                      "no participant of the name " + body.participant + " has ever attached"});
  } else if (!participant->attached()) {
    Refused(request, {Reason::kParticipantNotAttached,
                      "participant " + body.participant + " is not attached; try again"});
  } else if (!Refused(request, Enlist(body.id.sequence, participant))) {
    Reply(request, EnlistReply{});
  }
}

Registry::Refusal Coordinator::Impl::CheckEnlistable(const TransactionId& id,
                                                     const KnownParticipant* participant) const {
  const Transaction* transaction = Find(id.sequence);
  if (transaction == nullptr) {
    const Standing standing = ledger_.Of(id.sequence);
    if (standing == Standing::kUnopened) return CheckAdmission();
    if (standing == Standing::kExpired) {
      return {Reason::kOutcomeExpired, "the transaction has finished long ago"};
    }
    return {Reason::kTransactionFinished, "the transaction has been closed"};
  }
  if (transaction->finished()) {
    return {Reason::kTransactionFinished, "the transaction has finished"};
  }
  if (transaction->state() != TransactionState::kActive &&
      !ASSENT_MUTANT(late_enlistment_accepted)) {
    return {Reason::kAlreadyPreparing, "Commit has been asked for; enlist before it"};
  }
  const bool joins = participant == nullptr || transaction->Find(participant) < 0;
  if (joins && transaction->branches().size() >= limits_.max_branches) {
    return {Reason::kTooManyBranches,
            "a transaction has at most " + std::to_string(limits_.max_branches) + " branches"};
  }
  return {};
}

Registry::Refusal Coordinator::Impl::Enlist(Sequence id, KnownParticipant* participant) {
  Transaction* transaction = Find(id);
  if (transaction == nullptr) transaction = Open(id, blocks_.Holding(id.number).timeout);
  const int branch = transaction->Find(participant);
  if (ASSENT_MUTANT(late_enlistment_accepted) &&
      transaction->state() != TransactionState::kActive) {
    return {};
  }
  if (branch < 0) {
    transaction->Enlist(participant, /*has_worked=*/true);
    return {};
  }
  const Branch& known = transaction->branches()[static_cast<std::size_t>(branch)];
  if (known.incarnation == participant->incarnation() && known.store == participant->store()) {
    return {};
  }
  if (ASSENT_MUTANT(second_incarnation_enlists)) {
    const_cast<Branch&>(known).incarnation = participant->incarnation();
    return {};
  }
  AbortTransaction(transaction, {AbortReason::kParticipantRestarted, participant->name(),
                                 "it restarted since it enlisted, its work before that is gone"});
  return {Reason::kTransactionFinished,
          "aborted: the participant restarted since it enlisted, its work before that is gone"};
}

void Coordinator::Impl::Serve(RequestId request, CommitRequest body) {
  if (Refused(request, CheckRange(body.id))) return;
  if (Refused(request, CheckBranches(body))) return;
  const bool listed = !body.branches.empty();
  const Sequence id = body.id.sequence;
  Transaction* transaction = Find(id);
  if (transaction == nullptr) {
    if (ledger_.Of(id) != Standing::kUnopened && !ASSENT_MUTANT(closed_id_reopened)) {
      AnswerWithoutTransaction(request, body.id);
      return;
    }
    if (Refused(request, CheckAdmission())) return;
    if (Refused(request, CheckAwaited(body))) {
      ledger_.Close(id.number, now_);  // an overload's ids are not out until their block's end
      return;
    }
    transaction = Open(id, blocks_.Holding(id.number).timeout);
  } else if (transaction->state() != TransactionState::kActive) {
    if (listed && transaction->has_request() &&
        transaction->request_hash() != HashRequest(&body.branches) &&
        !ASSENT_MUTANT(different_request_answered)) {
      Refused(request, {Reason::kDifferentRequest,
                        "this id was used with other branches or another payload"});
      return;
    }
    JoinCommit(request, body, transaction);
    return;
  } else if (Refused(request, CheckRoom(*transaction, body)) ||
             Refused(request, CheckAwaited(body))) {
    return;
  }
  transaction->AddWaiter(
      {request, body.wait_for, DeadlineOf(body, limits_.max_transaction_timeout, now_)});
  const std::uint64_t hash = HashRequest(&body.branches);
  StartCommit(transaction, &body, hash);
}

void Coordinator::Impl::JoinCommit(RequestId request, const CommitRequest& body,
                                   Transaction* transaction) {
  const bool answered =
      transaction->finished() || (transaction->state() == TransactionState::kCommitting &&
                                  body.wait_for == WaitFor::kDecision);
  if (answered) {
    Reply(request, MakeOutcome(*transaction));
    return;
  }
  if (Refused(request, CheckWaiters(*transaction))) return;
  transaction->AddWaiter(
      {request, body.wait_for, DeadlineOf(body, limits_.max_transaction_timeout, now_)});
  Arm(transaction);
}

void Coordinator::Impl::Serve(RequestId request, AbortRequest body) {
  if (Refused(request, CheckRange(body.id))) return;
  if (Refused(request, CheckFollowing(body))) return;
  if (body.following > 0 && body.id.sequence.epoch == epoch_) {
    ledger_.CloseUnopened({body.id.sequence.number + 1, body.following}, now_);
  }
  Transaction* transaction = Find(body.id.sequence);
  if (transaction == nullptr) {
    if (ledger_.Of(body.id.sequence) == Standing::kUnopened) {
      ledger_.Close(body.id.sequence.number, now_);
    }
    AnswerWithoutTransaction(request, body.id);
    return;
  }
  switch (transaction->state()) {
    case TransactionState::kActive:
    case TransactionState::kPreparing:
      transaction->AddWaiter({request, WaitFor::kDecision, Time::Never()});
      AbortTransaction(transaction, {body.reason, "", ""});
      return;
    case TransactionState::kDeciding:  // too late; the answer comes with the log's
      if (Refused(request, CheckWaiters(*transaction))) return;
      transaction->AddWaiter({request, WaitFor::kDecision, Time::Never()});
      return;
    case TransactionState::kCommitting:
    case TransactionState::kCommitted:
    case TransactionState::kAborted:
      Reply(request, MakeOutcome(*transaction));
      return;
  }
}

void Coordinator::Impl::Serve(RequestId request, GetRequest body) {
  if (Refused(request, CheckRange(body.id))) return;
  const Transaction* transaction = Find(body.id.sequence);
  if (transaction == nullptr) {
    AnswerWithoutTransaction(request, body.id);
  } else {
    Reply(request, MakeOutcome(*transaction));
  }
}

}  // namespace assent
