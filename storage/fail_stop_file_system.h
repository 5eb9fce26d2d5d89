// A layer that stops at the first error, because LevelDB does not: after one failed write LevelDB
// goes on acknowledging writes that the next open loses.
//
// The first error of a create, append, flush, sync, close, overwrite, rename, remove or directory
// sync *poisons* the layer: every later one of them fails with that first error and touches
// nothing. Reads, locks, CreateDir of an existing directory and a remove or rename of what is not
// there do not poison.
//
// It also makes durable what LevelDB leaves to chance:
//  * the parent directory is synced after each create, rename and new directory;
//  * a file that is closed, or dropped, with unsynced bytes is synced first. LevelDB drops a full
//    log file without a sync; a batch synced into the next file could otherwise survive a batch
//    before it.
//
// Thread-safe. `target` must outlive it, and it must outlive every file it has handed out.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "storage/file_system.h"

namespace assent::storage {

class FailStopFileSystem final : public FileSystem {
 public:
  explicit FailStopFileSystem(FileSystem* target) : target_(target) {}

  bool poisoned() const { return poisoned_.load(std::memory_order_acquire); }
  // The first error, with the operation and the file; OK unless poisoned.
  leveldb::Status first_error() const;
  // Poisons by hand, for an error that did not come out of a file operation. The first one stays.
  void Poison(const std::string& operation, const leveldb::Status& error);

  // While removals are held, RemoveFile answers OK and only notes the name. Opening a database
  // rewrites it: as long as nobody has checked the result, the files that it was rewritten from
  // are the only evidence. Release performs what was noted; without it nothing is removed.
  void HoldRemovals();
  leveldb::Status ReleaseRemovals();

  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** result) override;
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** result) override;
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** result) override;
  leveldb::Status NewAppendableFile(const std::string& name,
                                    leveldb::WritableFile** result) override;
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
  uint64_t NowMicros() override;
  void SleepForMicroseconds(int micros) override;

  leveldb::Status SyncDirectory(const std::string& directory) override;
  leveldb::Status NewOverwriteFile(const std::string& name,
                                   std::unique_ptr<OverwriteFile>* file) override;
  leveldb::Status GetFreeBytes(const std::string& directory, uint64_t* bytes) override;
  bool IsNetworkDirectory(const std::string& directory) override;
  void RunBackgroundWork() override;

  // For the files of this layer: the error that stops an operation, OK if none does.
  leveldb::Status Gate() const { return poisoned() ? first_error() : leveldb::Status::OK(); }
  // Passes `result` on, and poisons if it is an error.
  leveldb::Status Checked(const char* operation, const std::string& name,
                          const leveldb::Status& result);

 private:
  leveldb::Status WrapNewFile(const std::string& name, const leveldb::Status& created,
                              leveldb::WritableFile* file, leveldb::WritableFile** result);
  leveldb::Status RemoveNow(const std::string& name);

  FileSystem* const target_;
  std::atomic<bool> poisoned_{false};
  mutable std::mutex mutex_;  // guards what follows
  leveldb::Status first_error_;
  bool holding_removals_ = false;
  std::set<std::string> held_removals_;  // names, in a fixed order
};

}  // namespace assent::storage
