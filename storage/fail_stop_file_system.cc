#include "storage/fail_stop_file_system.h"

#include <utility>

#include "core/mutants.h"

namespace assent::storage {
namespace {

using leveldb::Slice;
using leveldb::Status;

bool EndsWith(const std::string& name, const std::string& suffix) {
  return name.size() >= suffix.size() &&
         name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

// Records are evidence; manifests and empty logs are not, and would pile up at each refused open.
bool IsEvidence(FileSystem* files, const std::string& name) {
  uint64_t size = 0;
  return (EndsWith(name, ".log") || EndsWith(name, ".ldb")) &&
         files->GetFileSize(name, &size).ok() && size > 0;
}

class FailStopWritableFile final : public leveldb::WritableFile {
 public:
  FailStopWritableFile(FailStopFileSystem* files, std::string name, leveldb::WritableFile* target)
      : files_(files), name_(std::move(name)), target_(target) {}

  // A failure here has nobody to go to but the poison, which is where all of them go.
  ~FailStopWritableFile() override {
    if (!closed_ && !Close().ok()) files_->Poison("close", files_->first_error());
  }

  Status Append(const Slice& data) override {
    unsynced_ = true;
    return Guarded("append", [&] {
      const Status appended = target_->Append(data);
      return ASSENT_MUTANT(full_disk_ignored) ? Status::OK() : appended;
    });
  }
  Status Flush() override {
    return Guarded("flush", [&] { return target_->Flush(); });
  }
  Status Sync() override {
    const Status synced = Guarded("sync", [&] { return SyncTarget(); });
    if (synced.ok()) unsynced_ = false;
    return synced;
  }
  Status Close() override {
    Status synced;
    if (unsynced_) synced = Sync();
    if (!synced.ok()) return synced;
    closed_ = true;
    return Guarded("close", [&] { return target_->Close(); });
  }

 private:
  Status SyncTarget() {
    const Status synced = target_->Sync();
    return !synced.ok() && ASSENT_MUTANT(failed_sync_retried) ? target_->Sync() : synced;
  }

  template <class Operation>
  Status Guarded(const char* what, const Operation& operation) {
    Status stopped = files_->Gate();
    if (!stopped.ok()) return stopped;
    return files_->Checked(what, name_, operation());
  }

  FailStopFileSystem* const files_;
  const std::string name_;
  const std::unique_ptr<leveldb::WritableFile> target_;
  bool unsynced_ = false;
  bool closed_ = false;
};

class FailStopOverwriteFile final : public OverwriteFile {
 public:
  FailStopOverwriteFile(FailStopFileSystem* files, std::string name,
                        std::unique_ptr<OverwriteFile> target)
      : files_(files), name_(std::move(name)), target_(std::move(target)) {}

  Status WriteAt(uint64_t offset, const Slice& data) override {
    Status stopped = files_->Gate();
    if (!stopped.ok()) return stopped;
    return files_->Checked("overwrite", name_, target_->WriteAt(offset, data));
  }
  Status Sync() override {
    Status stopped = files_->Gate();
    if (!stopped.ok()) return stopped;
    return files_->Checked("sync", name_, target_->Sync());
  }

 private:
  FailStopFileSystem* const files_;
  const std::string name_;
  const std::unique_ptr<OverwriteFile> target_;
};

}  // namespace

Status FailStopFileSystem::first_error() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return first_error_;
}

void FailStopFileSystem::Poison(const std::string& operation, const Status& error) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!first_error_.ok() || ASSENT_MUTANT(disk_error_forgotten)) return;
  first_error_ = Status::IOError(operation + " failed", error.ToString());
  poisoned_.store(true, std::memory_order_release);
}

Status FailStopFileSystem::Checked(const char* operation, const std::string& name,
                                   const Status& result) {
  if (!result.ok()) Poison(std::string(operation) + " of " + name, result);
  return result;
}

void FailStopFileSystem::HoldRemovals() {
  std::lock_guard<std::mutex> lock(mutex_);
  holding_removals_ = true;
}

Status FailStopFileSystem::ReleaseRemovals() {
  std::set<std::string> names;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    holding_removals_ = false;
    names.swap(held_removals_);
  }
  for (const std::string& name : names) {
    const Status removed = RemoveNow(name);
    if (!removed.ok() && !removed.IsNotFound()) return removed;
  }
  return Status::OK();
}

Status FailStopFileSystem::WrapNewFile(const std::string& name, const Status& created,
                                       leveldb::WritableFile* file,
                                       leveldb::WritableFile** result) {
  *result = nullptr;
  if (!created.ok()) return Checked("create", name, created);
  auto wrapped = std::make_unique<FailStopWritableFile>(this, name, file);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    held_removals_.erase(name);
  }
  Status synced = SyncDirectory(ParentDirectory(name));
  if (synced.ok()) *result = wrapped.release();
  return synced;
}

Status FailStopFileSystem::NewWritableFile(const std::string& name,
                                           leveldb::WritableFile** result) {
  *result = nullptr;
  Status stopped = Gate();
  if (!stopped.ok()) return stopped;
  leveldb::WritableFile* file = nullptr;
  const Status created = target_->NewWritableFile(name, &file);
  return WrapNewFile(name, created, file, result);
}

