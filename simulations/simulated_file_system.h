// A disk in memory that loses what was not synced, fails at a chosen operation, and fills up.
//
// File bytes become durable by Sync of the file, names by SyncDirectory of their directory, each
// on its own. Every operation that changes something is numbered from 1; the same calls give the
// same numbers and the same digest. Background work is queued and run by RunBackgroundWork.
// Used by one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/prng.h"
#include "storage/file_system.h"

namespace assent::simulation {

// What a crash takes away of what was not synced.
enum class Loss {
  kNothing,      // only the process died
  kAllUnsynced,  // every byte and every name
  kTail,         // of each file, and of the changes of names, some end
  kOutOfOrder,   // any of the pieces: gone, or garbage in its place; any of the names
};

// What an operation that is told to fail has done nevertheless.
enum class FailureEffect { kNothing, kHalf, kAll };

class SimulatedFileSystem final : public storage::FileSystem {
 public:
  SimulatedFileSystem() = default;

  uint64_t operations() const { return operations_; }
  uint64_t digest() const { return digest_.Value(); }
  const std::string& last_operation() const { return last_operation_; }

  // This one operation fails (EIO); the ones after it work.
  void FailAt(uint64_t operation, FailureEffect effect);
  // This operation and all later ones fail and change nothing.
  void CrashAt(uint64_t operation) { crash_at_ = operation; }
  bool failed_or_crashed() const { return failed_ || crashed_; }
  // Above this many bytes in all files, writing fails half-done (ENOSPC).
  void SetCapacity(uint64_t bytes) { capacity_ = bytes; }
  uint64_t used_bytes() const;

  // The disk as a new start finds it. After a power loss everything on it is durable; after the
  // death of a process alone (kNothing) what was not synced still is not. No faults are carried
  // over.
  std::unique_ptr<SimulatedFileSystem> AfterCrash(Loss loss, uint64_t seed) const;

  // For damage: the files there, their bytes, and new bytes (durable at once).
  std::vector<std::string> Files() const;
  std::string Content(const std::string& name) const;
  void SetContent(const std::string& name, std::string bytes);
  void Erase(const std::string& name);

  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** result) override;
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** result) override;
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** result) override;
  bool FileExists(const std::string& name) override;
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* result) override;
  leveldb::Status RemoveFile(const std::string& name) override;
  leveldb::Status CreateDir(const std::string& directory) override;
  leveldb::Status RemoveDir(const std::string& directory) override;
  leveldb::Status GetFileSize(const std::string& name, uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& source, const std::string& target) override;
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*function)(void* arg), void* arg) override;
  void StartThread(void (*function)(void* arg), void* arg) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& name, leveldb::Logger** result) override;
  uint64_t NowMicros() override { return operations_; }
  void SleepForMicroseconds(int) override {}

  leveldb::Status SyncDirectory(const std::string& directory) override;
  leveldb::Status NewOverwriteFile(const std::string& name,
                                   std::unique_ptr<storage::OverwriteFile>* file) override;
  leveldb::Status GetFreeBytes(const std::string& directory, uint64_t* bytes) override;
  bool IsNetworkDirectory(const std::string& directory) override;
  void RunBackgroundWork() override;

  // One write that has not been synced.
  struct Piece {
    uint64_t offset;
    std::string bytes;
  };
  struct Inode {
    bool directory = false;
    std::string content;
    std::string durable;
    std::vector<Piece> pending;
  };
  using InodePtr = std::shared_ptr<Inode>;

  // For the files of this disk.
  leveldb::Status WriteTo(const std::string& name, Inode* inode, uint64_t offset,
                          const leveldb::Slice& data);
  leveldb::Status SyncInode(const std::string& name, Inode* inode);
  leveldb::Status CloseInode(const std::string& name);

 private:
  // A change of names that a directory sync has not covered; a rename is one change.
  struct NameChange {
    std::string set;
    InodePtr inode;     // null: `set` is removed
    std::string unset;  // may be empty
  };
  using Names = std::map<std::string, InodePtr>;

  // Numbers the operation. True: it is to be done in full and succeeds.
  bool Begin(const std::string& what, const std::string& name, FailureEffect* effect);
  leveldb::Status Failure(const std::string& name) const;
  void Change(NameChange change);
  static void Apply(const NameChange& change, Names* names);
  static void Write(const Piece& piece, std::string* content);
  static std::string Survivor(const Inode& inode, Loss loss, Prng* random);
  Names SurvivingNames(Loss loss, Prng* random) const;
  std::unique_ptr<SimulatedFileSystem> Copy() const;

  Names now_;
  Names durable_;
  std::vector<NameChange> pending_names_;
  std::set<std::string> locks_;
  std::deque<std::pair<void (*)(void*), void*>> background_;

  uint64_t operations_ = 0;
  std::string last_operation_;
  Hasher digest_;
  uint64_t fail_at_ = 0;
  FailureEffect failure_effect_ = FailureEffect::kNothing;
  bool failed_ = false;
  uint64_t crash_at_ = 0;
  bool crashed_ = false;
  uint64_t capacity_ = uint64_t{1} << 40;
};

}  // namespace assent::simulation
