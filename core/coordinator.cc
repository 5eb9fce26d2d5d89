#include "core/coordinator.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/coordinator_impl.h"
#include "core/mutants.h"

namespace assent {
namespace {

// Retention and removal look around at most this often, so that they work in batches.
constexpr Duration kUpkeepInterval = Duration::Millis(100);
// Removals in one update.
constexpr std::size_t kMaxRemovals = 50'000;
// The horizon is recorded, even if nothing is to be removed, when it has moved this far.
constexpr std::uint64_t kHorizonStride = 100'000;

}  // namespace

Coordinator::Impl::Impl(const CoordinatorLimits& limits, RecoveredLog recovered, LifeNumber life,
                        std::uint64_t seed, Time now)
    : limits_(limits),
      id_(recovered.coordinator),
      epoch_(ASSENT_MUTANT(epoch_not_raised) ? 1 : recovered.epoch),
      life_(life),
      recovered_decision_number_(recovered.last_decision_number),
      now_(now),
      prng_(seed),
      ledger_(epoch_, recovered.horizon, now),
      last_decision_number_(recovered.last_decision_number),
      last_upkeep_(now),
      recorded_horizon_(recovered.horizon) {
  ASSENT_CHECK(!id_.empty() && epoch_ > 0, "a log that was opened has an id and an epoch");
  ASSENT_CHECK(limits.max_branches <= 64, "acknowledgements are kept in 64 bits");
  Restore(&recovered);
}

void Coordinator::Impl::Restore(RecoveredLog* recovered) {
  for (const BindingUpdate& binding : recovered->bindings) registry_.Restore(binding);
  for (const RecoveredDecision& decision : recovered->decisions) {
    if (ASSENT_MUTANT(recovery_ignores_decisions)) break;
    const Sequence id = decision.record.id;
    ASSENT_CHECK(id.epoch < epoch_, "what was recovered is older than this epoch");
    std::vector<KnownParticipant*> participants;
    for (const DecisionBranch& branch : decision.record.branches) {
      participants.push_back(registry_.FindOrAdd(branch.participant));
    }
    const auto [entry, added] = transactions_.Emplace(id);
    ASSENT_CHECK(added, "a transaction is decided once");
    *entry = std::make_unique<Transaction>(decision, std::move(participants), now_);
    const Transaction& transaction = **entry;
    if (transaction.finished()) {
      ending_.push_back(id);
      continue;
    }
    ++unfinished_;
    ++recovered_unfinished_;
    for (const Branch& branch : transaction.branches()) {
      if (branch.state == BranchState::kCommitting) branch.participant->AddUnfinished(id);
    }
  }
  KeepFinished();
}

void Coordinator::Impl::Step(CoordinatorInput input, Time now, CoordinatorEffects* effects) {
  ASSENT_CHECK(now >= now_, "time does not go back");
  now_ = now;
  effects_ = effects;
  if (phase_ == Phase::kServing) {
    std::visit([this](auto& body) { Handle(std::move(body)); }, input);
    KeepFinished();
    TrimRemembered();
  } else {
    HandleWhenStopped(&input);
  }
  effects_ = nullptr;
}

void Coordinator::Impl::HandleWhenStopped(CoordinatorInput* input) {
  using namespace coordinator_input;
  if (const auto* requested = std::get_if<Requested>(input)) {
    Refused(requested->request, {stop_reason_, "this coordinator has stopped; ask again later"});
  } else if (const auto* replace = std::get_if<ReplaceParticipant>(input)) {
    Emit(coordinator_effect::BindingReplaced{replace->request, stop_reason_,
                                             "this coordinator has stopped; ask again later"});
  } else if (phase_ == Phase::kSuperseding) {
    if (const auto* logged = std::get_if<Logged>(input)) Handle(*logged);
    if (const auto* failed = std::get_if<LogFailed>(input)) Handle(*failed);
  }
}

void Coordinator::Impl::Handle(coordinator_input::Logged input) {
  ASSENT_CHECK(input.ticket <= last_ticket_, "only what was logged becomes durable");
  logged_ = std::max(logged_, input.ticket);
  while (!pending_.empty() && pending_.front().ticket <= logged_) {
    const Pending pending = pending_.front();
    pending_.pop_front();
    if (pending.kind == Pending::Kind::kSuperseded) {
      Halt(Reason::kSuperseded, "this coordinator runs on an older copy of its log");
      return;
    }
    if (phase_ == Phase::kServing) {
      CompleteLogged(pending);
    } else if (pending.kind == Pending::Kind::kBinding) {
      Emit(coordinator_effect::BindingReplaced{
          pending.request, stop_reason_,
          "the binding is recorded in an older copy of the log, where it may not hold"});
    }
  }
}

void Coordinator::Impl::CompleteLogged(const Pending& pending) {
  switch (pending.kind) {
    case Pending::Kind::kDecision:
      BecomeDurable(Find(pending.id));
      return;
    case Pending::Kind::kAcknowledged:
      AcknowledgementDurable(pending);
      return;
    case Pending::Kind::kBinding:
      Emit(coordinator_effect::BindingReplaced{pending.request, Reason::kNone, ""});
      return;
    case Pending::Kind::kSuperseded:
      return;
  }
}

void Coordinator::Impl::Handle(coordinator_input::LogFailed input) {
  Halt(Reason::kLogFailed, std::move(input.text));
}

LogTicket Coordinator::Impl::Log(LogUpdate update, bool urgent) {
  Emit(coordinator_effect::LogUpdated{++last_ticket_, std::move(update), urgent});
  return last_ticket_;
}

void Coordinator::Impl::Halt(Reason reason, std::string text) {
  // Also if the mark could not be written: what it was to say is true.
  const bool superseded = phase_ == Phase::kSuperseding;
  phase_ = Phase::kHalted;
  stop_reason_ = reason;
  FailWaiters(superseded ? Reason::kSuperseded : reason);
  for (const Pending& pending : pending_) {
    if (pending.kind != Pending::Kind::kBinding) continue;
    Emit(coordinator_effect::BindingReplaced{pending.request, reason,
                                             "whether the binding is recorded is not known"});
  }
  pending_.clear();
  Emit(coordinator_effect::Halt{reason, std::move(text)});
}

// A commit that was durable before a disk failed stays true; on an older copy of the log nothing is
// sure.
void Coordinator::Impl::FailWaiters(Reason reason) {
  for (const Sequence id : Select([](const Transaction& t) { return !t.waiters().empty(); })) {
    Transaction* transaction = Find(id);
    const bool known =
        transaction->state() == TransactionState::kCommitting && reason == Reason::kLogFailed;
    for (const auto& waiter : transaction->TakeWaiters([](const auto&) { return true; })) {
      Reply(waiter.request, known ? MakeOutcome(*transaction) : MakeUnknown(*transaction));
    }
    Arm(transaction);
  }
}

void Coordinator::Impl::Handle(coordinator_input::Tick) {
  while (Transaction* transaction = timers_.PopDue(now_)) OnTimer(transaction);
  while (const auto range = blocks_.TakeExpired(now_)) ledger_.CloseUnopened(*range, now_);
  if (NextUpkeep() > now_) return;
  last_upkeep_ = now_;
  ExpireIds();
  RemoveRecords();
}

Time Coordinator::Impl::NextUpkeep() const {
  const bool records_wait = !removable_.empty() && removable_.top() < ledger_.horizon();
  const Time wanted = records_wait ? now_ : ledger_.first_closing() + limits_.retention;
  return std::max(wanted, last_upkeep_ + kUpkeepInterval);
}

Time Coordinator::Impl::NextDeadline() const {
  if (phase_ != Phase::kServing) return Time::Never();
  return std::min({timers_.Next(), blocks_.NextExpiry(), NextUpkeep()});
}

void Coordinator::Impl::OnTimer(Transaction* transaction) {
  if (transaction->state_deadline() <= now_) {
    switch (transaction->state()) {
      case TransactionState::kActive:
        AbortTransaction(transaction, {AbortReason::kTimedOut, "", "its timeout has passed"});
        return;
      case TransactionState::kPreparing:
        for (const Branch& branch : transaction->branches()) {
          if (branch.state != BranchState::kPreparing) continue;
          if (ASSENT_MUTANT(timeout_is_yes)) {
            const int index = transaction->Find(branch.participant);
            return CountVote(transaction, index, Vote{transaction->id(), VoteKind::kYes, ""});
          }
          AbortTransaction(transaction, {AbortReason::kPrepareTimedOut, branch.participant->name(),
                                         "its vote did not come in time"});
          return;
        }
        return;
      case TransactionState::kCommitting:
        Repeat(transaction);
        break;
      case TransactionState::kDeciding:
      case TransactionState::kCommitted:
      case TransactionState::kAborted:
        break;
    }
  }
  EndWaiting(transaction,
             [this](const Transaction::Waiter& waiter) { return waiter.deadline <= now_; });
}

void Coordinator::Impl::Arm(Transaction* transaction) {
  timers_.Set(transaction, transaction->deadline());
}

void Coordinator::Impl::ExpireIds() {
  const Duration retention = ASSENT_MUTANT(retention_cut_short) ? Duration() : limits_.retention;
  const Time closed_until{now_.micros - retention.micros};
  while (const auto range = ledger_.Expire(closed_until)) Expire(*range);
}

void Coordinator::Impl::Expire(const IdLedger::Range& range) {
  if (range.first == 0) {
    const auto earlier = [this](const Transaction& t) { return t.id().epoch < epoch_; };
    for (const Sequence id : Select(earlier)) ForgetIfOver(id);
    const Sequence end{epoch_, 0};
    for (const Sequence id : finished_.List({}, end, finished_.size())) ForgetIfOver(id);
    return;
  }
  for (std::uint64_t i = 0; i < range.count; ++i) ForgetIfOver({epoch_, range.first + i});
}

// P7: more finished transactions, or ids closed before they were opened, than may be remembered
// expire before their time, longest closed first.
void Coordinator::Impl::TrimRemembered() {
  if (ASSENT_MUTANT(remembered_not_trimmed)) return;
  while (remembered() > limits_.max_remembered || ledger_.closings() > limits_.max_remembered + 1) {
    const auto range = ledger_.ExpireFirst();
    if (!range) return;
    Expire(*range);
  }
}

// Forgets a finished transaction whose retention is over.
void Coordinator::Impl::ForgetIfOver(Sequence id) {
  if (ASSENT_MUTANT(decision_dropped_by_age) && !finished_.Contains(id)) {
    const Transaction* old = FindUnderWay(id);
    if (old != nullptr && old->state() == TransactionState::kCommitting &&
        old->acknowledged_bits() == 0) {
      removable_.push(id);
    }
  }
  if (!finished_.Contains(id) || ledger_.Of(id) != Standing::kExpired) return;
  if (finished_.decision_number(id) != 0) removable_.push(id);
  finished_.Remove(id);
}

// At the end of a step, when nobody holds a pointer to a transaction any more.
void Coordinator::Impl::KeepFinished() {
  for (const Sequence id : ending_) {
    const Transaction* transaction = FindUnderWay(id);
    if (transaction == nullptr) continue;
    if (!transaction->finished() || !AcknowledgedDurably(*transaction)) continue;
    finished_.Add(*transaction);
    transactions_.Erase(id);
    ForgetIfOver(id);
  }
  ending_.clear();
}

bool Coordinator::Impl::AcknowledgedDurably(const Transaction& transaction) const {
  const auto pending = [&](const Branch& branch) {
    return branch.participant->unfinished().Contains(transaction.id());
  };
  return std::none_of(transaction.branches().begin(), transaction.branches().end(), pending);
}

void Coordinator::Impl::RemoveRecords() {
  RemovalUpdate update;
  update.horizon = ledger_.horizon();
  if (ASSENT_MUTANT(decisions_never_removed)) removable_ = {};
  while (!removable_.empty() && removable_.top() < update.horizon &&
         update.removed.size() < kMaxRemovals) {
    update.removed.push_back(removable_.top());
    removable_.pop();
  }
  const bool moved_far = update.horizon.epoch > recorded_horizon_.epoch ||
                         update.horizon.number >= recorded_horizon_.number + kHorizonStride;
  if (update.removed.empty() && !moved_far) return;
  recorded_horizon_ = update.horizon;
  Log(std::move(update), /*urgent=*/false);
}

void Coordinator::Impl::Note(NoticeKind kind, std::string_view participant, Sequence id,
                             std::string text) {
  Emit(coordinator_effect::Notice{kind, std::string(participant), id, std::move(text)});
}

Transaction* Coordinator::Impl::Find(Sequence id) {
  return const_cast<Transaction*>(std::as_const(*this).Find(id));
}

const Transaction* Coordinator::Impl::Find(Sequence id) const {
  const Transaction* transaction = FindUnderWay(id);
  if (transaction != nullptr || !finished_.Contains(id)) return transaction;
  return &found_.emplace(*finished_.Find(id));
}

const Transaction* Coordinator::Impl::FindUnderWay(Sequence id) const {
  const std::unique_ptr<Transaction>* found = transactions_.Find(id);
  return found == nullptr ? nullptr : found->get();
}

Coordinator::Coordinator(const CoordinatorLimits& limits, RecoveredLog recovered, LifeNumber life,
                         std::uint64_t seed, Time now)
    : impl_(std::make_unique<Impl>(limits, std::move(recovered), life, seed, now)) {}

Coordinator::~Coordinator() = default;

void Coordinator::Step(CoordinatorInput input, Time now, CoordinatorEffects* effects) {
  impl_->Step(std::move(input), now, effects);
}

Time Coordinator::NextDeadline() const { return impl_->NextDeadline(); }
const CoordinatorId& Coordinator::id() const { return impl_->id(); }
Epoch Coordinator::epoch() const { return impl_->epoch(); }
LifeNumber Coordinator::life() const { return impl_->life(); }
bool Coordinator::Drained() const { return impl_->Drained(); }

std::vector<TransactionView> Coordinator::ListTransactions(Sequence after, std::size_t limit,
                                                           bool unfinished_only, Time now) const {
  return impl_->ListTransactions(after, limit, unfinished_only, now);
}

std::vector<ParticipantView> Coordinator::ListParticipants() const {
  return impl_->ListParticipants();
}

const CoordinatorCounts& Coordinator::counts() const { return impl_->counts(); }
std::size_t Coordinator::open_transactions() const { return impl_->open_transactions(); }
void Coordinator::CheckInvariants() const { impl_->CheckInvariants(); }

std::string Coordinator::DescribeState(Duration grain) const { return impl_->DescribeState(grain); }

}  // namespace assent
