#include "simulations/process.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace assent::simulation {

Process::Process(Context* context, std::string name) : context_(context), name_(std::move(name)) {}

void Process::ComeUp() {
  ASSENT_CHECK(!up_, "a process starts once in a life");
  up_ = true;
  ++life_;
  paused_until_ = Time();
  armed_ = deadline_ = Time::Never();
  Random& random = context_->random;
  const std::int64_t drift = context_->profile.clock_drift_ppm;
  clock_.Restart(context_->scheduler.Now(), Time{random.Below(1'000'000'000)},
                 1'000'000 + (drift == 0 ? 0 : random.Between(-drift, drift)));
}

void Process::GoDown() {
  if (!up_) return;
  up_ = false;
  context_->network.Died(this);
}

void Process::JumpClock(Duration ahead) {
  if (!up_) return;
  clock_.JumpAhead(context_->scheduler.Now(), ahead);
  armed_ = Time::Never();
  ArmTick(deadline_);
}

void Process::Later(Duration delay, std::function<void()> action) {
  RunAt(context_->scheduler.Now() + delay, life_, std::move(action));
}

void Process::RunAt(Time when, std::uint64_t life, std::function<void()> action) {
  context_->scheduler.At(when, [this, life, action = std::move(action)]() mutable {
    if (!up_ || life != life_) return;
    if (paused_until_ > context_->scheduler.Now()) {
      return RunAt(paused_until_, life, std::move(action));
    }
    action();
  });
}

void Process::ArmTick(Time deadline) {
  deadline_ = deadline;
  if (deadline.IsNever()) return;
  const Time due = clock_.Global(deadline);
  if (armed_ <= due) return;
  armed_ = due;
  RunAt(due, life_, [this, due] {
    if (armed_ != due) return;
    armed_ = Time::Never();
    OnTick();
  });
}

Duration Process::WriteTime() {
  constexpr std::int64_t kHealedTime = 50;
  const Profile& profile = context_->profile;
  Random& random = context_->random;
  if (context_->healed) return Duration::Micros(std::min(profile.sync_us, kHealedTime));
  if (random.Chance(profile.slow_sync_ppm)) return random.Between({}, Duration::Seconds(2));
  return Duration::Micros(random.Between(profile.sync_us / 2, profile.sync_us * 3 / 2));
}

void Process::Record(EventKind kind, std::string what, std::vector<TransactionId> about) const {
  Event event;
  event.kind = kind;
  event.who = name_;
  event.what = std::move(what);
  event.about = std::move(about);
  context_->events.Add(std::move(event));
}

}  // namespace assent::simulation
