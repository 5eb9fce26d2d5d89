// A small deterministic generator for jitter, life numbers and the simulator: splitmix64.
//
// The same seed gives the same numbers on every machine, which std::*_distribution does not
// promise. Not for secrets.
#pragma once

#include <cstdint>

namespace assent {

class Prng {
 public:
  explicit constexpr Prng(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform enough in [0, bound) for jitter; `bound` > 0.
  constexpr std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace assent
