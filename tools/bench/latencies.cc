#include "tools/bench/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace assent::bench {
namespace {

// Below 2 * kSteps each value has a bucket of its own; above, each power of two has kSteps.
constexpr std::uint64_t kSteps = 64;
constexpr int kStepBits = 6;
constexpr std::size_t kBuckets = 40 * kSteps;

std::size_t BucketOf(std::uint64_t value) {
  if (value < 2 * kSteps) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - kStepBits - 1;
  const std::size_t bucket = static_cast<std::size_t>(shift) * kSteps + (value >> shift);
  return std::min(bucket, kBuckets - 1);
}

// The middle of what the bucket holds.
double ValueOf(std::size_t bucket) {
  if (bucket < 2 * kSteps) return static_cast<double>(bucket);
  const std::size_t shift = bucket / kSteps - 1;
  const auto low = static_cast<double>((bucket - shift * kSteps) << shift);
  return low + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
}

}  // namespace

Latencies::Latencies() : buckets_(kBuckets) {}

void Latencies::Add(Duration latency) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.micros, 0));
  ++buckets_[BucketOf(value)];
  ++count_;
  max_ = std::max(max_, value);
}

void Latencies::Add(const Latencies& others) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    buckets_[bucket] += others.buckets_[bucket];
  }
  count_ += others.count_;
  max_ = std::max(max_, others.max_);
}

void Latencies::Clear() { *this = Latencies(); }

double Latencies::Percentile(double part) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= std::max<std::uint64_t>(wanted, 1)) return std::min(ValueOf(bucket), max());
  }
  return max();
}

}  // namespace assent::bench
