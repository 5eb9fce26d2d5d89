#include "tools/bench/delaying_store.h"

#include <chrono>
#include <utility>
#include <variant>

#include "runtime/clock.h"

namespace assent::bench {

void DelayingStore::set_delay(Duration delay) {
  MutexLock lock(&mutex_);
  delay_ = delay;
}

StartResult DelayingStore::Start(ResourceHandlers handlers) {
  handlers_ = handlers;
  thread_ = std::thread([this] { Run(); });
  handlers.completed = [this](std::vector<ResourceCompletion> completions) {
    Hold(std::move(completions));
  };
  return store_->Start(std::move(handlers));
}

void DelayingStore::Stop() {
  store_->Stop();
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void DelayingStore::Hold(std::vector<ResourceCompletion> completions) {
  const Time now = MonotonicNow();
  MutexLock lock(&mutex_);
  for (ResourceCompletion& completion : completions) {
    const bool vote = std::holds_alternative<participant_input::Prepared>(completion);
    held_.emplace(vote ? now + delay_ : now, std::move(completion));
  }
  changed_.NotifyOne();
}

void DelayingStore::Run() {
  for (auto due = TakeDue(); !due.empty(); due = TakeDue()) handlers_.completed(std::move(due));
}

std::vector<ResourceCompletion> DelayingStore::TakeDue() {
  std::vector<ResourceCompletion> due;
  MutexLock lock(&mutex_);
  while (true) {
    const Time now = MonotonicNow();
    while (!held_.empty() && (stopped_ || held_.begin()->first <= now)) {
      due.push_back(std::move(held_.begin()->second));
      held_.erase(held_.begin());
    }
    if (!due.empty() || stopped_) return due;
    if (held_.empty()) {
      changed_.Wait(&mutex_);
    } else {
      const Duration left = held_.begin()->first - now;
      changed_.WaitFor(&mutex_, std::chrono::microseconds(left.micros));
    }
  }
}

}  // namespace assent::bench
