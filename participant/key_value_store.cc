#include "participant/key_value_store.h"

#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/check.h"
#include "core/mutants.h"
#include "participant/key_value_store_backend.h"
#include "participant/key_value_store_engine.h"
#include "participant/key_value_store_queue.h"

namespace assent {

using key_value_store_internal::Backend;
using key_value_store_internal::BatchPlan;
using key_value_store_internal::Engine;
using key_value_store_internal::StepQueue;
using storage::Status;
using storage::StatusKind;

// One mutex guards the engine; it is not held during a write, so that calls on other branches go on
// meanwhile. One thread at a time runs batches.
class KeyValueStore::Impl {
 public:
  using Visitor = std::function<void(std::string_view key, std::string_view value)>;

  Impl(const KeyValueStoreOptions& options, std::unique_ptr<Backend> backend)
      : options_(options), backend_(std::move(backend)), engine_(options, backend_.get()) {}

  StartResult Start(ResourceHandlers handlers);
  void Submit(std::vector<ResourceStep> steps);
  void Supersede(const std::string& reason);
  void Stop();
  bool RunBatch(bool last);
  StoreResult Apply(const TransactionId& id, const StoreOperation& operation);
  StoreResult ReadCommitted(std::string_view key);
  StoreResult ScanCommitted(std::string_view prefix, const Visitor& visitor);
  std::string failure() const;
  std::uint64_t synced_batches() const;

 private:
  enum class State { kNew, kRunning, kStopping, kStopped };
  class Read;

  void RunThread();
  void AwaitReads();
  bool TakeSteps();
  void PlanBatch(bool last, BatchPlan* plan);
  void Complete(BatchPlan* plan);
  void WriteFailed(const Status& status);
  void Mark(const std::string& reason);
  void Fail(const std::string& failure);
  std::string WhyInvalid() const;
  // Why nothing can be done; ok() if something can. With mutex_ held.
  StoreResult Usable() const;

  const KeyValueStoreOptions options_;
  const std::unique_ptr<Backend> backend_;
  ResourceHandlers handlers_;  // constant after Start
  std::thread thread_;
  StepQueue queue_;

  // Of whoever runs batches: what it has taken from the queue, from next_step_ on yet to do.
  std::vector<ResourceStep> steps_;
  std::size_t next_step_ = 0;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Engine engine_;
  State state_ = State::kNew;
  std::string failure_;
  std::uint64_t synced_batches_ = 0;
  std::size_t reads_ = 0;  // of committed data, under way: the database stays open for them
  std::condition_variable read_ended_;
};

// One read of committed data, from the check that the store is usable to its end.
class KeyValueStore::Impl::Read {
 public:
  explicit Read(Impl* store) : store_(store) {
    const std::lock_guard<std::mutex> hold(store_->mutex_);
    usable_ = store_->Usable();
    if (usable_.ok()) ++store_->reads_;
  }
  ~Read() {
    if (!usable_.ok()) return;
    const std::lock_guard<std::mutex> hold(store_->mutex_);
    if (--store_->reads_ == 0) store_->read_ended_.notify_all();
  }
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;

  const StoreResult& usable() const { return usable_; }

