// A state as text: what an exhaustive search compares states by. Not for people, not stable.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/ids.h"
#include "core/time.h"

namespace assent {

// Times are told relative to `now`, in whole grains, rounded up: two states that differ in less
// read alike.
class StateText {
 public:
  StateText(Time now, Duration grain) : now_(now), grain_(grain) {}

  StateText& Add(std::string_view name, std::string_view value) {
    text_.append(name).append("=").append(value).append(" ");
    return *this;
  }
  template <typename Value>
  requires std::is_integral_v<Value> || std::is_enum_v<Value> StateText& Add(std::string_view name,
                                                                             Value value) {
    text_.append(name).append("=");
    AppendNumber(static_cast<std::int64_t>(value));
    text_.append(" ");
    return *this;
  }
  StateText& Add(std::string_view name, Sequence id) {
    text_.append(name).append("=");
    AppendNumber(static_cast<std::int64_t>(id.epoch));
    text_.append("-");
    AppendNumber(static_cast<std::int64_t>(id.number));
    text_.append(" ");
    return *this;
  }
  StateText& AddTime(std::string_view name, Time time) {
    if (time.IsNever()) return Add(name, "never");
    return Add(name, ((time - now_).micros + grain_.micros - 1) / grain_.micros);
  }

  std::string Take() { return std::move(text_); }

 private:
  void AppendNumber(std::int64_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof(digits), number);
    text_.append(digits, end.ptr);
  }

  const Time now_;
  const Duration grain_;
  std::string text_;
};

}  // namespace assent
