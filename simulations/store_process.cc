#include "simulations/store_process.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/check.h"

namespace assent::simulation {

StoreProcess::StoreProcess(Context* context, int number, std::unique_ptr<StoreDisk> disk)
    : Process(context, NameOfParticipant(number)), number_(number), disk_(std::move(disk)) {}

// ---------------------------------------------------------------------------------------------
// Lives

void StoreProcess::StartAfter(Duration delay) {
  context_->scheduler.After(delay, [this, last = life()] {
    if (!up() && life() == last) Start();
  });
}

void StoreProcess::Start() {
  const bool disk_is_bad = disk_->has_pending_fault();
  store_ = disk_->MakeStore();
  StartResult started = store_->Start(Handlers());
  if (!started.ok()) {
    if (!disk_is_bad && !disk_->is_damaged() && !wrong_store_) {
      context_->history.Violate("R2", name() + " does not start: " + started.error);
    }
    return Refuse(started.error);
  }
  disk_->AcceptDamage();
  CheckRecovered(started.recovered);
  ComeUp();
  ++starts_;
  is_batch_scheduled_ = false;
  if (!wrong_store_) store_id_ = started.recovered.store;
  if (Records(EventKind::kStart)) {
    Record(EventKind::kStart,
           "starts, incarnation " + std::to_string(started.recovered.incarnation) + ", " +
               std::to_string(started.recovered.prepared.size()) + " branches in doubt",
           started.recovered.prepared);
  }
  OnRecovered(std::move(started.recovered));
}

void StoreProcess::Refuse(const std::string& error) {
  ++refused_starts_;
  if (Records(EventKind::kRefuse)) Record(EventKind::kRefuse, "does not start: " + error);
  disk_->Crash(std::move(store_), CrashKind(), &context_->random);
  store_.reset();
  disk_->MendFaults();
  disk_->Repair();
  StartAfter(Duration::Millis(1 + context_->profile.down_ms));
}

void StoreProcess::CheckRecovered(const RecoveredStore& recovered) {
  if (wrong_store_) return;
  const std::set<TransactionId> found(recovered.prepared.begin(), recovered.prepared.end());
  for (const TransactionId& id : prepared_) {
    if (found.contains(id)) continue;
    context_->history.Violate(
        "R6", name() + " has lost the branch of " + id.ToText() + ", for which it voted yes");
  }
  prepared_ = found;
}

void StoreProcess::Crash(const CrashKind& kind) {
  if (!up()) return;
  if (Records(EventKind::kCrash)) {
    Record(EventKind::kCrash, kind.power_loss ? "loses power" : "is killed");
  }
  GoDown();
  OnDown();
  CrashKind crash = kind;
  crash.in_write = kind.in_write && is_batch_scheduled_;
  disk_->Crash(std::move(store_), crash, &context_->random);
  store_.reset();
  completions_.clear();
}

bool StoreProcess::BeginWrongStore(bool wiped) {
  if (!up() || wrong_store_ || disk_->is_damaged() || (!wiped && !disk_->has_copy())) return false;
  Crash(CrashKind());
  disk_->MendFaults();
  if (wiped) {
    disk_->Wipe(StoreId{2, context_->random.Next()});
  } else {
    disk_->SwapWithCopy();
  }
  wrong_store_ = true;
  if (Records(EventKind::kOperator)) {
    Record(EventKind::kOperator,
           wiped ? "an operator starts it on an empty store" : "an operator starts an older copy");
  }
  StartAfter(Duration::Millis(1));
  return true;
}

void StoreProcess::EndWrongStore() {
  if (!wrong_store_) return;
  Crash(CrashKind());
  if (Records(EventKind::kOperator)) {
    Record(EventKind::kOperator, "the operator puts the right store back");
  }
  disk_->SwapWithCopy();
  disk_->DropCopy();  // an older copy that has run once more is no older copy any more
  wrong_store_ = false;
  StartAfter(Duration::Millis(1));
}

// ---------------------------------------------------------------------------------------------
// The store at work

ResourceHandlers StoreProcess::Handlers() {
  ResourceHandlers handlers;
  handlers.completed = [this](std::vector<ResourceCompletion> completions) {
    Completed(std::move(completions));
  };
  handlers.failed = [this](const std::string& error) { Failed(error); };
  return handlers;
}

void StoreProcess::ScheduleBatch() {
  if (is_batch_scheduled_) return;
  is_batch_scheduled_ = true;
  Later(WriteTime(), [this] { RunBatch(); });
}

void StoreProcess::RunBatch() {
  is_batch_scheduled_ = false;
  store_->RunPending();
  std::vector<ResourceCompletion> completions;
  completions.swap(completions_);
  if (!completions.empty()) OnCompleted(std::move(completions));
}

// From within RunPending, or from a store whose process has died.
void StoreProcess::Completed(std::vector<ResourceCompletion> completions) {
  if (!up()) return;
  for (ResourceCompletion& completion : completions) {
    Keep(completion);
    completions_.push_back(std::move(completion));
  }
}

void StoreProcess::Keep(const ResourceCompletion& completion) {
  if (wrong_store_) return;
  if (const auto* prepared = std::get_if<participant_input::Prepared>(&completion)) {
    if (prepared->result.vote != VoteKind::kYes) return;
    prepared_.insert(prepared->id);
    context_->history.Prepared(prepared->id, number_);
  } else if (const auto* committed = std::get_if<participant_input::Committed>(&completion)) {
    if (committed->result == CommitResult::kCommitted) {
      context_->history.Committed(committed->id, number_);
    }
  } else {
    const auto& aborted = std::get<participant_input::Aborted>(completion);
    if (aborted.done) context_->history.RolledBack(aborted.id, number_);
  }
}

void StoreProcess::Failed(const std::string& error) {
  if (!up()) return;
  if (!disk_->has_pending_fault() && !wrong_store_) {
    context_->history.Violate("R8", name() + "'s store failed on a good disk: " + error);
  }
  if (Records(EventKind::kHalt)) Record(EventKind::kHalt, "its store fails: " + error);
  Later(Duration(), [this] {
    Crash(CrashKind());
    StartAfter(Duration::Millis(1 + context_->profile.down_ms));
  });
}

}  // namespace assent::simulation
