// std::mutex with clang's thread-safety annotations (`-Wthread-safety`); libstdc++'s own has none.
//
// Use ASSENT_GUARDED_BY on what a mutex protects. Nothing in here allocates or fails.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ASSENT_ATTRIBUTE(x) __attribute__((x))
#else
#define ASSENT_ATTRIBUTE(x)
#endif

#define ASSENT_GUARDED_BY(mutex) ASSENT_ATTRIBUTE(guarded_by(mutex))
#define ASSENT_REQUIRES(...) ASSENT_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define ASSENT_EXCLUDES(...) ASSENT_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace assent {

class ASSENT_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() ASSENT_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() ASSENT_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ASSENT_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ASSENT_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_->lock();
  }
  ~MutexLock() ASSENT_ATTRIBUTE(release_capability()) { mutex_->unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

// Waits may wake for no reason: wait in a loop on the condition, as the analysis cannot see into a
// predicate.
class CondVar {
 public:
  void Wait(Mutex* mutex) ASSENT_REQUIRES(mutex) { condition_.wait(*mutex); }

  // False: the time is up.
  bool WaitFor(Mutex* mutex, std::chrono::microseconds timeout) ASSENT_REQUIRES(mutex) {
    return condition_.wait_for(*mutex, timeout) == std::cv_status::no_timeout;
  }

  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace assent
