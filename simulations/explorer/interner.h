// Numbers for values that read alike: what takes part in a state is compared by number.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace assent::explorer {

// Numbers 1, 2, 3, … in the order of first appearance; 0 is no value. Values never move.
template <typename Value>
class Interner {
 public:
  std::uint32_t Intern(const std::string& text, Value value) {
    const auto [at, added] =
        numbers_.try_emplace(text, static_cast<std::uint32_t>(values_.size() + 1));
    if (added) values_.push_back(std::move(value));
    return at->second;
  }
  // 0 if it has not been seen.
  std::uint32_t Find(const std::string& text) const {
    const auto at = numbers_.find(text);
    return at == numbers_.end() ? 0 : at->second;
  }
  const Value& operator[](std::uint32_t number) const { return values_[number - 1]; }
  Value& operator[](std::uint32_t number) { return values_[number - 1]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(values_.size()); }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::deque<Value> values_;
};

}  // namespace assent::explorer
