// One process's clock: it runs at a rate of its own and may jump ahead, but never goes back.
//
// Global time is the scheduler's. A value; thread-compatible.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace assent::simulation {

class LocalClock {
 public:
  // `rate`: microseconds that it counts while a second passes.
  void Restart(Time global, Time local, std::int64_t rate) {
    global_ = global;
    local_ = local;
    rate_ = rate;
  }

  Time Local(Time global) const {
    return Time{local_.micros + (global.micros - global_.micros) * rate_ / kSecond};
  }

  // The first instant at which Local is at least `local`.
  Time Global(Time local) const {
    if (local.IsNever()) return local;
    const std::int64_t ahead = local.micros - local_.micros;
    if (ahead <= 0) return global_;
    return Time{global_.micros + (ahead * kSecond + rate_ - 1) / rate_};
  }

  void JumpAhead(Time global, Duration by) { Restart(global, Local(global) + by, rate_); }

 private:
  static constexpr std::int64_t kSecond = 1'000'000;

  Time global_;
  Time local_;
  std::int64_t rate_ = kSecond;
};

}  // namespace assent::simulation
