#include "participant/key_value_store_cache.h"

#include <utility>

namespace assent::key_value_store_internal {

const std::optional<std::string>* ValueCache::Find(std::string_view key) {
  const auto young = young_.find(key);
  if (young != young_.end()) return &young->second;
  const auto old = old_.find(key);
  if (old == old_.end()) return nullptr;
  const auto kept = young_.insert(old_.extract(old)).position;
  MakeRoom();
  return &kept->second;
}

void ValueCache::Put(std::string_view key, std::optional<std::string> value) {
  const bool is_large = key.size() + (value ? value->size() : 0) > kMaxBytes;
  const auto young = young_.find(key);
  if (young != young_.end() && !is_large) {
    young->second = std::move(value);
    return;
  }
  if (young != young_.end()) young_.erase(young);
  const auto old = old_.find(key);
  if (old != old_.end()) old_.erase(old);
  if (is_large) return;
  young_.emplace(key, std::move(value));
  MakeRoom();
}

void ValueCache::MakeRoom() {
  if (young_.size() > limit_) old_ = std::exchange(young_, {});
}

}  // namespace assent::key_value_store_internal