Status FailStopFileSystem::NewAppendableFile(const std::string& name,
                                             leveldb::WritableFile** result) {
  *result = nullptr;
  Status stopped = Gate();
  if (!stopped.ok()) return stopped;
  leveldb::WritableFile* file = nullptr;
  const Status created = target_->NewAppendableFile(name, &file);
  return WrapNewFile(name, created, file, result);
}

Status FailStopFileSystem::NewOverwriteFile(const std::string& name,
                                            std::unique_ptr<OverwriteFile>* file) {
  Status stopped = Gate();
  if (!stopped.ok()) return stopped;
  std::unique_ptr<OverwriteFile> opened;
  Status created = Checked("create", name, target_->NewOverwriteFile(name, &opened));
  if (created.ok()) created = SyncDirectory(ParentDirectory(name));
  if (!created.ok()) return created;
  *file = std::make_unique<FailStopOverwriteFile>(this, name, std::move(opened));
  return created;
}

Status FailStopFileSystem::SyncDirectory(const std::string& directory) {
  Status stopped = Gate();
  if (!stopped.ok() || ASSENT_MUTANT(directory_not_synced)) return stopped;
  return Checked("directory sync", directory, target_->SyncDirectory(directory));
}

Status FailStopFileSystem::RemoveNow(const std::string& name) {
  Status stopped = Gate();
  if (!stopped.ok()) return stopped;
  const Status removed = target_->RemoveFile(name);
  return removed.IsNotFound() ? removed : Checked("remove", name, removed);
}

Status FailStopFileSystem::RemoveFile(const std::string& name) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (holding_removals_ && IsEvidence(target_, name)) {
      held_removals_.insert(name);
      return Status::OK();
    }
  }
  return RemoveNow(name);
}

Status FailStopFileSystem::RenameFile(const std::string& source, const std::string& target) {
  Status stopped = Gate();
  if (!stopped.ok()) return stopped;
  const Status renamed = target_->RenameFile(source, target);
  if (renamed.IsNotFound()) return renamed;
  Status checked = Checked("rename", source + " to " + target, renamed);
  if (!checked.ok()) return checked;
  return SyncDirectory(ParentDirectory(target));
}

Status FailStopFileSystem::CreateDir(const std::string& directory) {
  Status stopped = Gate();
  if (!stopped.ok()) return stopped;
  // LevelDB makes its directory at each open, there or not.
  const bool there = target_->FileExists(directory);
  const Status created = target_->CreateDir(directory);
  if (there) return created;
  Status checked = Checked("create directory", directory, created);
  return checked.ok() ? SyncDirectory(ParentDirectory(directory)) : checked;
}

Status FailStopFileSystem::RemoveDir(const std::string& directory) {
  Status stopped = Gate();
  if (!stopped.ok()) return stopped;
  const Status removed = target_->RemoveDir(directory);
  return removed.IsNotFound() ? removed : Checked("remove directory", directory, removed);
}

// What follows reads, or touches nothing that has to last: passed on as it is.

Status FailStopFileSystem::NewSequentialFile(const std::string& name,
                                             leveldb::SequentialFile** result) {
  return target_->NewSequentialFile(name, result);
}
Status FailStopFileSystem::NewRandomAccessFile(const std::string& name,
                                               leveldb::RandomAccessFile** result) {
  return target_->NewRandomAccessFile(name, result);
}
bool FailStopFileSystem::FileExists(const std::string& name) { return target_->FileExists(name); }
Status FailStopFileSystem::GetChildren(const std::string& directory,
                                       std::vector<std::string>* result) {
  return target_->GetChildren(directory, result);
}
Status FailStopFileSystem::GetFileSize(const std::string& name, uint64_t* size) {
  return target_->GetFileSize(name, size);
}
Status FailStopFileSystem::LockFile(const std::string& name, leveldb::FileLock** lock) {
  return target_->LockFile(name, lock);
}
Status FailStopFileSystem::UnlockFile(leveldb::FileLock* lock) { return target_->UnlockFile(lock); }
void FailStopFileSystem::Schedule(void (*function)(void* arg), void* arg) {
  target_->Schedule(function, arg);
}
void FailStopFileSystem::StartThread(void (*function)(void* arg), void* arg) {
  target_->StartThread(function, arg);
}
Status FailStopFileSystem::GetTestDirectory(std::string* path) {
  return target_->GetTestDirectory(path);
}
Status FailStopFileSystem::NewLogger(const std::string& name, leveldb::Logger** result) {
  return target_->NewLogger(name, result);
}
uint64_t FailStopFileSystem::NowMicros() { return target_->NowMicros(); }
void FailStopFileSystem::SleepForMicroseconds(int micros) { target_->SleepForMicroseconds(micros); }
Status FailStopFileSystem::GetFreeBytes(const std::string& directory, uint64_t* bytes) {
  return target_->GetFreeBytes(directory, bytes);
}
bool FailStopFileSystem::IsNetworkDirectory(const std::string& directory) {
  return target_->IsNetworkDirectory(directory);
}
void FailStopFileSystem::RunBackgroundWork() { target_->RunBackgroundWork(); }

}  // namespace assent::storage
