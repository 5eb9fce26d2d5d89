// Where the key-value store keeps its records: a guarded database, or memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "participant/key_value_store.h"
#include "storage/batch.h"
#include "storage/guarded_database.h"

namespace assent::key_value_store_internal {

// Of the records. 1 had one for each prepared branch, 2 wrote values with their commits; neither is
// read any more.
inline constexpr std::uint32_t kStoreFormat = 3;

// Storage's claims (storage/batch.h): whoever changes a record says which one is there.
struct Change {
  std::string key;
  std::optional<std::uint64_t> old_hash;  // RecordHash of what is there; absent: nothing is there
  std::optional<std::string> value;       // absent: remove it
  std::uint64_t hash = 0;                 // RecordHash of the record with that value; Add sets it
};

// What one batch changes.
struct Changes {
  // The hash of the new record.
  std::uint64_t Add(Change change) {
    bytes += kBytesBesides + change.key.size() + (change.value ? change.value->size() : 0);
    if (change.value) change.hash = storage::RecordHash(change.key, *change.value);
    list.push_back(std::move(change));
    return list.back().hash;
  }

  static constexpr std::size_t kBytesBesides = 16;  // of a change in a batch, at most

  std::vector<Change> list;
  std::size_t bytes = 0;
};

// Threads: Get, TakeSnapshot and snapshots may run beside Write; all else alone.
class Backend {
 public:
  // What was there when it was taken.
  class Snapshot {
   public:
    Snapshot() = default;
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    virtual ~Snapshot() = default;

    // The records whose keys begin with `prefix`, in the order of keys.
    virtual storage::Status ForEach(std::string_view prefix,
                                    const storage::RecordVisitor& visitor) = 0;
  };

  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  // Raises and syncs the incarnation. Everything handed to `visitor` is durable.
  virtual storage::Status Open(const storage::RecordVisitor& visitor, StoreId* id,
                               Incarnation* incarnation) = 0;
  // All or nothing; durable on return if `sync`. After a failure everything fails (R8).
  virtual storage::Status Write(const std::vector<Change>& changes, bool sync) = 0;
  virtual storage::Status Get(std::string_view key, std::string* value) = 0;  // kNotFound
  // Reads no file. The snapshot ends before Close.
  virtual std::unique_ptr<Snapshot> TakeSnapshot() = 0;
  // Later opens fail with kSuperseded; synced. Nothing is written after it.
  virtual storage::Status MarkSuperseded(const std::string& reason) = 0;
  virtual storage::Status Close() = 0;
};

// For backends that keep their records in memory: those whose keys begin with `prefix`.
using RecordMap = std::map<std::string, std::string, std::less<>>;
storage::Status VisitRecords(const RecordMap& records, std::string_view prefix,
                             const storage::RecordVisitor& visitor);

storage::Status CreateGuarded(const KeyValueStoreOptions& options, const StoreId& id);
std::unique_ptr<Backend> MakeGuardedBackend(const KeyValueStoreOptions& options);

}  // namespace assent::key_value_store_internal
