// What the key-value store knows of keys: who holds their locks, and what is committed under them,
// so that it need not be looked for in the database, or has still to get there.
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
  // Of a key and its value; larger values are not remembered once they are in the database.
  static constexpr std::size_t kMaxBytes = 256;

  // Take the lock for `id`, or give a holder that stands in the way (valid until the next call).
  // Idempotent; a shared lock becomes exclusive if nobody else shares it.
  const TransactionId* LockShared(const TransactionId& id);
  const TransactionId* LockExclusive(const TransactionId& id);
  // Gives up what `id` holds, if anything.
  void Unlock(const TransactionId& id);

  const std::string& key() const { return *key_; }

  // What is committed, nothing if there is none; null if it is not known here. Valid until the next
  // call.
  const std::optional<std::string>* committed() const { return is_known_ ? &committed_ : nullptr; }
  // RecordHash of the record that is in the database, if there is one. The entry was loaded.
  const std::optional<std::uint64_t>& record_hash() const { return record_hash_; }
  // The database has this record, or none; and no newer value waits for it.
  void Load(std::optional<std::string> value, std::optional<std::uint64_t> record_hash);

  // What is committed from now on, by this batch: it waits to be written back
  // (participant/key_value_store_write_back.h).
  void Commit(std::optional<std::string> value, std::uint64_t batch);
  bool is_waiting() const { return waits_since_ != 0; }
  // The first batch that has committed a value since the last one was written back.
  std::uint64_t waits_since() const { return waits_since_; }
  bool was_committed_again() const { return was_committed_again_; }  // since then
  // The database has it, in a record with that hash; or the key is gone.
  void WrittenBack(std::optional<std::uint64_t> record_hash);

 private:
  friend class KeyTable;

  bool is_locked() const { return writer_ || !readers_.empty(); }
  void ForgetIfLarge();

  const std::string* key_ = nullptr;
  std::size_t place_ = 0;  // in the table's list of all
  std::size_t users_ = 0;
  bool was_used_ = false;  // since it was last passed over
  bool was_committed_again_ = false;
  bool is_loaded_ = false;  // then record_hash_ holds
  bool is_known_ = false;
  std::optional<std::string> committed_;
  std::optional<std::uint64_t> record_hash_;
  std::uint64_t waits_since_ = 0;        // 0: it does not
  std::optional<TransactionId> writer_;  // then nobody reads
  std::vector<TransactionId> readers_;
};

class KeyTable {
 public:
  // Keeps about the `limit` entries that were used last, and those that are in use.
  explicit KeyTable(std::size_t limit) : limit_(limit) {}

  // The entry of `key`, in use until as many calls of Drop; it stays where it is.
  KeyEntry* Use(std::string_view key);
  void Hold(KeyEntry* entry) { ++entry->users_; }  // one that is in use
  void Drop(KeyEntry* entry);

  // What is committed, if it is known here, else null; as KeyEntry::committed.
  const std::optional<std::string>* Committed(std::string_view key) const;

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