 private:
  Impl* const store_;
  StoreResult usable_;
};

std::string KeyValueStore::Impl::WhyInvalid() const {
  if (options_.max_batch_bytes + 4 * options_.max_branch_bytes > storage::kMaxBatchBytes / 2) {
    return "max_batch_bytes and four times max_branch_bytes exceed 32 MiB: lower them";
  }
  return "";
}

StartResult KeyValueStore::Impl::Start(ResourceHandlers handlers) {
  StartResult result;
  const std::lock_guard<std::mutex> hold(mutex_);
  ASSENT_CHECK(state_ == State::kNew, "a store is started once");
  result.error = WhyInvalid();
  if (!result.ok()) return result;
  const Status status = engine_.Recover(&result.recovered);
  if (!status.ok()) {
    result.error = status.ToString();
    return result;
  }
  handlers_ = std::move(handlers);
  state_ = State::kRunning;
  queue_.Open();
  if (options_.own_thread) thread_ = std::thread([this] { RunThread(); });
  return result;
}

void KeyValueStore::Impl::Submit(std::vector<ResourceStep> steps) { queue_.Add(std::move(steps)); }

void KeyValueStore::Impl::Supersede(const std::string& reason) { queue_.Supersede(reason); }

void KeyValueStore::Impl::RunThread() {
  while (next_step_ < steps_.size() || queue_.Wait()) RunBatch(false);
}

// Takes what waits. False: the store is superseded, nothing else is done.
bool KeyValueStore::Impl::TakeSteps() {
  StepQueue::Taken taken = queue_.Take();
  if (taken.superseded_by) {
    Mark(*taken.superseded_by);  // it has failed now, so what was taken is dropped
    return false;
  }
  steps_.erase(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(next_step_));
  next_step_ = 0;
  if (steps_.empty()) {
    steps_ = std::move(taken.steps);
  } else {
    std::move(taken.steps.begin(), taken.steps.end(), std::back_inserter(steps_));
  }
  return true;
}

// What was taken, up to the size of a batch. With mutex_ held.
void KeyValueStore::Impl::PlanBatch(bool last, BatchPlan* plan) {
  engine_.Begin(plan);
  while (next_step_ < steps_.size() && plan->changes.bytes < options_.max_batch_bytes) {
    std::visit([this, plan](auto& step) { engine_.Plan(step, plan); }, steps_[next_step_]);
    ++next_step_;
  }
  engine_.Complete(last, plan);
}

bool KeyValueStore::Impl::RunBatch(bool last) {
  if (!TakeSteps()) return true;
  BatchPlan plan;
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    if (!failure_.empty()) steps_.clear();  // R8: never answered
    if (steps_.empty() && (!last || !failure_.empty())) return false;
    PlanBatch(last, &plan);
  }
  if (ASSENT_MUTANT(answered_before_write)) Complete(&plan);
  if (!plan.changes.list.empty()) {
    const Status status = backend_->Write(plan.changes.list, plan.sync);
    if (!status.ok() && !ASSENT_MUTANT(failed_write_answered)) {
      WriteFailed(status);
      return true;
    }
  }
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    engine_.Finish(&plan);
    if (plan.sync) ++synced_batches_;
  }
  Complete(&plan);
  return true;
}

void KeyValueStore::Impl::Complete(BatchPlan* plan) {
  if (plan->completions.empty()) return;
  handlers_.completed(std::exchange(plan->completions, {}));
}

void KeyValueStore::Impl::WriteFailed(const Status& status) {
  Fail("the key-value store in '" + options_.directory +
       "' has failed and acknowledges nothing more: " + status.ToString() +
       "; mend the disk and restart the process, which reads what is there");
}

void KeyValueStore::Impl::Mark(const std::string& reason) {
  const Status status =
      ASSENT_MUTANT(superseded_not_marked) ? Status() : backend_->MarkSuperseded(reason);
  Fail("the key-value store in '" + options_.directory +
       (status.ok() ? "' is now marked SUPERSEDED: " + reason
                    : "' could not be marked SUPERSEDED: " + status.ToString()));
}

void KeyValueStore::Impl::Fail(const std::string& failure) {
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    if (!failure_.empty()) return;
    failure_ = failure;
  }
  if (handlers_.failed) handlers_.failed(failure);
}

void KeyValueStore::Impl::Stop() {
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    if (state_ != State::kRunning) return;
    state_ = State::kStopping;
  }
  queue_.Close();
  if (thread_.joinable()) thread_.join();
  while (RunBatch(false)) {
  }
  RunBatch(true);
  AwaitReads();
  const bool has_failed = !failure().empty();
  const Status status = has_failed ? Status() : backend_->Close();
  if (!status.ok()) WriteFailed(status);
  const std::lock_guard<std::mutex> hold(mutex_);
  state_ = State::kStopped;
}

void KeyValueStore::Impl::AwaitReads() {
  std::unique_lock<std::mutex> hold(mutex_);
  read_ended_.wait(hold, [this] { return reads_ == 0; });
}

StoreResult KeyValueStore::Impl::Usable() const {
  if (!failure_.empty()) return StoreResult{StoreError::kFailed, failure_, {}};
  if (state_ == State::kRunning) return StoreResult{};
  return StoreResult{StoreError::kNotStarted, "the store is not running", {}};
}

StoreResult KeyValueStore::Impl::Apply(const TransactionId& id, const StoreOperation& operation) {
  const std::lock_guard<std::mutex> hold(mutex_);
  StoreResult usable = Usable();
  return usable.ok() ? engine_.Apply(id, operation) : usable;
}

