// The real file system, which counts what is synced. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/file_system.h"

namespace assent::testing {

class CountingFileSystem final : public storage::FileSystem {
 public:
  // Syncs of files since the last call.
  std::uint64_t TakeSyncs() { return syncs_.exchange(0); }

  leveldb::Status NewWritableFile(const std::string& name,
                                  leveldb::WritableFile** result) override {
    leveldb::WritableFile* file = nullptr;
    const leveldb::Status status = target_->NewWritableFile(name, &file);
    *result = status.ok() ? new Written(this, file) : nullptr;
    return status;
  }
  leveldb::Status NewAppendableFile(const std::string& name,
                                    leveldb::WritableFile** result) override {
    leveldb::WritableFile* file = nullptr;
    const leveldb::Status status = target_->NewAppendableFile(name, &file);
    *result = status.ok() ? new Written(this, file) : nullptr;
    return status;
  }
  leveldb::Status NewOverwriteFile(const std::string& name,
                                   std::unique_ptr<storage::OverwriteFile>* file) override {
    std::unique_ptr<storage::OverwriteFile> opened;
    const leveldb::Status status = target_->NewOverwriteFile(name, &opened);
    if (status.ok()) *file = std::make_unique<Overwritten>(this, std::move(opened));
    return status;
  }

  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** result) override {
    return target_->NewSequentialFile(name, result);
  }
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** result) override {
    return target_->NewRandomAccessFile(name, result);
  }
  bool FileExists(const std::string& name) override { return target_->FileExists(name); }
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* result) override {
    return target_->GetChildren(directory, result);
  }
  leveldb::Status RemoveFile(const std::string& name) override { return target_->RemoveFile(name); }
  leveldb::Status CreateDir(const std::string& directory) override {
    return target_->CreateDir(directory);
  }
  leveldb::Status RemoveDir(const std::string& directory) override {
    return target_->RemoveDir(directory);
  }
  leveldb::Status GetFileSize(const std::string& name, uint64_t* size) override {
    return target_->GetFileSize(name, size);
  }
  leveldb::Status RenameFile(const std::string& source, const std::string& target) override {
    return target_->RenameFile(source, target);
  }
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override {
    return target_->LockFile(name, lock);
  }
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override { return target_->UnlockFile(lock); }
  void Schedule(void (*function)(void* arg), void* arg) override {
    target_->Schedule(function, arg);
  }
  void StartThread(void (*function)(void* arg), void* arg) override {
    target_->StartThread(function, arg);
  }
  leveldb::Status GetTestDirectory(std::string* path) override {
    return target_->GetTestDirectory(path);
  }
  leveldb::Status NewLogger(const std::string& name, leveldb::Logger** result) override {
    return target_->NewLogger(name, result);
  }
  uint64_t NowMicros() override { return target_->NowMicros(); }
  void SleepForMicroseconds(int micros) override { target_->SleepForMicroseconds(micros); }
  leveldb::Status SyncDirectory(const std::string& directory) override {
    return target_->SyncDirectory(directory);
  }
  leveldb::Status GetFreeBytes(const std::string& directory, uint64_t* bytes) override {
    return target_->GetFreeBytes(directory, bytes);
  }
  bool IsNetworkDirectory(const std::string& directory) override {
    return target_->IsNetworkDirectory(directory);
  }

 private:
  class Written final : public leveldb::WritableFile {
   public:
    Written(CountingFileSystem* files, leveldb::WritableFile* file) : files_(files), file_(file) {}
    leveldb::Status Append(const leveldb::Slice& data) override { return file_->Append(data); }
    leveldb::Status Close() override { return file_->Close(); }
    leveldb::Status Flush() override { return file_->Flush(); }
    leveldb::Status Sync() override {
      ++files_->syncs_;
      return file_->Sync();
    }

   private:
    CountingFileSystem* const files_;
    const std::unique_ptr<leveldb::WritableFile> file_;
  };

  class Overwritten final : public storage::OverwriteFile {
   public:
    Overwritten(CountingFileSystem* files, std::unique_ptr<storage::OverwriteFile> file)
        : files_(files), file_(std::move(file)) {}
    leveldb::Status WriteAt(uint64_t offset, const leveldb::Slice& data) override {
      return file_->WriteAt(offset, data);
    }
    leveldb::Status Sync() override {
      ++files_->syncs_;
      return file_->Sync();
    }

   private:
    CountingFileSystem* const files_;
    const std::unique_ptr<storage::OverwriteFile> file_;
  };

  storage::FileSystem* const target_ = storage::FileSystem::Posix();
  std::atomic<std::uint64_t> syncs_{0};
};

}  // namespace assent::testing
