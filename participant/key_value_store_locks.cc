#include "participant/key_value_store_locks.h"

#include <algorithm>

namespace assent::key_value_store_internal {

const TransactionId* LockTable::TakeShared(std::string_view key, const TransactionId& id) {
  Lock& lock = locks_[std::string(key)];
  const bool holds = std::find(lock.holders.begin(), lock.holders.end(), id) != lock.holders.end();
  if (holds) return nullptr;
  if (lock.exclusive) return &lock.holders.front();
  lock.holders.push_back(id);
  return nullptr;
}

const TransactionId* LockTable::TakeExclusive(std::string_view key, const TransactionId& id) {
  Lock& lock = locks_[std::string(key)];
  for (const TransactionId& holder : lock.holders) {
    if (holder != id) return &holder;
  }
  lock.exclusive = true;
  lock.holders.assign(1, id);
  return nullptr;
}

void LockTable::Release(std::string_view key, const TransactionId& id) {
  const auto found = locks_.find(key);
  if (found == locks_.end()) return;
  std::vector<TransactionId>& holders = found->second.holders;
  holders.erase(std::remove(holders.begin(), holders.end(), id), holders.end());
  if (holders.empty()) locks_.erase(found);
}

}  // namespace assent::key_value_store_internal
