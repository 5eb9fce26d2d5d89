#include "simulations/simulated_file_system.h"

#include <algorithm>

#include "core/check.h"

namespace assent::simulation {
namespace {

using leveldb::Slice;
using leveldb::Status;
using Inode = SimulatedFileSystem::Inode;
using InodePtr = SimulatedFileSystem::InodePtr;

class ReadableFile final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  explicit ReadableFile(InodePtr inode) : inode_(std::move(inode)) {}

  Status Read(uint64_t offset, size_t n, Slice* result, char* scratch) const override {
    const std::string& content = inode_->content;
    const size_t begin = static_cast<size_t>(std::min<uint64_t>(offset, content.size()));
    const size_t count = std::min(n, content.size() - begin);
    std::copy_n(content.data() + begin, count, scratch);
    *result = Slice(scratch, count);
    return Status::OK();
  }
  Status Read(size_t n, Slice* result, char* scratch) override {
    const Status status = Read(position_, n, result, scratch);
    position_ += result->size();
    return status;
  }
  Status Skip(uint64_t n) override {
    position_ += n;
    return Status::OK();
  }

 private:
  const InodePtr inode_;
  uint64_t position_ = 0;
};

class AppendedFile final : public leveldb::WritableFile {
 public:
  AppendedFile(SimulatedFileSystem* files, std::string name, InodePtr inode)
      : files_(files), name_(std::move(name)), inode_(std::move(inode)) {}

  Status Append(const Slice& data) override {
    return files_->WriteTo(name_, inode_.get(), inode_->content.size(), data);
  }
  Status Close() override { return files_->CloseInode(name_); }
  Status Flush() override { return Status::OK(); }
  Status Sync() override { return files_->SyncInode(name_, inode_.get()); }

 private:
  SimulatedFileSystem* const files_;
  const std::string name_;
  const InodePtr inode_;
};

class OverwrittenFile final : public storage::OverwriteFile {
 public:
  OverwrittenFile(SimulatedFileSystem* files, std::string name, InodePtr inode)
      : files_(files), name_(std::move(name)), inode_(std::move(inode)) {}

  Status WriteAt(uint64_t offset, const Slice& data) override {
    return files_->WriteTo(name_, inode_.get(), offset, data);
  }
  Status Sync() override { return files_->SyncInode(name_, inode_.get()); }

