#include "runtime/timer.h"

#include "runtime/clock.h"

namespace assent {

class Timer::Pending {
 public:
  Pending(Timer* timer, Time time, std::function<void()> due)
      : timer_(timer), loop_(timer->loop_), due_(std::move(due)) {
    loop_->Hold();
    alarm_.Set(loop_->queue(), ToGrpcTime(time), &done_);
  }

  void Cancel() {
    timer_ = nullptr;
    alarm_.Cancel();
  }

 private:
  ~Pending() { loop_->Release(); }

  void Done() {
    Timer* const timer = timer_;
    const std::function<void()> due = std::move(due_);
    if (timer != nullptr) timer->pending_ = nullptr;
    delete this;
    if (timer != nullptr) due();
  }

  Timer* timer_;  // Null once cancelled.
  EventLoop* const loop_;
  std::function<void()> due_;
  Operation done_{[this](bool) { Done(); }};
  grpc::Alarm alarm_;
};

void Timer::Set(Time time, std::function<void()> due) {
  Cancel();
  pending_ = new Pending(this, time, std::move(due));
}

void Timer::Cancel() {
  if (pending_ == nullptr) return;
  pending_->Cancel();
  pending_ = nullptr;
}

}  // namespace assent
