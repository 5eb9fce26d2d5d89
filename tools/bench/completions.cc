#include "tools/bench/completions.h"

#include <algorithm>
#include <chrono>

#include "core/check.h"
#include "runtime/clock.h"

namespace assent::bench {
namespace {

// No wait is longer: a duration without end would overflow the condition variable's clock.
constexpr std::int64_t kLongestWait = 3'600'000'000;

}  // namespace

Ending EndingOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kCommitted:
      return Ending::kCommitted;
    case Outcome::kAborted:
      return Ending::kAborted;
    case Outcome::kUnknown:
      return Ending::kUnknown;
  }
  CheckFailed(__FILE__, __LINE__, "outcome");
}

void Completions::Add(int slot, Ending ending) {
  const Time now = MonotonicNow();
  MutexLock lock(&mutex_);
  if (waiting_.empty() && is_awaited_) arrived_.NotifyOne();
  waiting_.push_back({slot, ending, now});
}

void Completions::Take(Time deadline, std::vector<Done>* done) {
  done->clear();
  MutexLock lock(&mutex_);
  while (waiting_.empty()) {
    const std::int64_t left = (deadline - MonotonicNow()).micros;
    if (left <= 0) return;
    arrived_.WaitFor(&mutex_, std::chrono::microseconds(std::min(left, kLongestWait)));
  }
  waiting_.swap(*done);
}

void Completions::TakeAt(Time when, std::vector<Done>* done) {
  done->clear();
  MutexLock lock(&mutex_);
  is_awaited_ = false;
  for (;;) {
    const std::int64_t left = (when - MonotonicNow()).micros;
    if (left <= 0) break;
    arrived_.WaitFor(&mutex_, std::chrono::microseconds(std::min(left, kLongestWait)));
  }
  is_awaited_ = true;
  waiting_.swap(*done);
}

}  // namespace assent::bench
