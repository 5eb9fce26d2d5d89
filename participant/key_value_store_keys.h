// What the key-value store knows of keys: who holds their locks, and what is committed under them,
// so that it need not be looked for in the database.
//
// One entry has both, since whoever takes a lock then reads: a branch finds the entry once, and
// keeps it until it ends. Locks are shared or exclusive, held by transactions. Nothing waits: a
// conflict is an answer. Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "participant/key_value_store_records.h"

namespace assent::key_value_store_internal {

class KeyEntry {
 public:
  // Of a key and its value; larger values are not remembered.
  static constexpr std::size_t kMaxBytes = 256;

  // Take the lock for `id`, or give a holder that stands in the way (valid until the next call).
  // Idempotent; a shared lock becomes exclusive if nobody else shares it.
  const TransactionId* LockShared(const TransactionId& id);
  const TransactionId* LockExclusive(const TransactionId& id);
  // Gives up what `id` holds, if anything.
  void Unlock(const TransactionId& id);

  // What is committed, nothing if there is none; null if it is not known here. Exact: whoever
  // commits a value calls Know. Valid until the next call.
  const std::optional<std::string>* committed() const { return is_known_ ? &committed_ : nullptr; }
  // RecordHash of its record, if there is one.
  std::uint64_t record_hash() const { return record_hash_; }
  // What is committed from now on.
  void Know(std::optional<std::string> value, std::uint64_t record_hash);

 private:
  friend class KeyTable;

  bool is_locked() const { return writer_ || !readers_.empty(); }

  const std::string* key_ = nullptr;
  std::size_t place_ = 0;  // in the table's list of all
  std::size_t users_ = 0;
  bool was_used_ = false;  // since it was last passed over
  bool is_known_ = false;
  std::optional<std::string> committed_;
  std::uint64_t record_hash_ = 0;
  std::optional<TransactionId> writer_;  // then nobody reads
  std::vector<TransactionId> readers_;
};

class KeyTable {
 public:
  // Keeps about the `limit` entries that were used last, and those that are in use.
  explicit KeyTable(std::size_t limit) : limit_(limit) {}

  // The entry of `key`, in use until as many calls of Drop; it stays where it is.
  KeyEntry* Use(std::string_view key);
  void Drop(KeyEntry* entry);

  std::size_t size() const { return all_.size(); }

 private:
  KeyEntry* New(std::string_view key);
  void MakeRoom();
  void Erase(KeyEntry* entry);

  const std::size_t limit_;
  std::unordered_map<std::string, KeyEntry, KeyHash, std::equal_to<>> entries_;
  std::vector<KeyEntry*> all_;  // looked through in a circle for one to forget
  std::size_t next_ = 0;        // of all_
};

}  // namespace assent::key_value_store_internal
