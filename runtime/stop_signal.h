// Waiting for the end of a program: SIGTERM, SIGINT, or a part of the program that wants to stop.
#pragma once

#include <optional>

#include "core/time.h"

namespace assent {

// Make it in main() before any thread starts: it blocks both signals for this thread and those that
// it starts, and takes them from a descriptor. One object per process. Notify: any thread; the
// rest: one thread.
class StopSignal {
 public:
  enum class Cause { kSignal, kNotified };

  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Blocks until a signal comes or Notify is called; nothing if `timeout` passes first. Each is
  // taken once.
  std::optional<Cause> Wait(std::optional<Duration> timeout = std::nullopt);

  void Notify();

 private:
  int signals_ = -1;
  int notified_ = -1;
};

}  // namespace assent
