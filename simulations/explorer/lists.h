// Messages in flight in one direction, first in, first out, as numbers.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace assent::explorer {

// 0 is the empty list. A list is never changed: what is appended to or taken from is another one.
class Lists {
 public:
  Lists() : lists_(1) { numbers_[{}] = 0; }

  std::uint32_t Append(std::uint32_t list, std::uint16_t message) {
    const std::uint64_t key = static_cast<std::uint64_t>(list) << 16 | message;
    const auto known = appended_.find(key);
    if (known != appended_.end()) return known->second;
    std::vector<std::uint16_t> messages = lists_[list].messages;
    messages.push_back(message);
    return appended_[key] = Number(std::move(messages));
  }
  std::uint16_t Front(std::uint32_t list) const { return lists_[list].messages.front(); }
  std::uint32_t Rest(std::uint32_t list) const { return lists_[list].rest; }

 private:
  struct List {
    std::vector<std::uint16_t> messages;
    std::uint32_t rest = 0;
  };

  std::uint32_t Number(std::vector<std::uint16_t> messages) {
    const auto known = numbers_.find(messages);
    if (known != numbers_.end()) return known->second;
    const std::uint32_t rest = Number({messages.begin() + 1, messages.end()});
    const auto number = static_cast<std::uint32_t>(lists_.size());
    numbers_.emplace(messages, number);
    lists_.push_back({std::move(messages), rest});
    return number;
  }

  std::vector<List> lists_;
  std::map<std::vector<std::uint16_t>, std::uint32_t> numbers_;
  std::unordered_map<std::uint64_t, std::uint32_t> appended_;
};

}  // namespace assent::explorer
