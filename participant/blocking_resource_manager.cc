#include "participant/blocking_resource_manager.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/check.h"

namespace assent {
namespace {

constexpr char kStateFailed[] = "the agent's state has failed, nothing is acknowledged any more: ";
constexpr char kMendAndRestart[] = "; mend the disk and restart the process";

// One for what ends branches, one for what may wait for that.
constexpr std::size_t kLeastWorkers = 2;

// Aborts a branch whose Prepare threw; not answered.
struct CleanUp {
  TransactionId id;
};
// Marks the agent's state (R3).
struct Mark {
  std::string reason;
};
using Notes = std::vector<NoteStep>;
using Task = std::variant<PrepareStep, CommitStep, AbortStep, CleanUp, Notes, Mark>;

// What waits for a worker. A Prepare may block until other branches end, on their locks; whatever
// ends branches goes before it, and never lacks a worker because of it. Thread-compatible.
class TaskQueue {
 public:
  explicit TaskQueue(std::size_t max_prepares) : max_prepares_(max_prepares) {}

  void Add(Task task) {
    const bool prepares = std::holds_alternative<PrepareStep>(task);
    (prepares ? prepares_ : others_).push_back(std::move(task));
  }
  bool empty() const { return prepares_.empty() && others_.empty(); }
  bool CanTake() const {
    return !others_.empty() || (!prepares_.empty() && preparing_ < max_prepares_);
  }
  Task Take() {
    const bool prepares = others_.empty();
    if (prepares) ++preparing_;
    std::deque<Task>& from = prepares ? prepares_ : others_;
    Task task = std::move(from.front());
    from.pop_front();
    return task;
  }
  void PrepareDone() { --preparing_; }
  void Clear() {
    prepares_.clear();
    others_.clear();
  }

 private:
  const std::size_t max_prepares_;
  std::size_t preparing_ = 0;  // taken, not done
  std::deque<Task> prepares_;
  std::deque<Task> others_;
};

// What the exception that is being handled says.
std::string WhatIsThrown() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

}  // namespace

class BlockingResourceManager::Impl {
 public:
  Impl(BlockingResourceManager* user, const BlockingResourceManagerOptions& options)
      : user_(user),
        workers_wanted_(std::max(options.workers, kLeastWorkers)),
        queue_(workers_wanted_ - 1),
        agent_state_(options.state) {}

  StartResult Start(ResourceHandlers handlers);
  void Submit(std::vector<ResourceStep> steps);
  void Supersede(const std::string& reason);
  void Stop();
  bool is_running() const { return !workers_.empty(); }

 private:
  void RunWorker();
  bool Take(Task* task);
  void Perform(PrepareStep& step);
  void Perform(CommitStep& step);
  void Perform(AbortStep& step);
  void Perform(CleanUp& clean_up);
  void Perform(Notes& notes);
  void Perform(Mark& mark);
  bool AbortCatching(const TransactionId& id);
  void Complete(ResourceCompletion completion);
  void Fail(const std::string& error);
  void Warn(const char* call, const TransactionId& id, const std::string& what);

  BlockingResourceManager* const user_;
  const std::size_t workers_wanted_;
  ResourceHandlers handlers_;  // constant after Start
  std::vector<std::thread> workers_;

  std::mutex mutex_;
  std::condition_variable wake_;
  TaskQueue queue_;                  // guarded by mutex_
  std::set<TransactionId> unclean_;  // guarded by mutex_: Prepare threw, and Abort failed
  bool stopping_ = false;            // guarded by mutex_

  std::mutex state_mutex_;
  AgentState agent_state_;  // guarded by state_mutex_

  std::mutex handler_mutex_;  // one call of a handler at a time
  bool failed_ = false;       // guarded by handler_mutex_
};

StartResult BlockingResourceManager::Impl::Start(ResourceHandlers handlers) {
  ASSENT_CHECK(workers_.empty(), "started once");
  StartResult result;
  result.error = agent_state_.Open(&result.recovered);
  if (!result.ok()) return result;
  try {
    result.recovered.prepared = user_->ListPrepared();
  } catch (...) {
    result.error = "listing the prepared branches failed: " + WhatIsThrown();
    return result;
  }
  handlers_ = std::move(handlers);
  for (std::size_t i = 0; i < workers_wanted_; ++i) {
    workers_.emplace_back([this] { RunWorker(); });
  }
  return result;
}

void BlockingResourceManager::Impl::Submit(std::vector<ResourceStep> steps) {
  Notes notes;
  const std::lock_guard<std::mutex> hold(mutex_);
  for (const TransactionId& id : unclean_) queue_.Add(CleanUp{id});
  unclean_.clear();
  for (ResourceStep& step : steps) {
    if (auto* prepare = std::get_if<PrepareStep>(&step)) queue_.Add(std::move(*prepare));
    if (auto* commit = std::get_if<CommitStep>(&step)) queue_.Add(*commit);
    if (auto* abort = std::get_if<AbortStep>(&step)) queue_.Add(*abort);
    if (auto* note = std::get_if<NoteStep>(&step)) notes.push_back(*note);
  }
  if (!notes.empty()) queue_.Add(std::move(notes));
  wake_.notify_all();
}

void BlockingResourceManager::Impl::Supersede(const std::string& reason) {
  const std::lock_guard<std::mutex> hold(mutex_);
  queue_.Clear();
  queue_.Add(Mark{reason});
  wake_.notify_all();
}

bool BlockingResourceManager::Impl::Take(Task* task) {
  std::unique_lock<std::mutex> hold(mutex_);
  wake_.wait(hold, [this] { return queue_.CanTake() || (stopping_ && queue_.empty()); });
  if (!queue_.CanTake()) return false;
  *task = queue_.Take();
  return true;
}

void BlockingResourceManager::Impl::RunWorker() {
  Task task;
  while (Take(&task)) {
    std::visit([this](auto& step) { Perform(step); }, task);
    if (!std::holds_alternative<PrepareStep>(task)) continue;
    const std::lock_guard<std::mutex> hold(mutex_);
    queue_.PrepareDone();
    wake_.notify_all();
  }
}

void BlockingResourceManager::Impl::Perform(PrepareStep& step) {
  PrepareResult result;
  try {
    result = user_->Prepare(step.id, step.payload);
  } catch (...) {
    result = PrepareResult{VoteKind::kNo, WhatIsThrown()};
    Warn("Prepare", step.id, result.text);
    CleanUp clean_up{step.id};
    Perform(clean_up);
  }
  if (result.text.size() > kMaxTextSize) result.text.resize(kMaxTextSize);
  Complete(participant_input::Prepared{step.id, std::move(result)});
}

void BlockingResourceManager::Impl::Perform(CommitStep& step) {
  CommitResult result = CommitResult::kFailed;
  try {
    result = user_->Commit(step.id);
  } catch (...) {
    result = CommitResult::kFailed;  // asked again
    Warn("Commit", step.id, WhatIsThrown());
  }
  Complete(participant_input::Committed{step.id, result});
}

void BlockingResourceManager::Impl::Perform(AbortStep& step) {
  Complete(participant_input::Aborted{step.id, AbortCatching(step.id)});
}

void BlockingResourceManager::Impl::Perform(CleanUp& clean_up) {
  if (AbortCatching(clean_up.id)) return;
  const std::lock_guard<std::mutex> hold(mutex_);
  unclean_.insert(clean_up.id);
}

void BlockingResourceManager::Impl::Perform(Notes& notes) {
  std::string error;
  {
    const std::lock_guard<std::mutex> hold(state_mutex_);
    error = agent_state_.Note(notes);
  }
  if (!error.empty()) Fail(kStateFailed + error + kMendAndRestart);
}

void BlockingResourceManager::Impl::Perform(Mark& mark) {
  std::string error;
  {
    const std::lock_guard<std::mutex> hold(state_mutex_);
    error = agent_state_.MarkSuperseded(mark.reason);
  }
  Fail(error.empty() ? "this store is now marked SUPERSEDED: " + mark.reason
                     : "this store could not be marked SUPERSEDED: " + error);
}

bool BlockingResourceManager::Impl::AbortCatching(const TransactionId& id) {
  try {
    return user_->Abort(id);
  } catch (...) {
    Warn("Abort", id, WhatIsThrown());
    return false;  // asked again
  }
}

void BlockingResourceManager::Impl::Complete(ResourceCompletion completion) {
  const std::lock_guard<std::mutex> hold(handler_mutex_);
  if (failed_) return;
  std::vector<ResourceCompletion> completions;
  completions.push_back(std::move(completion));
  handlers_.completed(std::move(completions));
}

void BlockingResourceManager::Impl::Warn(const char* call, const TransactionId& id,
                                         const std::string& what) {
  const std::lock_guard<std::mutex> hold(handler_mutex_);
  if (handlers_.warned) {
    handlers_.warned(std::string(call) + " of " + id.ToText() + " threw an exception: " + what);
  }
}

void BlockingResourceManager::Impl::Fail(const std::string& error) {
  const std::lock_guard<std::mutex> hold(handler_mutex_);
  if (failed_) return;
  failed_ = true;
  if (handlers_.failed) handlers_.failed(error);
}

void BlockingResourceManager::Impl::Stop() {
  if (workers_.empty()) return;
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  const std::string error = agent_state_.Close();
  if (!error.empty()) Fail(kStateFailed + error + kMendAndRestart);
}

BlockingResourceManager::BlockingResourceManager(const BlockingResourceManagerOptions& options)
    : impl_(std::make_unique<Impl>(this, options)) {}

BlockingResourceManager::~BlockingResourceManager() {
  ASSENT_CHECK(!impl_->is_running(), "Stop comes before the destructor");
}

StartResult BlockingResourceManager::Start(ResourceHandlers handlers) {
  return impl_->Start(std::move(handlers));
}

void BlockingResourceManager::Submit(std::vector<ResourceStep> steps) {
  impl_->Submit(std::move(steps));
}

void BlockingResourceManager::Supersede(const std::string& reason) { impl_->Supersede(reason); }

void BlockingResourceManager::Stop() { impl_->Stop(); }

}  // namespace assent
