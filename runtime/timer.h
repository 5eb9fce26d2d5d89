// A timer on the loop, for the shell's own waits (the core's deadlines are the loop's `deadline`
// hook).
#pragma once

#include <grpcpp/alarm.h>

#include <functional>
#include <memory>

#include "core/time.h"
#include "runtime/event_loop.h"

namespace assent {

// Loop's thread only. Holds the loop while it is set.
class Timer {
 public:
  explicit Timer(EventLoop* loop) : loop_(loop) {}
  ~Timer() { Cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls `due` at `time`, rounded up to a millisecond. Replaces what was set.
  void Set(Time time, std::function<void()> due);

  // What was set will not be called. May be repeated.
  void Cancel();

 private:
  class Pending;

  EventLoop* const loop_;
  Pending* pending_ = nullptr;  // Owns itself: its tag comes after a cancellation, too.
};

}  // namespace assent
