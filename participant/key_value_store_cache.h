// Committed values that were read or written lately, so that they need not be looked for in the
// database. Exact: whoever commits a value puts it here, too. Thread-compatible.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "participant/key_value_store_records.h"

namespace assent::key_value_store_internal {

class ValueCache {
 public:
  // Of a key and its value; larger ones are not kept.
  static constexpr std::size_t kMaxBytes = 256;

  // Keeps the `limit` that were used last, and at most as many others.
  explicit ValueCache(std::size_t limit) : limit_(limit) {}

  // What is committed under `key`, nothing if there is none; null if it is not known here. Valid
  // until the next call.
  const std::optional<std::string>* Find(std::string_view key);
  // What is committed from now on.
  void Put(std::string_view key, std::optional<std::string> value);

 private:
  using Values =
      std::unordered_map<std::string, std::optional<std::string>, KeyHash, std::equal_to<>>;

  void MakeRoom();

  const std::size_t limit_;
  // A key is in one of them. Once young_ is full it takes the place of old_.
  Values young_;
  Values old_;
};

}  // namespace assent::key_value_store_internal
