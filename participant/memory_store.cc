#include "participant/memory_store.h"

#include <utility>
#include <vector>

#include "core/check.h"
#include "participant/key_value_store_backend.h"

namespace assent {

using key_value_store_internal::Change;
using key_value_store_internal::RecordMap;
using storage::Status;
using storage::StatusKind;

class MemorySnapshot : public key_value_store_internal::Backend::Snapshot {
 public:
  explicit MemorySnapshot(RecordMap records) : records_(std::move(records)) {}

  Status ForEach(std::string_view prefix, const storage::RecordVisitor& visitor) override {
    return key_value_store_internal::VisitRecords(records_, prefix, visitor);
  }

 private:
  const RecordMap records_;
};

// Checks every claim: what is free here costs a read per operation in a database.
class MemoryBackend : public key_value_store_internal::Backend {
 public:
  MemoryBackend(std::shared_ptr<MemoryStoreDisk> disk, bool clear_superseded)
      : disk_(std::move(disk)), clear_superseded_(clear_superseded) {}

  Status Open(const storage::RecordVisitor& visitor, StoreId* id,
              Incarnation* incarnation) override {
    const std::lock_guard<std::mutex> hold(disk_->mutex_);
    if (disk_->failing_) return Failure();
    if (clear_superseded_) disk_->superseded_by_.clear();
    if (!disk_->superseded_by_.empty()) {
      return Status(StatusKind::kSuperseded, "marked SUPERSEDED: " + disk_->superseded_by_);
    }
    *id = disk_->id_;
    *incarnation = ++disk_->opens_;
    for (const auto& record : disk_->records_) {
      Status status = visitor(record.first, record.second);
      if (!status.ok()) return status;
    }
    return Status();
  }

  Status Write(const std::vector<Change>& changes, bool) override {
    const std::lock_guard<std::mutex> hold(disk_->mutex_);
    if (disk_->failing_) return Failure();
    for (const Change& change : changes) Apply(change);
    return Status();
  }

  Status Get(std::string_view key, std::string* value) override {
    const std::lock_guard<std::mutex> hold(disk_->mutex_);
    const auto found = disk_->records_.find(key);
    if (found == disk_->records_.end()) return Status(StatusKind::kNotFound, "no such record");
    *value = found->second;
    return Status();
  }

  std::unique_ptr<Snapshot> TakeSnapshot() override {
    const std::lock_guard<std::mutex> hold(disk_->mutex_);
    return std::make_unique<MemorySnapshot>(disk_->records_);
  }

  Status MarkSuperseded(const std::string& reason) override {
    const std::lock_guard<std::mutex> hold(disk_->mutex_);
    if (disk_->failing_) return Failure();
    disk_->superseded_by_ = reason;
    return Status();
  }

  Status Close() override { return Status(); }

 private:
  static Status Failure() { return Status(StatusKind::kIoError, "the memory disk fails by order"); }

  void Apply(const Change& change) {
    const auto found = disk_->records_.find(change.key);
    const bool is_there = found != disk_->records_.end();
    ASSENT_CHECK(is_there == change.old_hash.has_value(), "a false claim about a record");
    if (is_there) {
      ASSENT_CHECK(storage::RecordHash(change.key, found->second) == *change.old_hash,
                   "a false claim about a record");
      disk_->records_.erase(found);
    }
    if (!change.value) return;
    ASSENT_CHECK(storage::RecordHash(change.key, *change.value) == change.hash,
                 "a false claim about a new record");
    disk_->records_.emplace(change.key, *change.value);
  }

  const std::shared_ptr<MemoryStoreDisk> disk_;
  const bool clear_superseded_;
};

void MemoryStoreDisk::Fail() {
  const std::lock_guard<std::mutex> hold(mutex_);
  failing_ = true;
}

void MemoryStoreDisk::Heal() {
  const std::lock_guard<std::mutex> hold(mutex_);
  failing_ = false;
}

std::unique_ptr<KeyValueStore> MakeMemoryStore(const KeyValueStoreOptions& options,
                                               std::shared_ptr<MemoryStoreDisk> disk) {
  return std::make_unique<KeyValueStore>(
      options, std::make_unique<MemoryBackend>(std::move(disk), options.clear_superseded));
}

}  // namespace assent
