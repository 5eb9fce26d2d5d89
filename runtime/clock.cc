#include "runtime/clock.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace assent {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1000000;
constexpr std::int64_t kNanosPerMicro = 1000;

}  // namespace

Time MonotonicNow() { return FromGrpcTime(gpr_now(GPR_CLOCK_MONOTONIC)); }

std::string WallClockText() {
  const gpr_timespec now = gpr_now(GPR_CLOCK_REALTIME);
  const std::time_t seconds = static_cast<std::time_t>(now.tv_sec);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> day{};
  std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%s.%06dZ", day.data(),
                static_cast<int>(now.tv_nsec / kNanosPerMicro));
  return text.data();
}

gpr_timespec ToGrpcTime(Time time) {
  if (time.IsNever()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const std::int64_t micros = std::max<std::int64_t>(time.micros, 0);
  gpr_timespec result{};
  result.tv_sec = micros / kMicrosPerSecond;
  result.tv_nsec = static_cast<std::int32_t>((micros % kMicrosPerSecond) * kNanosPerMicro);
  result.clock_type = GPR_CLOCK_MONOTONIC;
  return result;
}

Time FromGrpcTime(gpr_timespec time) {
  const gpr_timespec monotonic = gpr_convert_clock_type(time, GPR_CLOCK_MONOTONIC);
  if (gpr_time_cmp(monotonic, gpr_inf_future(GPR_CLOCK_MONOTONIC)) == 0) return Time::Never();
  if (monotonic.tv_sec < 0) return Time{0};
  if (monotonic.tv_sec >= Time::Never().micros / kMicrosPerSecond) return Time::Never();
  return Time{monotonic.tv_sec * kMicrosPerSecond + monotonic.tv_nsec / kNanosPerMicro};
}

}  // namespace assent
