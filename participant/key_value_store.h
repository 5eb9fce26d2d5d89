// A ready resource manager: a durable key-value store with strict locking, on LevelDB.
//
// Work reaches a branch in two ways, which may be mixed:
//  * as the payload of Prepare: Operations() (participant/key_value_store_operations.h), so that a
//    whole transaction takes one round trip of its initiator;
//  * by calls between enlisting and Prepare: store.Branch(id).Read/Put/Add/Delete, from any thread,
//    which see the branch's own writes.
//
// Locking: a read takes a shared lock of its key, everything else an exclusive one, until the
// branch is committed or aborted, also after a restart. Nothing ever waits for a lock: an operation
// that meets another branch's lock fails with kConflict. The first error of a branch dooms it: its
// later operations fail with the same error, and Prepare is a no with that reason. A branch without
// writes votes read-only and releases its locks at once; a transaction that relies on what it read
// here while it still locks elsewhere must write here too.
//
// Numbers are kept as decimal text, so that Read shows what Add wrote; an absent key counts as 0.
//
// What is durable when: a branch's writes and locks before its yes; its proof of commit, which ends
// its being prepared and makes its writes what is committed, before kCommitted. Each value moves to
// a record of its own a little later, with other writes; nobody can tell. One writer thread makes
// one batch and one sync of all that waits. Aborts, knowledge of coordinators and clean marks are
// written without a sync of their own. The incarnation is the number of times that the store was
// opened.
//
// An older copy (R3): once a coordinator has said so, the store is marked SUPERSEDED, acknowledges
// nothing more, and does not start again until the mark is cleared.
//
// Failure (R8): after a failed write nothing is acknowledged any more, every call fails with
// kFailed, failure() says why, and the process must exit.
//
// Thread-safe, apart from Start; Stop waits for reads that are under way, and what comes later gets
// kNotStarted. Calls on branches and ReadCommitted may read files; they do not wait for a sync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "participant/key_value_store_operations.h"
#include "participant/resource_manager.h"

namespace assent {

namespace storage {
class FileSystem;
}
namespace key_value_store_internal {
class Backend;
}

struct KeyValueStoreOptions {
  std::string directory;  // made by KeyValueStore::Create; see storage/guarded_database.h
  // Null: the real one. Must outlive the store.
  storage::FileSystem* file_system = nullptr;
  // False: no writer thread; what waits is written by RunPending. For single-threaded worlds.
  bool own_thread = true;
  // Tests: check every claim about the database against it.
  bool check_claims = false;
  // For operators: remove the SUPERSEDED mark (R3) at this start.
  bool clear_superseded = false;

  // Ballast against a full disk (storage/guarded_database.h).
  std::uint64_t reserve_bytes = std::uint64_t{16} << 20;

  std::size_t max_branch_bytes = std::size_t{1} << 20;  // keys and values of one branch
  // Of what one batch prepares and commits, above one branch's; it writes back as much again.
  std::size_t max_batch_bytes = std::size_t{8} << 20;
  std::size_t max_remembered_branches = 65'536;  // finished ones, whose late calls are refused
  // Committed values that are kept in memory, of at most 256 B with the key; some 200 B more each.
  std::size_t max_cached_values = 65'536;
  // After so many batches a committed value is written to its own record: later, after up to eight
  // times as many, if its key was committed again meanwhile, and earlier where what waits keeps
  // more than 4 MiB of what was prepared on the disk, or 65,536 values in memory. A start takes
  // what waits from the records of what was prepared.
  std::size_t write_back_batches = 16;
};

class KeyValueStore : public ResourceManager {
 public:
  // A branch's operations. A value; the store must outlive it.
  class BranchHandle {
   public:
    StoreResult Read(std::string_view key);  // value absent: no such key
    StoreResult Put(std::string_view key, std::string_view value);
    StoreResult Delete(std::string_view key);  // there or not
    // Adds `delta`; value: the new number. kBelowFloor if it would lie below `floor`.
    StoreResult Add(std::string_view key, std::int64_t delta,
                    std::int64_t floor = std::numeric_limits<std::int64_t>::min());

   private:
    friend class KeyValueStore;
    BranchHandle(KeyValueStore* store, const TransactionId& id) : store_(store), id_(id) {}

    KeyValueStore* store_;
    TransactionId id_;
  };

  // Makes an empty store in a directory that is absent or empty. `id`: drawn at random for this
  // store, see DrawStoreId (participant/agent_state.h). Empty string, or why not and what to do.
  static std::string Create(const KeyValueStoreOptions& options, const StoreId& id);

  explicit KeyValueStore(const KeyValueStoreOptions& options);
  // For participant/memory_store.h.
  KeyValueStore(const KeyValueStoreOptions& options,
                std::unique_ptr<key_value_store_internal::Backend> backend);
  ~KeyValueStore() override;

  // ResourceManager.
  StartResult Start(ResourceHandlers handlers) override;
  void Submit(std::vector<ResourceStep> steps) override;
  void Supersede(const std::string& reason) override;
  void Stop() override;

  // Between enlisting and Prepare: within a call that the agent has admitted.
  BranchHandle Branch(const TransactionId& id) { return BranchHandle(this, id); }

  // What is committed, outside of any transaction and past any lock. A scan is one snapshot: the
  // pairs whose keys begin with `prefix`, in the order of keys; kFailed if it could not be read.
  StoreResult ReadCommitted(std::string_view key);
  StoreResult ScanCommitted(
      std::string_view prefix,
      const std::function<void(std::string_view key, std::string_view value)>& visitor);

  // Empty unless the store has failed (R8).
  std::string failure() const;

  // Without a thread of its own: writes one batch of what waits and completes it, from within.
  // False if nothing was waiting.
  bool RunPending();

  // Batches that were synced since Start: one sync serves many branches.
  std::uint64_t synced_batches() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent
