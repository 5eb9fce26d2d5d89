#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>

#include "storage/file_system.h"

namespace assent::storage {
namespace {

leveldb::Status PosixError(const std::string& name, int error) {
  if (error == ENOENT) return leveldb::Status::NotFound(name, std::strerror(error));
  return leveldb::Status::IOError(name, std::strerror(error));
}

class PosixOverwriteFile final : public OverwriteFile {
 public:
  PosixOverwriteFile(std::string name, int descriptor)
      : name_(std::move(name)), descriptor_(descriptor) {}

  // Nothing is buffered, and Sync reports what the disk says: close has nothing to add.
  ~PosixOverwriteFile() override { ::close(descriptor_); }

  leveldb::Status WriteAt(uint64_t offset, const leveldb::Slice& data) override {
    size_t done = 0;
    while (done < data.size()) {
      const ssize_t written = ::pwrite(descriptor_, data.data() + done, data.size() - done,
                                       static_cast<off_t>(offset + done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return PosixError(name_, errno);
      done += static_cast<size_t>(written);
    }
    return leveldb::Status::OK();
  }

  leveldb::Status Sync() override {
    return ::fdatasync(descriptor_) == 0 ? leveldb::Status::OK() : PosixError(name_, errno);
  }

 private:
  const std::string name_;
  const int descriptor_;
};

// LevelDB's own POSIX Env, and the rest beside it.
class PosixFileSystem final : public FileSystem {
 public:
  using Status = leveldb::Status;

  Status NewSequentialFile(const std::string& name, leveldb::SequentialFile** result) override {
    return env_->NewSequentialFile(name, result);
  }
  Status NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** result) override {
    return env_->NewRandomAccessFile(name, result);
  }
  Status NewWritableFile(const std::string& name, leveldb::WritableFile** result) override {
    return env_->NewWritableFile(name, result);
  }
  Status NewAppendableFile(const std::string& name, leveldb::WritableFile** result) override {
    return env_->NewAppendableFile(name, result);
  }
  bool FileExists(const std::string& name) override { return env_->FileExists(name); }
  Status GetChildren(const std::string& directory, std::vector<std::string>* result) override {
    return env_->GetChildren(directory, result);
  }
  Status RemoveFile(const std::string& name) override { return env_->RemoveFile(name); }
  Status CreateDir(const std::string& directory) override { return env_->CreateDir(directory); }
  Status RemoveDir(const std::string& directory) override { return env_->RemoveDir(directory); }
  Status GetFileSize(const std::string& name, uint64_t* size) override {
    return env_->GetFileSize(name, size);
  }
  Status RenameFile(const std::string& source, const std::string& target) override {
    return env_->RenameFile(source, target);
  }
  // LevelDB opens and closes the lock file of a lock that this process holds already, and that
  // close drops the lock: so it must not get that far.
  Status LockFile(const std::string& name, leveldb::FileLock** lock) override {
    std::lock_guard<std::mutex> guard(mutex_);
    *lock = nullptr;
    const std::string real = std::filesystem::absolute(name).lexically_normal().string();
    for (const auto& [held, held_name] : locks_) {
      if (held_name == real) return Status::IOError("lock " + name, "already held by process");
    }
    const Status locked = env_->LockFile(name, lock);
    if (locked.ok()) locks_[*lock] = real;
    return locked;
  }
  Status UnlockFile(leveldb::FileLock* lock) override {
    std::lock_guard<std::mutex> guard(mutex_);
    locks_.erase(lock);
    return env_->UnlockFile(lock);
  }
  void Schedule(void (*function)(void*), void* arg) override { env_->Schedule(function, arg); }
  void StartThread(void (*function)(void*), void* arg) override {
    env_->StartThread(function, arg);
  }
  Status GetTestDirectory(std::string* path) override { return env_->GetTestDirectory(path); }
  Status NewLogger(const std::string& name, leveldb::Logger** result) override {
    return env_->NewLogger(name, result);
  }
  uint64_t NowMicros() override { return env_->NowMicros(); }
  void SleepForMicroseconds(int micros) override { env_->SleepForMicroseconds(micros); }

  Status SyncDirectory(const std::string& directory) override {
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return PosixError(directory, errno);
    const Status result = ::fsync(descriptor) == 0 ? Status::OK() : PosixError(directory, errno);
    ::close(descriptor);
    return result;
  }

  Status NewOverwriteFile(const std::string& name, std::unique_ptr<OverwriteFile>* file) override {
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) return PosixError(name, errno);
    *file = std::make_unique<PosixOverwriteFile>(name, descriptor);
    return Status::OK();
  }

  Status GetFreeBytes(const std::string& directory, uint64_t* bytes) override {
    struct statvfs space = {};
    if (::statvfs(directory.c_str(), &space) != 0) return PosixError(directory, errno);
    *bytes = static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
    return Status::OK();
  }

  bool IsNetworkDirectory(const std::string& directory) override {
    // NFS, SMB, CIFS, SMB2, Ceph, AFS: statfs(2).
    constexpr std::array<uint32_t, 6> kRemote = {0x6969,     0x517b,     0xff534d42,
                                                 0xfe534d42, 0x00c36400, 0x5346414f};
    struct statfs info = {};
    if (::statfs(directory.c_str(), &info) != 0) return false;
    for (const uint32_t type : kRemote) {
      if (static_cast<uint32_t>(info.f_type) == type) return true;
    }
    return false;
  }

 private:
  leveldb::Env* const env_ = leveldb::Env::Default();
  std::mutex mutex_;                                 // guards what follows
  std::map<leveldb::FileLock*, std::string> locks_;  // held by this process, under real names
};

}  // namespace

FileSystem* FileSystem::Posix() {
  static PosixFileSystem* const instance = new PosixFileSystem;  // used until the process ends
  return instance;
}

std::string ParentDirectory(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "." : "/";
  const size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  const size_t last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

}  // namespace assent::storage