 private:
  SimulatedFileSystem* const files_;
  const std::string name_;
  const InodePtr inode_;
};

class HeldLock final : public leveldb::FileLock {
 public:
  explicit HeldLock(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
};

Status NotThere(const std::string& name) {
  return Status::NotFound(name, "No such file or directory");
}

}  // namespace

// --- faults ---

void SimulatedFileSystem::FailAt(uint64_t operation, FailureEffect effect) {
  fail_at_ = operation;
  failure_effect_ = effect;
}

bool SimulatedFileSystem::Begin(const std::string& what, const std::string& name,
                                FailureEffect* effect) {
  *effect = FailureEffect::kNothing;
  ++operations_;
  last_operation_ = what + " " + name;
  digest_.Add(what).Add(name);
  if (operations_ == crash_at_) crashed_ = true;
  if (crashed_) return false;
  if (operations_ == fail_at_) {
    failed_ = true;
    *effect = failure_effect_;
    return false;
  }
  *effect = FailureEffect::kAll;
  return true;
}

Status SimulatedFileSystem::Failure(const std::string& name) const {
  return Status::IOError(name, crashed_ ? "the power is off" : "Input/output error");
}

uint64_t SimulatedFileSystem::used_bytes() const {
  uint64_t bytes = 0;
  for (const auto& entry : now_) bytes += entry.second->content.size();
  return bytes;
}

// --- bytes ---

void SimulatedFileSystem::Write(const Piece& piece, std::string* content) {
  const size_t begin = static_cast<size_t>(piece.offset);
  if (content->size() < begin + piece.bytes.size()) content->resize(begin + piece.bytes.size());
  content->replace(begin, piece.bytes.size(), piece.bytes);
}

Status SimulatedFileSystem::WriteTo(const std::string& name, Inode* inode, uint64_t offset,
                                    const Slice& data) {
  FailureEffect effect;
  const bool good = Begin("write", name, &effect);
  digest_.AddNumber(offset).Add({data.data(), data.size()});
  size_t count = effect == FailureEffect::kAll ? data.size() : 0;
  if (effect == FailureEffect::kHalf) count = data.size() / 2;
  const uint64_t end = offset + count;
  const uint64_t growth = end > inode->content.size() ? end - inode->content.size() : 0;
  const uint64_t used = used_bytes();
  const bool full = growth > 0 && used + growth > capacity_;
  if (full) count = used < capacity_ ? std::min<size_t>(count, capacity_ - used) : 0;
  if (count > 0) {
    const Piece piece{offset, std::string(data.data(), count)};
    Write(piece, &inode->content);
    inode->pending.push_back(piece);
  }
  if (full) return Status::IOError(name, "No space left on device");
  return good ? Status::OK() : Failure(name);
}

Status SimulatedFileSystem::SyncInode(const std::string& name, Inode* inode) {
  FailureEffect effect;
  const bool good = Begin("sync", name, &effect);
  if (effect == FailureEffect::kAll) {
    for (const Piece& piece : inode->pending) Write(piece, &inode->durable);
  }
  // As Linux does: what a failed sync has not written counts as written, and no later sync tries.
  inode->pending.clear();
  return good ? Status::OK() : Failure(name);
}

Status SimulatedFileSystem::CloseInode(const std::string& name) {
  FailureEffect effect;
  return Begin("close", name, &effect) ? Status::OK() : Failure(name);
}

// --- names ---

void SimulatedFileSystem::Apply(const NameChange& change, Names* names) {
  if (change.inode != nullptr) {
    (*names)[change.set] = change.inode;
  } else {
    names->erase(change.set);
  }
  if (!change.unset.empty()) names->erase(change.unset);
}

void SimulatedFileSystem::Change(NameChange change) {
  Apply(change, &now_);
  pending_names_.push_back(std::move(change));
}

Status SimulatedFileSystem::SyncDirectory(const std::string& directory) {
  FailureEffect effect;
  const bool good = Begin("directory sync", directory, &effect);
  if (effect == FailureEffect::kAll) {
    std::vector<NameChange> rest;
    for (NameChange& change : pending_names_) {
      if (storage::ParentDirectory(change.set) == directory) {
        Apply(change, &durable_);
      } else {
        rest.push_back(std::move(change));
      }
    }
    pending_names_ = std::move(rest);
  }
  return good ? Status::OK() : Failure(directory);
}

Status SimulatedFileSystem::NewWritableFile(const std::string& name,
                                            leveldb::WritableFile** result) {
  *result = nullptr;
  FailureEffect effect;
  const bool good = Begin("create", name, &effect);
  if (effect == FailureEffect::kAll && used_bytes() >= capacity_) {
    return Status::IOError(name, "No space left on device");
  }
  auto inode = std::make_shared<Inode>();
  if (effect == FailureEffect::kAll) Change({name, inode, ""});
  if (!good) return Failure(name);
  *result = new AppendedFile(this, name, inode);
  return Status::OK();
}

Status SimulatedFileSystem::NewOverwriteFile(const std::string& name,
                                             std::unique_ptr<storage::OverwriteFile>* file) {
  FailureEffect effect;
  const bool good = Begin("open to overwrite", name, &effect);
  if (effect == FailureEffect::kAll && now_.count(name) == 0) {
    Change({name, std::make_shared<Inode>(), ""});
  }
  if (!good) return Failure(name);
  *file = std::make_unique<OverwrittenFile>(this, name, now_.at(name));
  return Status::OK();
}

Status SimulatedFileSystem::RemoveFile(const std::string& name) {
  const auto found = now_.find(name);
  if (found == now_.end()) return NotThere(name);
  FailureEffect effect;
  const bool good = Begin("remove", name, &effect);
  if (effect == FailureEffect::kAll) Change({name, nullptr, ""});
  return good ? Status::OK() : Failure(name);
}

Status SimulatedFileSystem::RenameFile(const std::string& source, const std::string& target) {
  const auto found = now_.find(source);
  if (found == now_.end()) return NotThere(source);
  FailureEffect effect;
  const bool good = Begin("rename", source + " to " + target, &effect);
  if (effect == FailureEffect::kAll) Change({target, InodePtr(found->second), source});
  return good ? Status::OK() : Failure(source);
}

Status SimulatedFileSystem::CreateDir(const std::string& directory) {
  if (now_.count(directory) > 0) return Status::IOError(directory, "File exists");
  FailureEffect effect;
  const bool good = Begin("create directory", directory, &effect);
  if (effect == FailureEffect::kAll) {
    auto inode = std::make_shared<Inode>();
    inode->directory = true;
    Change({directory, inode, ""});
  }
  return good ? Status::OK() : Failure(directory);
}

Status SimulatedFileSystem::RemoveDir(const std::string& directory) {
  return RemoveFile(directory);
}

// --- reading ---

Status SimulatedFileSystem::NewSequentialFile(const std::string& name,
                                              leveldb::SequentialFile** result) {
  *result = nullptr;
  const auto found = now_.find(name);
  if (found == now_.end()) return NotThere(name);
  *result = new ReadableFile(found->second);
  return Status::OK();
}

Status SimulatedFileSystem::NewRandomAccessFile(const std::string& name,
                                                leveldb::RandomAccessFile** result) {
  *result = nullptr;
  const auto found = now_.find(name);
  if (found == now_.end()) return NotThere(name);
  *result = new ReadableFile(found->second);
  return Status::OK();
}

bool SimulatedFileSystem::FileExists(const std::string& name) { return now_.count(name) > 0; }

Status SimulatedFileSystem::GetChildren(const std::string& directory,
                                        std::vector<std::string>* result) {
  result->clear();
  for (const auto& entry : now_) {
    if (storage::ParentDirectory(entry.first) != directory) continue;
    result->push_back(entry.first.substr(directory.size() + 1));
  }
  return Status::OK();
}

Status SimulatedFileSystem::GetFileSize(const std::string& name, uint64_t* size) {
  const auto found = now_.find(name);
  if (found == now_.end()) return NotThere(name);
  *size = found->second->content.size();
  return Status::OK();
}

Status SimulatedFileSystem::LockFile(const std::string& name, leveldb::FileLock** lock) {
  *lock = nullptr;
  if (!locks_.insert(name).second) {
    return Status::IOError("lock " + name, "already held by process");
  }
  if (now_.count(name) == 0) Change({name, std::make_shared<Inode>(), ""});
  *lock = new HeldLock(name);
  return Status::OK();
}

Status SimulatedFileSystem::UnlockFile(leveldb::FileLock* lock) {
  const std::unique_ptr<HeldLock> held(static_cast<HeldLock*>(lock));
  locks_.erase(held->name());
  return Status::OK();
}

Status SimulatedFileSystem::GetFreeBytes(const std::string&, uint64_t* bytes) {
  const uint64_t used = used_bytes();
  *bytes = used < capacity_ ? capacity_ - used : 0;
  return Status::OK();
}

bool SimulatedFileSystem::IsNetworkDirectory(const std::string&) { return false; }

// --- the rest of the Env ---

void SimulatedFileSystem::Schedule(void (*function)(void* arg), void* arg) {
  background_.emplace_back(function, arg);
}

void SimulatedFileSystem::RunBackgroundWork() {
  while (!background_.empty()) {
    const auto work = background_.front();
    background_.pop_front();
    work.first(work.second);
  }
}

void SimulatedFileSystem::StartThread(void (*)(void* arg), void*) {
  ASSENT_CHECK(false, "a simulated disk has no threads");
}

Status SimulatedFileSystem::GetTestDirectory(std::string* path) {
  *path = "/test";
  return Status::OK();
}

Status SimulatedFileSystem::NewLogger(const std::string& name, leveldb::Logger**) {
  return Status::NotSupported(name, "a simulated disk has no loggers");
}

// --- crash and damage ---

std::string SimulatedFileSystem::Survivor(const Inode& inode, Loss loss, Prng* random) {
  std::string content = inode.durable;
  if (loss == Loss::kAllUnsynced) return content;
  uint64_t total = 0;
  for (const Piece& piece : inode.pending) total += piece.bytes.size();
  uint64_t left = random->Below(total + 1);
  for (Piece piece : inode.pending) {
    if (loss == Loss::kTail) {
      piece.bytes.resize(std::min<uint64_t>(left, piece.bytes.size()));
      left -= piece.bytes.size();
    } else {
      const uint64_t fate = random->Below(3);
      if (fate == 0) continue;
      if (fate == 1)
        std::fill(piece.bytes.begin(), piece.bytes.end(), static_cast<char>(random->Next()));
    }
    if (!piece.bytes.empty()) Write(piece, &content);
  }
  return content;
}

SimulatedFileSystem::Names SimulatedFileSystem::SurvivingNames(Loss loss, Prng* random) const {
  Names names = durable_;
  if (loss == Loss::kAllUnsynced) return names;
  const uint64_t first = random->Below(pending_names_.size() + 1);
  for (size_t i = 0; i < pending_names_.size(); ++i) {
    const bool survives = loss == Loss::kTail ? i < first : random->Below(2) == 0;
    if (survives) Apply(pending_names_[i], &names);
  }
  return names;
}

std::unique_ptr<SimulatedFileSystem> SimulatedFileSystem::AfterCrash(Loss loss,
                                                                     uint64_t seed) const {
  if (loss == Loss::kNothing) return Copy();
  Prng random(seed);
  auto disk = std::make_unique<SimulatedFileSystem>();
  for (const auto& entry : SurvivingNames(loss, &random)) {
    auto inode = std::make_shared<Inode>();
    inode->directory = entry.second->directory;
    inode->content = Survivor(*entry.second, loss, &random);
    inode->durable = inode->content;
    disk->now_[entry.first] = inode;
  }
  disk->durable_ = disk->now_;
  disk->capacity_ = capacity_;
  return disk;
}

std::unique_ptr<SimulatedFileSystem> SimulatedFileSystem::Copy() const {
  auto disk = std::make_unique<SimulatedFileSystem>();
  std::map<InodePtr, InodePtr> copies;
  const auto copy = [&copies](const InodePtr& inode) {
    InodePtr& copied = copies[inode];
    if (copied == nullptr && inode != nullptr) copied = std::make_shared<Inode>(*inode);
    return copied;
  };
  for (const auto& [name, inode] : now_) disk->now_[name] = copy(inode);
  for (const auto& [name, inode] : durable_) disk->durable_[name] = copy(inode);
  for (const NameChange& change : pending_names_) {
    disk->pending_names_.push_back({change.set, copy(change.inode), change.unset});
  }
  disk->capacity_ = capacity_;
  return disk;
}

std::vector<std::string> SimulatedFileSystem::Files() const {
  std::vector<std::string> names;
  for (const auto& entry : now_) {
    if (!entry.second->directory) names.push_back(entry.first);
  }
  return names;
}

std::string SimulatedFileSystem::Content(const std::string& name) const {
  const auto found = now_.find(name);
  ASSENT_CHECK(found != now_.end(), "no such file on the simulated disk");
  return found->second->content;
}

void SimulatedFileSystem::SetContent(const std::string& name, std::string bytes) {
  auto inode = std::make_shared<Inode>();
  inode->durable = bytes;
  inode->content = std::move(bytes);
  now_[name] = inode;
  durable_[name] = inode;
}

void SimulatedFileSystem::Erase(const std::string& name) {
  now_.erase(name);
  durable_.erase(name);
}

}  // namespace assent::simulation
