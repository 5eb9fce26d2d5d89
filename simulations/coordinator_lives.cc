// Lives of a simulated coordinator: starts, crashes, orderly ends, and an operator's older log.
#include <utility>

#include "simulations/coordinator_node.h"

namespace assent::simulation {
namespace {

// Of an orderly end.
constexpr Duration kDrainTimeout = Duration::Seconds(30);

// Of the transactions that a coordinator knows when it crashes.
constexpr std::size_t kMostSeen = 1000;

CoordinatorLimits LimitsOf(const Profile& profile) {
  CoordinatorLimits limits;
  limits.max_open_transactions = static_cast<std::size_t>(profile.max_open);
  limits.max_awaited_branches = static_cast<std::size_t>(profile.max_awaited);
  limits.max_payload_bytes = kMaxPayloadBytes;
  limits.max_branches = kMaxBranches;
  limits.max_block_size = 1000;
  limits.default_transaction_timeout = Duration::Millis(profile.transaction_timeout_ms);
  limits.prepare_timeout = Duration::Millis(profile.prepare_timeout_ms);
  limits.max_remembered = static_cast<std::size_t>(profile.max_remembered);
  limits.retention = Duration::Millis(profile.retention_ms);
  limits.block_lifetime = Duration::Millis(profile.block_lifetime_ms);
  return limits;
}

DecisionQueueLimits QueueLimitsOf(const Profile& profile) {
  DecisionQueueLimits limits;
  limits.max_batch_records = static_cast<std::size_t>(profile.log_batch);
  return limits;
}

}  // namespace

void CoordinatorNode::StartAfter(Duration delay) {
  context_->scheduler.After(delay, [this, last = life()] {
    if (!up() && life() == last) Start();
  });
}

void CoordinatorNode::Start() {
  const bool disk_is_bad = disk_->has_pending_fault();
  const storage::Status status = disk_->Open(&log_);
  if (!status.ok()) {
    if (!disk_is_bad && !disk_->is_damaged() && !wrong_log_) {
      context_->history.Violate("R2", name() + " does not start: " + status.ToString());
    }
    return Refuse(status);
  }
  context_->history.StartsOn(name(), is_marked_);
  disk_->AcceptDamage();
  ComeUp();
  ++starts_;
  Recover();
}

void CoordinatorNode::Refuse(const storage::Status& status) {
  ++refused_starts_;
  if (Records(EventKind::kRefuse)) {
    Record(EventKind::kRefuse, "does not start: " + status.ToString());
  }
  disk_->Crash(nullptr, nullptr, CrashKind(), &context_->random);
  disk_->MendFaults();
  if (wrong_log_) EndWrongLog();
  disk_->Repair();
  scene_.reset();
  StartAfter(Duration::Millis(1 + context_->profile.down_ms));
}

void CoordinatorNode::Recover() {
  RecoveredLog recovered = log_->TakeRecovered();
  CheckRecovered(recovered);
  recovered_decisions_ = recovered.decisions.size();
  if (Records(EventKind::kStart)) {
    std::vector<TransactionId> decided;
    for (const RecoveredDecision& one : recovered.decisions) {
      decided.push_back(TransactionId{id_, one.record.id});
    }
    Record(EventKind::kStart,
           "starts, epoch " + std::to_string(recovered.epoch) + ", " +
               std::to_string(recovered.decisions.size()) + " decisions in its log",
           std::move(decided));
  }
  queue_ = std::make_unique<DecisionQueue>(QueueLimitsOf(context_->profile));
  core_ =
      std::make_unique<Coordinator>(LimitsOf(context_->profile), std::move(recovered),
                                    context_->random.Next(), context_->random.Next(), LocalNow());
  answers_.Started(id_, core_->epoch(), [this] {
    return core_->ListTransactions({}, SIZE_MAX, true, LocalNow()).size();
  });
  Step(coordinator_input::Tick{});
  for (const auto& link : unary_) link->Start();
  Pump();
}

void CoordinatorNode::CheckRecovered(const RecoveredLog& recovered) {
  if (wrong_log_) return;
  CountScene(recovered);
  std::map<Sequence, DecisionRecord> found;
  context_->history.Started(id_, recovered.epoch);
  for (const RecoveredDecision& decision : recovered.decisions) {
    context_->history.DurablyDecided(TransactionId{id_, decision.record.id});
    found.emplace(decision.record.id, decision.record);
  }
  for (const auto& [sequence, record] : shadow_) {
    const auto there = found.find(sequence);
    if (there != found.end() && there->second == record) continue;
    context_->history.Violate("P2", name() + " has lost its decision to commit " +
                                        TransactionId{id_, sequence}.ToText() +
                                        ", which was durable");
  }
  shadow_ = std::move(found);
}

void CoordinatorNode::NoteScene(const CrashKind& kind) {
  if (wrong_log_) return;
  scene_ = CoordinatorScene{kind.cause(), {}, {}, !queue_->empty()};
  if (is_writing_ || has_failed_) scene_->batch = writing_;
  for (const TransactionView& view : core_->ListTransactions({}, kMostSeen, false, LocalNow())) {
    scene_->states.push_back(view.state);
  }
}

void CoordinatorNode::CountScene(const RecoveredLog& recovered) {
  if (!scene_) return;
  const Fate fate = FateOf(*scene_, recovered);
  for (const TransactionState state : scene_->states) {
    context_->coverage.CountTransaction(scene_->cause, fate, state);
  }
  scene_.reset();
}

void CoordinatorNode::Crash(const CrashKind& kind) {
  if (!up()) return;
  NoteScene(kind);
  if (Records(EventKind::kCrash)) {
    Record(EventKind::kCrash, kind.power_loss ? "loses power" : "is killed");
  }
  GoDown();
  desk_.Clear();
  core_.reset();
  queue_.reset();
  disk_->Crash(std::move(log_), is_writing_ ? &writing_ : nullptr, kind, &context_->random);
  log_.reset();
  is_writing_ = has_failed_ = has_halted_ = is_draining_ = false;
  streams_.clear();
  stream_of_.clear();
  dirty_.clear();
  effects_.clear();
}

bool CoordinatorNode::BeginWrongLog() {
  if (wrong_log_ || !disk_->has_copy() || disk_->is_damaged()) return false;
  Crash(CrashKind());
  Note(EventKind::kOperator, "an operator puts back an older copy of its log");
  disk_->SwapWithCopy();
  wrong_log_ = true;
  StartAfter(Duration::Millis(1));
  return true;
}

void CoordinatorNode::EndWrongLog() {
  if (!wrong_log_) return;
  Crash(CrashKind());
  Note(EventKind::kOperator, "the operator puts the right log back");
  disk_->PutBack();
  wrong_log_ = is_marked_ = false;
  StartAfter(Duration::Millis(1));
}

void CoordinatorNode::Drain() {
  if (!up() || has_halted_ || is_draining_) return;
  if (Records(EventKind::kHalt)) Record(EventKind::kHalt, "is asked to stop");
  is_draining_ = true;
  answers_.Draining();
  Step(coordinator_input::DrainRequested{});
  Later(kDrainTimeout, [this] { Crash(CrashKind()); });
  Pump();
}

// What is below on the stack goes on: it exits when that has returned.
void CoordinatorNode::ExitIfDrained() {
  if (!is_draining_ || has_halted_ || is_writing_ || !core_->Drained() || !queue_->empty()) return;
  has_halted_ = true;
  Later(Duration(), [this] { Crash(CrashKind()); });
}

}  // namespace assent::simulation
