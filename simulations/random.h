// The one source of chance of a world. The same seed gives the same world on every machine.
#pragma once

#include <cstdint>

#include "core/check.h"
#include "core/prng.h"
#include "core/time.h"

namespace assent::simulation {

// Of a million.
constexpr std::int64_t kAlways = 1'000'000;

class Random {
 public:
  explicit Random(std::uint64_t seed) : prng_(seed) {}

  std::uint64_t Next() { return prng_.Next(); }

  // In [0, bound); 0 if `bound` is not positive.
  std::int64_t Below(std::int64_t bound) {
    return bound <= 0 ? 0
                      : static_cast<std::int64_t>(prng_.Below(static_cast<std::uint64_t>(bound)));
  }

  // In [low, high].
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    ASSENT_CHECK(low <= high);
    return low + Below(high - low + 1);
  }

  Duration Between(Duration low, Duration high) {
    return Duration::Micros(Between(low.micros, high.micros));
  }

  // True `per_million` times of a million.
  bool Chance(std::int64_t per_million) { return per_million > 0 && Below(kAlways) < per_million; }

 private:
  Prng prng_;
};

}  // namespace assent::simulation
