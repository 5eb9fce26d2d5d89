// Threads for what may block: user code and stores. Results go home by EventLoop::Post.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/time.h"
#include "runtime/mutex.h"

namespace assent {

struct WorkerPoolOptions {
  std::size_t threads = 4;
  std::size_t max_queued = 10000;  // Tasks that wait for a thread.
};

// Thread-safe. A task must not throw, and must not destroy the pool.
class WorkerPool {
 public:
  // A task that is running now: a hung callback of a user shows here.
  struct Running {
    std::string what;
    Duration since_start;
  };

  explicit WorkerPool(const WorkerPoolOptions& options = {});

  // Stop().
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Never blocks. False: the queue is full, or the pool stops; the task will not run. `what` names
  // it for people.
  [[nodiscard]] bool Submit(std::string what, std::function<void()> task);

  // Refuses new tasks, runs those accepted, joins the threads. Blocks as long as they take: a hung
  // task hangs it. May be repeated; not from a task.
  void Stop();

  // Tasks that have run for at least `duration`, the longest first.
  std::vector<Running> RunningAtLeast(Duration duration) const;

  std::size_t queued() const;

 private:
  struct Task {
    std::string what;
    std::function<void()> run;
  };
  struct Slot {
    bool busy = false;
    std::string what;
    Time started;
  };

  void Work(Slot* slot);
  bool Next(Slot* slot, Task* task);
  void Finished(Slot* slot);

  const WorkerPoolOptions options_;
  mutable Mutex mutex_;
  CondVar work_arrived_;
  std::deque<Task> queue_ ASSENT_GUARDED_BY(mutex_);
  std::vector<Slot> slots_ ASSENT_GUARDED_BY(mutex_);  // One per thread; never resized.
  bool stopping_ ASSENT_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace assent
