// One thread that owns a completion queue and all protocol state: it drains what has arrived,
// steps, flushes.
//
// Order of one turn: every event that has arrived (at most 1000), then `tick` if its deadline has
// passed, then `drained`, then the flush of every link that was marked dirty. What piled up in a
// turn leaves together.
//
// Threads: `Post` from any thread; all else on the thread that calls `Run` (or before `Run`).
// Ownership: the queue belongs to the caller and outlives the loop; so do the events that are under
// way. Ending: `Close` asks for the end. The loop goes on until nothing holds it (links, armed
// calls, calls under way) and every accepted task has run; then it shuts the queue, and `Run`
// returns. That is the only order in which gRPC neither hangs nor aborts; a server loop needs
// `ShutdownServer` (runtime/server.h) called meanwhile, as armed calls come back only then.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/time.h"
#include "runtime/mutex.h"
#include "runtime/traffic.h"

namespace assent {

// What stands behind a tag of the queue. `ok` is gRPC's: what it means depends on the operation.
class Event {
 public:
  virtual void Done(bool ok) = 0;

 protected:
  ~Event() = default;
};

// An event that calls a function: a member of the class that starts the operation. The function may
// destroy the object it lives in.
class Operation final : public Event {
 public:
  explicit Operation(std::function<void(bool ok)> done) : done_(std::move(done)) {}
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  void Done(bool ok) override { done_(ok); }

 private:
  const std::function<void(bool ok)> done_;
};

// Something to flush at the end of a turn.
class Flushable {
 public:
  virtual void Flush() = 0;

 protected:
  ~Flushable() = default;
};

// Each may be empty. None may block.
struct LoopHooks {
  std::function<Time()> deadline;      // When `tick` is due; Time::Never() when no timer runs.
  std::function<void(Time now)> tick;  // Must move the deadline past `now`.
  std::function<void()> drained;       // Once per turn: hand batches to writers.
};

class EventLoop {
 public:
  explicit EventLoop(grpc::CompletionQueue* queue);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs `task` on the loop's thread, in the order of posting. Any thread; never blocks. False: the
  // loop has ended and the task will not run. An accepted task runs, unless `Run` is never called
  // again. Not bounded: whoever posts bounds what it has under way.
  [[nodiscard]] bool Post(std::function<void()> task);

  // Runs until `Close` has been asked for and nothing holds the loop. Call it once.
  void Run(const LoopHooks& hooks);

  // From another thread: Post([&] { loop.Close(); }). Repeating it is harmless.
  void Close() { closing_ = true; }
  bool closing() const { return closing_; }

  // Keeps the loop from ending while an operation is under way or may still be started.
  void Hold() { ++holds_; }
  void Release();
  std::size_t holds() const { return holds_; }

  // Flushes `link` once at the end of this turn. The caller marks an object at most once until its
  // flush.
  void FlushLater(Flushable* link) { dirty_.push_back(link); }

  // The time of the event that is being handled, asked once for each: of all messages of a frame it
  // is the same. Never goes back.
  Time event_time();

  grpc::CompletionQueue* queue() const { return queue_; }

  // Of all links and calls on this loop, which count themselves.
  Traffic* traffic() { return &traffic_; }

 private:
  void DrainArrived();
  void Turn(const LoopHooks& hooks);
  void FlushDirty();
  void ShutIfIdle();
  void RunInbox();

  grpc::CompletionQueue* const queue_;
  Traffic traffic_;
  std::vector<Flushable*> dirty_;
  std::size_t holds_ = 0;
  std::optional<Time> event_time_;
  bool closing_ = false;
  bool shut_ = false;

  Mutex mutex_;
  std::vector<std::function<void()>> inbox_ ASSENT_GUARDED_BY(mutex_);
  bool armed_ ASSENT_GUARDED_BY(mutex_) = false;  // The alarm is set and its tag has not come.
  bool closed_ ASSENT_GUARDED_BY(mutex_) =
      false;  // The queue is shut: setting an alarm would abort.
  Operation woken_;
  grpc::Alarm alarm_;
};

}  // namespace assent
