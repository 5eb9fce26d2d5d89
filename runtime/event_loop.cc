#include "runtime/event_loop.h"

#include "core/check.h"
#include "runtime/clock.h"

namespace assent {
namespace {

constexpr int kEventsPerTurn = 1000;

using NextStatus = grpc::CompletionQueue::NextStatus;

Time NextDeadline(const LoopHooks& hooks) {
  return hooks.deadline ? hooks.deadline() : Time::Never();
}

}  // namespace

EventLoop::EventLoop(grpc::CompletionQueue* queue)
    : queue_(queue), woken_([this](bool) { RunInbox(); }) {}

bool EventLoop::Post(std::function<void()> task) {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  inbox_.push_back(std::move(task));
  if (!armed_) {
    armed_ = true;
    // The infinite past, not "now": gRPC rounds "now" up to the next millisecond.
    alarm_.Set(queue_, gpr_inf_past(GPR_CLOCK_MONOTONIC), &woken_);
  }
  return true;
}

void EventLoop::RunInbox() {
  std::vector<std::function<void()>> tasks;
  {
    MutexLock lock(&mutex_);
    tasks.swap(inbox_);
    armed_ = false;
  }
  for (std::function<void()>& task : tasks) task();
}

void EventLoop::Run(const LoopHooks& hooks) {
  FlushDirty();
  ShutIfIdle();
  for (;;) {
    void* tag = nullptr;
    bool ok = false;
    const gpr_timespec deadline = ToGrpcTime(shut_ ? Time::Never() : NextDeadline(hooks));
    const NextStatus next = queue_->AsyncNext(&tag, &ok, deadline);
    if (next == NextStatus::SHUTDOWN) return;
    event_time_.reset();
    if (next == NextStatus::GOT_EVENT) {
      static_cast<Event*>(tag)->Done(ok);
      DrainArrived();
    }
    if (!shut_) Turn(hooks);
  }
}

Time EventLoop::event_time() {
  if (!event_time_) event_time_ = MonotonicNow();
  return *event_time_;
}

void EventLoop::DrainArrived() {
  void* tag = nullptr;
  bool ok = false;
  for (int i = 1; i < kEventsPerTurn; ++i) {
    const NextStatus next = queue_->AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC));
    if (next != NextStatus::GOT_EVENT) return;
    event_time_.reset();
    static_cast<Event*>(tag)->Done(ok);
  }
}

void EventLoop::Turn(const LoopHooks& hooks) {
  event_time_.reset();
  const Time deadline = NextDeadline(hooks);
  // Asked in every turn: under load the queue never reports a timeout.
  if (!deadline.IsNever() && event_time() >= deadline && hooks.tick) {
    hooks.tick(event_time());
  }
  if (hooks.drained) hooks.drained();
  FlushDirty();
  ShutIfIdle();
}

void EventLoop::FlushDirty() {
  std::vector<Flushable*> links;
  while (!dirty_.empty()) {
    links.swap(dirty_);
    for (Flushable* link : links) link->Flush();
    links.clear();
  }
}

void EventLoop::Release() {
  ASSENT_CHECK(holds_ > 0);
  --holds_;
}

void EventLoop::ShutIfIdle() {
  if (!closing_ || holds_ > 0) return;
  MutexLock lock(&mutex_);
  if (armed_) return;  // Accepted tasks run first.
  closed_ = true;
  shut_ = true;
  queue_->Shutdown();
}

}  // namespace assent
