// Shared and exclusive locks of keys, held by transactions. Nothing waits: a conflict is an answer.
// Thread-compatible.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "participant/key_value_store_records.h"

namespace assent::key_value_store_internal {

class LockTable {
 public:
  // Take the lock for `id`, or give a holder that stands in the way (valid until the next call).
  // Idempotent; a shared lock becomes exclusive if nobody else shares it.
  const TransactionId* TakeShared(std::string_view key, const TransactionId& id);
  const TransactionId* TakeExclusive(std::string_view key, const TransactionId& id);

  // Gives up what `id` holds of `key`, if anything.
  void Release(std::string_view key, const TransactionId& id);

  bool empty() const { return locks_.empty(); }

 private:
  struct Lock {
    bool exclusive = false;
    std::vector<TransactionId> holders;  // one, if exclusive
  };

  std::unordered_map<std::string, Lock, KeyHash, std::equal_to<>> locks_;
};

}  // namespace assent::key_value_store_internal
