// Time as the core sees it: an argument, never read. Integer microseconds of a clock that does not
// jump.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace assent {

// A length of time in microseconds.
struct Duration {
  std::int64_t micros = 0;

  static constexpr Duration Micros(std::int64_t n) { return Duration{n}; }
  static constexpr Duration Millis(std::int64_t n) { return Duration{n * 1000}; }
  static constexpr Duration Seconds(std::int64_t n) { return Duration{n * 1000000}; }

  constexpr auto operator<=>(const Duration&) const = default;
};

constexpr Duration operator+(Duration a, Duration b) { return Duration{a.micros + b.micros}; }
constexpr Duration operator-(Duration a, Duration b) { return Duration{a.micros - b.micros}; }
constexpr Duration operator*(Duration a, std::int64_t n) { return Duration{a.micros * n}; }
constexpr Duration operator/(Duration a, std::int64_t n) { return Duration{a.micros / n}; }

// An instant of one process's monotonic clock; instants of two processes cannot be compared.
struct Time {
  std::int64_t micros = 0;

  // Later than every instant: "no deadline".
  static constexpr Time Never() { return Time{std::numeric_limits<std::int64_t>::max()}; }
  constexpr bool IsNever() const { return *this == Never(); }

  constexpr auto operator<=>(const Time&) const = default;
};

constexpr Time operator+(Time t, Duration d) { return t.IsNever() ? t : Time{t.micros + d.micros}; }
constexpr Duration operator-(Time a, Time b) { return Duration{a.micros - b.micros}; }

}  // namespace assent
