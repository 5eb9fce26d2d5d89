// An event loop on a thread of its own, for what dials and is not dialled.
#pragma once

#include <grpcpp/completion_queue.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "core/check.h"
#include "runtime/event_loop.h"

namespace assent::bench {

class LoopThread {
 public:
  // `drained` may be empty; see LoopHooks.
  explicit LoopThread(std::function<void()> drained = {}) : loop_(&queue_) {
    thread_ = std::thread([this, drained = std::move(drained)] {
      LoopHooks hooks;
      hooks.drained = drained;
      loop_.Run(hooks);
    });
  }
  ~LoopThread() { End(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  // Blocks until nothing holds the loop any more. May be repeated.
  void End() {
    if (!thread_.joinable()) return;
    Post([this] { loop_.Close(); });
    thread_.join();
  }

  // Not after End.
  void Post(std::function<void()> task) {
    ASSENT_CHECK(loop_.Post(std::move(task)), "nothing is posted after End");
  }
  EventLoop* loop() { return &loop_; }

 private:
  grpc::CompletionQueue queue_;
  EventLoop loop_;
  std::thread thread_;
};

// What `question` answers on the loop's thread. Blocks.
std::string AskLoop(EventLoop* loop, const std::function<std::string()>& question);

}  // namespace assent::bench
