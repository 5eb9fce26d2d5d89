// LevelDB, opened and written so that no acknowledged record is lost without somebody noticing.
//
// A directory holds: `db/` (LevelDB), `witness` (the sequence number of the last synced batch),
// `reserve` (a ballast file, given up on request when the disk is full), `lock`, and, while it is
// being created, `creating`. Every batch rewrites the *head* record: sequence number, number of
// live records, sum of their hashes. Open scans all records and compares head and witness.
//
// What is durable when: a batch written with `sync` is durable when Write has returned OK. One
// written without survives the death of the process at once, and a power loss together with the
// next synced batch, never out of order: what a power loss leaves is a prefix of all batches that
// includes the last synced one. All that Open hands out is durable before Open returns, read from
// a page cache or not: LevelDB rewrites every log file it replays into a synced table under a new
// synced manifest (reuse_logs is off), and a synced batch, which raises `opens`, closes it off.
//
// What is noticed: any change to the files by which an acknowledged synced record got lost or
// altered. Not noticed: the whole directory replaced by an older copy of all of it.
//
// After the first failed write nothing is known about the disk (R8): that call and all later ones
// fail with kIoError, and the process must exit. The next Open finds what is there.
//
// Threads: one at a time. Get and snapshots may run beside Write, on FileSystem::Posix().
// Blocking: all calls but the accessors read or write files; Open reads everything.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "storage/batch.h"
#include "storage/fail_stop_file_system.h"
#include "storage/file_system.h"
#include "storage/head.h"
#include "storage/scan.h"
#include "storage/status.h"

namespace leveldb {
class DB;
class FileLock;
class Logger;
class Snapshot;
}  // namespace leveldb

namespace assent::storage {

class Witness;
struct WitnessContent;

// Batches above this are refused with kInvalidArgument.
inline constexpr size_t kMaxBatchBytes = size_t{64} << 20;

struct DatabaseOptions {
  FileSystem* file_system = nullptr;  // null: FileSystem::Posix(). Must outlive the database.
  // Recovery replays up to this much, and reopening needs that much free space.
  size_t write_buffer_bytes = size_t{4} << 20;
  // Size of the ballast file; 0: none.
  uint64_t reserve_bytes = uint64_t{16} << 20;
  // Databases of a format below this are refused.
  uint32_t oldest_format = 0;
  // Check every claim of every batch against the database. For tests: one read per operation.
  bool check_claims = false;

  // For operators; each says yes to one refusal of Open.
  bool accept_missing_witness = false;  // start without the witness, and write a new one
  bool clear_superseded = false;        // remove the SUPERSEDED mark in the opening batch
  bool use_reserve = false;             // remove the ballast file first
};

class GuardedDatabase {
 public:
  // Makes an empty database. The directory must be absent or empty (its parent must exist), or
  // hold a creation that was interrupted, which is started over. kAlreadyExists otherwise.
  // Durable when it has returned OK. Open it afterwards.
  static Status Create(const DatabaseOptions& options, const std::string& directory,
                       const Identity& identity);

  // Opens what Create made. `expected.kind` must be equal; `expected.format` is the newest that the
  // caller reads; `expected.owner` must be equal unless empty. Never creates anything where no
  // database is. A refusal removes nothing. `visitor` (may be null) gets every live record *before*
  // the check is complete: forget what it was given unless Open returns OK.
  // Errors: kMissing, kLocked, kForeign, kNewerFormat, kOlderFormat, kSuperseded, kDamaged,
  // kIoError, kInvalidArgument (network file system), the visitor's.
  static Status Open(const DatabaseOptions& options, const std::string& directory,
                     const Identity& expected, const RecordVisitor& visitor,
                     std::unique_ptr<GuardedDatabase>* database);

  GuardedDatabase(const GuardedDatabase&) = delete;
  GuardedDatabase& operator=(const GuardedDatabase&) = delete;
  ~GuardedDatabase();  // closes; unlike Close it does not sync what is not synced into the witness

  // Applies `batch`. May be empty (a sync of what was written before). kIoError: see above.
  Status Write(const Batch& batch, bool sync);

  Status Get(std::string_view key, std::string* value);  // kNotFound

  // What was there when it was taken, which reads no file and waits for no write. Ends before the
  // database is closed.
  class Snapshot {
   public:
    explicit Snapshot(GuardedDatabase* database);
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot();

    // The records whose keys begin with `prefix`, in the order of keys.
    Status ForEach(std::string_view prefix, const RecordVisitor& visitor);

   private:
    GuardedDatabase* const database_;
    const leveldb::Snapshot* const snapshot_;
  };

  // Marks this copy as superseded, synced: it does not open again until an operator clears the
  // mark. Later writes fail with kSuperseded.
  Status MarkSuperseded(std::string_view reason);

  // Gives the ballast file's space back to the disk (OK if there is none); makes it again.
  Status FreeReserve();
  Status RestoreReserve();  // kIoError leaves the database usable
  // OK, or why there is none. Open makes it again if four times its size is free.
  const Status& reserve_status() const { return reserve_status_; }
  Status GetFreeBytes(uint64_t* bytes) const;

  // Syncs what is not synced yet and closes. Nothing but the destructor may be called after it.
  Status Close();

  const Identity& identity() const { return identity_; }
  const std::string& directory() const { return directory_; }
  uint64_t sequence() const { return head_.sequence; }           // of the last batch
  uint64_t synced_sequence() const { return synced_sequence_; }  // of the last synced one
  uint64_t live_records() const { return head_.live_records; }   // bookkeeping ones included
  // Of all batches since Open, as LevelDB gets them, head records included. Any thread.
  uint64_t written_bytes() const { return written_bytes_; }
  uint64_t opens() const { return head_.opens; }  // 1 at the first Open; grows at each, synced

 private:
  GuardedDatabase(const DatabaseOptions& options, std::string directory);

  Status Lock();
  Status OpenLevelDb(bool create);
  Status OpenWitness(WitnessContent* content);
  Status CheckAndScan(const Identity& expected, const RecordVisitor& visitor);
  Status FinishOpen();
  void RestoreReserveIfAmple();
  Status CreateLocked(const Identity& identity);
  Status BuildEmpty(const Identity& identity);
  Status WipeInterruptedCreation();
  Status WriteRaw(const leveldb::WriteBatch& writes, Head next, bool sync);
  Status HeadAfter(const Batch& batch, Head* next);
  Status Failed(const leveldb::Status& error);
  Status Usable() const;
  void Release();

  // Constant after Open.
  const DatabaseOptions options_;
  const std::string directory_;
  FileSystem* const raw_files_;
  Identity identity_;

  std::unique_ptr<FailStopFileSystem> files_;  // outlives what follows
  leveldb::FileLock* lock_ = nullptr;
  std::unique_ptr<leveldb::Logger> logger_;
  std::unique_ptr<leveldb::DB> db_;
  std::unique_ptr<Witness> witness_;

  // Owned by the one writing thread.
  Head head_;
  uint64_t synced_sequence_ = 0;
  std::atomic<uint64_t> written_bytes_ = 0;
  bool superseded_ = false;
  std::string superseded_reason_;
  Status reserve_status_;
  leveldb::WriteBatch scratch_;
};

}  // namespace assent::storage
