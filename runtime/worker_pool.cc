#include "runtime/worker_pool.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "runtime/clock.h"

namespace assent {

WorkerPool::WorkerPool(const WorkerPoolOptions& options)
    : options_(options), slots_(options.threads) {
  ASSENT_CHECK(options.threads > 0, "a pool needs a thread");
  threads_.reserve(options.threads);
  MutexLock lock(&mutex_);
  for (Slot& slot : slots_) threads_.emplace_back([this, mine = &slot] { Work(mine); });
}

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::Submit(std::string what, std::function<void()> task) {
  MutexLock lock(&mutex_);
  if (stopping_ || queue_.size() >= options_.max_queued) return false;
  queue_.push_back(Task{std::move(what), std::move(task)});
  work_arrived_.NotifyOne();
  return true;
}

void WorkerPool::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    work_arrived_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::Work(Slot* slot) {
  Task task;
  while (Next(slot, &task)) {
    task.run();
    task.run = nullptr;  // What it captured goes before it counts as finished.
    Finished(slot);
  }
}

bool WorkerPool::Next(Slot* slot, Task* task) {
  MutexLock lock(&mutex_);
  while (queue_.empty()) {
    if (stopping_) return false;
    work_arrived_.Wait(&mutex_);
  }
  *task = std::move(queue_.front());
  queue_.pop_front();
  *slot = Slot{true, task->what, MonotonicNow()};
  return true;
}

void WorkerPool::Finished(Slot* slot) {
  MutexLock lock(&mutex_);
  slot->busy = false;
}

std::vector<WorkerPool::Running> WorkerPool::RunningAtLeast(Duration duration) const {
  std::vector<Running> result;
  const Time now = MonotonicNow();
  {
    MutexLock lock(&mutex_);
    for (const Slot& slot : slots_) {
      if (slot.busy && now - slot.started >= duration) {
        result.push_back(Running{slot.what, now - slot.started});
      }
    }
  }
  std::sort(result.begin(), result.end(),
            [](const Running& a, const Running& b) { return a.since_start > b.since_start; });
  return result;
}

std::size_t WorkerPool::queued() const {
  MutexLock lock(&mutex_);
  return queue_.size();
}

}  // namespace assent