StoreResult KeyValueStore::Impl::ReadCommitted(std::string_view key) {
  const Read read(this);
  if (!read.usable().ok()) return read.usable();
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    const std::optional<std::string>* const known = engine_.Committed(key);
    if (known != nullptr) return StoreResult{StoreError::kNone, "", *known};
  }
  std::string value;
  const Status status = backend_->Get(key_value_store_internal::DataKey(key), &value);
  if (status.ok()) return StoreResult{StoreError::kNone, "", std::move(value)};
  if (status.kind() == StatusKind::kNotFound) return StoreResult{};
  return StoreResult{StoreError::kFailed, status.ToString(), {}};
}

// What is in the database, and what waits to be written back over it, of one moment.
StoreResult KeyValueStore::Impl::ScanCommitted(std::string_view prefix, const Visitor& visitor) {
  const Read read(this);
  if (!read.usable().ok()) return read.usable();
  std::unique_ptr<Backend::Snapshot> snapshot;
  std::map<std::string, std::optional<std::string>> waiting;
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    snapshot = backend_->TakeSnapshot();
    waiting = engine_.Waiting(prefix);
  }
  auto next = waiting.begin();
  const auto visit_next = [&] {
    if (next->second) visitor(next->first, *next->second);
    ++next;
  };
  const auto merge = [&](std::string_view record, std::string_view value) {
    const std::string_view key = record.substr(1);
    while (next != waiting.end() && next->first < key) visit_next();
    const bool is_replaced = next != waiting.end() && next->first == key;
    if (!is_replaced) visitor(key, value);
    return Status();
  };
  const Status status = snapshot->ForEach(key_value_store_internal::DataKey(prefix), merge);
  if (!status.ok()) return StoreResult{StoreError::kFailed, status.ToString(), {}};
  while (next != waiting.end()) visit_next();
  return StoreResult{};
}

std::string KeyValueStore::Impl::failure() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return failure_;
}

std::uint64_t KeyValueStore::Impl::synced_batches() const {
  const std::lock_guard<std::mutex> hold(mutex_);
  return synced_batches_;
}

// ---------------------------------------------------------------------------------------------

std::string KeyValueStore::Create(const KeyValueStoreOptions& options, const StoreId& id) {
  const Status status = key_value_store_internal::CreateGuarded(options, id);
  return status.ok() ? "" : status.ToString();
}

KeyValueStore::KeyValueStore(const KeyValueStoreOptions& options)
    : KeyValueStore(options, key_value_store_internal::MakeGuardedBackend(options)) {}

KeyValueStore::KeyValueStore(const KeyValueStoreOptions& options, std::unique_ptr<Backend> backend)
    : impl_(std::make_unique<Impl>(options, std::move(backend))) {}

KeyValueStore::~KeyValueStore() { impl_->Stop(); }

StartResult KeyValueStore::Start(ResourceHandlers handlers) {
  return impl_->Start(std::move(handlers));
}

void KeyValueStore::Submit(std::vector<ResourceStep> steps) { impl_->Submit(std::move(steps)); }

void KeyValueStore::Supersede(const std::string& reason) { impl_->Supersede(reason); }

void KeyValueStore::Stop() { impl_->Stop(); }

bool KeyValueStore::RunPending() { return impl_->RunBatch(false); }

StoreResult KeyValueStore::ReadCommitted(std::string_view key) { return impl_->ReadCommitted(key); }

StoreResult KeyValueStore::ScanCommitted(
    std::string_view prefix,
    const std::function<void(std::string_view key, std::string_view value)>& visitor) {
  return impl_->ScanCommitted(prefix, visitor);
}

std::string KeyValueStore::failure() const { return impl_->failure(); }

std::uint64_t KeyValueStore::synced_batches() const { return impl_->synced_batches(); }

StoreResult KeyValueStore::BranchHandle::Read(std::string_view key) {
  return store_->impl_->Apply(id_, {StoreOperation::Kind::kRead, std::string(key), "", 0, 0});
}

StoreResult KeyValueStore::BranchHandle::Put(std::string_view key, std::string_view value) {
  return store_->impl_->Apply(
      id_, {StoreOperation::Kind::kPut, std::string(key), std::string(value), 0, 0});
}

StoreResult KeyValueStore::BranchHandle::Delete(std::string_view key) {
  return store_->impl_->Apply(id_, {StoreOperation::Kind::kDelete, std::string(key), "", 0, 0});
}

StoreResult KeyValueStore::BranchHandle::Add(std::string_view key, std::int64_t delta,
                                             std::int64_t floor) {
  return store_->impl_->Apply(id_,
                              {StoreOperation::Kind::kAdd, std::string(key), "", delta, floor});
}

}  // namespace assent
