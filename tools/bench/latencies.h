// How long things took: a histogram with a relative error below 1.6 %.
#pragma once

#include <cstdint>
#include <vector>

#include "core/time.h"

namespace assent::bench {

// A value; thread-compatible. Counts durations from 0 to more than a day, in whole microseconds.
class Latencies {
 public:
  Latencies();

  void Add(Duration latency);
  void Add(const Latencies& others);
  void Clear();
  std::uint64_t count() const { return count_; }
  // The latency that `part` (0 to 1) of all do not exceed, in µs; 0 if there are none.
  double Percentile(double part) const;
  double max() const { return static_cast<double>(max_); }  // µs

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace assent::bench
