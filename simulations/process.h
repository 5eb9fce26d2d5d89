// One simulated process: it is up, paused or down, has a clock of its own, and one life after the
// other. What it scheduled in one life never runs in the next.
//
// Lives as long as its world. Thread-compatible: a world has one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/time.h"
#include "simulations/context.h"
#include "simulations/local_clock.h"
#include "simulations/network.h"

namespace assent::simulation {

class Process : public Host {
 public:
  Process(Context* context, std::string name);

  const std::string& name() const override { return name_; }
  bool up() const override { return up_; }
  std::uint64_t life() const override { return life_; }
  Time paused_until() const override { return paused_until_; }

  // Nothing reaches it, and no timer of it fires, until then; then all at once.
  void PauseUntil(Time until) { paused_until_ = until; }
  void JumpClock(Duration ahead);
  Time LocalNow() const { return clock_.Local(context_->scheduler.Now()); }

 protected:
  // A new life begins or ends. The network is told by GoDown.
  void ComeUp();
  void GoDown();

  // Runs `action` in this life only, after real time `delay`, and not while it is paused.
  void Later(Duration delay, std::function<void()> action);

  // OnTick comes at local time `deadline` or later. It may come too early as well.
  void ArmTick(Time deadline);
  virtual void OnTick() = 0;

  // How long a write to a disk takes now.
  Duration WriteTime();

  // Ask first: building the text costs more than all else.
  bool Records(EventKind kind) const { return context_->events.Wants(kind); }
  void Note(EventKind kind, const char* what) const {
    if (Records(kind)) Record(kind, what);
  }
  void Record(EventKind kind, std::string what, std::vector<TransactionId> about = {}) const;

  Context* const context_;

 private:
  void RunAt(Time when, std::uint64_t life, std::function<void()> action);

  const std::string name_;
  bool up_ = false;
  std::uint64_t life_ = 0;
  Time paused_until_;
  LocalClock clock_;
  Time armed_ = Time::Never();  // global; the tick that is scheduled
  Time deadline_ = Time::Never();
};

}  // namespace assent::simulation
