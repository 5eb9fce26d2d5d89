// Capped exponential back-off with jitter.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/prng.h"
#include "core/time.h"

namespace assent {

// How long to wait after the attempt of number `attempt` (0, 1, 2, …): `first` doubled `attempt`
// times, at most `cap`, less a jitter of up to a half. At least one microsecond. `first` must not
// be negative.
inline Duration BackoffDelay(Duration first, Duration cap, std::uint32_t attempt, Prng* prng) {
  std::int64_t micros = std::min(first.micros, cap.micros);
  for (std::uint32_t i = 0; i < attempt && micros < cap.micros; ++i) {
    micros = micros > cap.micros / 2 ? cap.micros : micros * 2;
  }
  micros = std::max<std::int64_t>(micros, 1);
  const auto half = static_cast<std::uint64_t>(micros / 2);
  return Duration::Micros(micros - static_cast<std::int64_t>(prng->Below(half + 1)));
}

}  // namespace assent
