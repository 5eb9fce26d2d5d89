// What the runtime's tests share: observations that can be awaited, a loop in a thread, frames.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/event_loop.h"

namespace assent::test {

// Far above what anything takes, so that only a hang reaches it.
inline constexpr std::chrono::seconds kPatience{60};

// State that one thread changes and another waits for.
class Monitor {
 public:
  template <class Change>
  void Update(Change change) {
    std::lock_guard<std::mutex> lock(mutex_);
    change();
    changed_.notify_all();
  }
  // False: it did not come true in kPatience.
  template <class Condition>
  [[nodiscard]] bool Await(Condition condition) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }
  template <class Read>
  auto Get(Read read) {
    std::lock_guard<std::mutex> lock(mutex_);
    return read();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Runs `loop` in a thread of its own until it is closed and idle.
class LoopThread {
 public:
  explicit LoopThread(EventLoop* loop, LoopHooks hooks = {})
      : loop_(loop), thread_([loop, hooks = std::move(hooks)] { loop->Run(hooks); }) {}
  ~LoopThread() { CloseAndJoin(); }

  // Runs `task` on the loop and waits for it.
  void On(const std::function<void()>& task) {
    std::promise<void> done;
    if (!loop_->Post([&] {
          task();
          done.set_value();
        })) {
      return;
    }
    done.get_future().wait();
  }

  void CloseAndJoin() {
    if (!thread_.joinable()) return;
    if (loop_->Post([this] { loop_->Close(); })) thread_.join();
    if (thread_.joinable()) thread_.join();
  }

 private:
  EventLoop* const loop_;
  std::thread thread_;
};

inline grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

inline std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace assent::test
