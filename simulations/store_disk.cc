#include "simulations/store_disk.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "participant/key_value_store_backend.h"
#include "participant/key_value_store_records.h"
#include "simulations/level_db_files.h"

namespace assent::simulation {
namespace {

using key_value_store_internal::Backend;
using key_value_store_internal::Change;
using storage::Status;
using storage::StatusKind;

using Records = key_value_store_internal::RecordMap;

// Records with what is needed to take back the batches that were not synced.
class MemoryImage {
 public:
  explicit MemoryImage(const StoreId& id) : id_(id) {}

  Status Open(const storage::RecordVisitor& visitor, StoreId* id, Incarnation* incarnation) {
    if (cut_off_) return Failure();
    if (!superseded_by_.empty()) return Status(StatusKind::kSuperseded, superseded_by_);
    unsynced_.clear();
    *id = id_;
    *incarnation = ++opens_;
    for (const auto& record : records_) {
      Status status = visitor(record.first, record.second);
      if (!status.ok()) return status;
    }
    return Status();
  }

  Status Write(const std::vector<Change>& changes, bool sync) {
    if (cut_off_) return Failure();
    const bool fails = std::exchange(fails_, false);
    if (fails && !fails_done_) return Fail();
    Undo undo;
    for (const Change& change : changes) Apply(change, &undo);
    unsynced_.push_back(std::move(undo));
    if (sync) unsynced_.clear();
    return fails ? Fail() : Status();
  }

  Status MarkSuperseded(const std::string& reason) {
    if (cut_off_) return Failure();
    superseded_by_ = reason;
    return Status();
  }

  const Records& records() const { return records_; }
  std::size_t records_beside_data() const {
    return static_cast<std::size_t>(
        std::count_if(records_.begin(), records_.end(), [](const auto& record) {
          return record.first[0] != key_value_store_internal::kDataPrefix;
        }));
  }

  void FailNextWrite(bool done) {
    fails_ = has_fault_ = true;
    fails_done_ = done;
  }
  void MendFaults() { fails_ = has_fault_ = false; }
  bool has_pending_fault() const { return has_fault_; }
  void CutOff() { cut_off_ = true; }

  void Crash(bool power_loss, Random* random) {
    cut_off_ = false;
    has_fault_ = fails_;  // what has failed once works again
    if (!power_loss) return;
    const auto count = static_cast<std::int64_t>(unsynced_.size());
    for (std::int64_t lost = random->Between(0, count); lost > 0; --lost) TakeBack();
  }

 private:
  struct Old {
    std::string key;
    std::optional<std::string> value;
  };
  using Undo = std::vector<Old>;

  static Status Failure() { return Status(StatusKind::kIoError, "the simulated disk failed"); }

  // R8: nothing is taken after a failure.
  Status Fail() {
    cut_off_ = true;
    return Failure();
  }

  void Apply(const Change& change, Undo* undo) {
    const auto found = records_.find(change.key);
    const bool is_there = found != records_.end();
    ASSENT_CHECK(is_there == change.old_hash.has_value(), "a false claim about a record");
    undo->push_back(Old{change.key, is_there ? std::optional(found->second) : std::nullopt});
    if (!change.value) {
      if (is_there) records_.erase(found);
    } else if (is_there) {
      found->second = *change.value;
    } else {
      records_.emplace(change.key, *change.value);
    }
  }

  void TakeBack() {
    Undo& undo = unsynced_.back();
    for (auto old = undo.rbegin(); old != undo.rend(); ++old) {
      if (old->value) {
        records_[old->key] = *old->value;
      } else {
        records_.erase(old->key);
      }
    }
    unsynced_.pop_back();
  }

  StoreId id_;
  Incarnation opens_ = 0;
  Records records_;
  std::string superseded_by_;
  std::vector<Undo> unsynced_;
  bool cut_off_ = false;
  bool fails_ = false;
  bool fails_done_ = false;
  bool has_fault_ = false;  // until it is mended
};

// A world has one thread: nothing is written while it is read.
class MemoryImageSnapshot final : public Backend::Snapshot {
 public:
  explicit MemoryImageSnapshot(const Records* records) : records_(*records) {}

  Status ForEach(std::string_view prefix, const storage::RecordVisitor& visitor) override {
    return key_value_store_internal::VisitRecords(records_, prefix, visitor);
  }

 private:
  const Records& records_;
};

class MemoryImageBackend final : public Backend {
 public:
  explicit MemoryImageBackend(MemoryImage* image) : image_(image) {}

  Status Open(const storage::RecordVisitor& visitor, StoreId* id,
              Incarnation* incarnation) override {
    return image_->Open(visitor, id, incarnation);
  }
  Status Write(const std::vector<Change>& changes, bool sync) override {
    return image_->Write(changes, sync);
  }
  Status Get(std::string_view key, std::string* value) override {
    const auto found = image_->records().find(key);
    if (found == image_->records().end()) return Status(StatusKind::kNotFound, "no such record");
    *value = found->second;
    return Status();
  }
  std::unique_ptr<Snapshot> TakeSnapshot() override {
    return std::make_unique<MemoryImageSnapshot>(&image_->records());
  }
  Status MarkSuperseded(const std::string& reason) override {
    return image_->MarkSuperseded(reason);
  }
  Status Close() override { return Status(); }

 private:
  MemoryImage* const image_;
};

KeyValueStoreOptions OptionsFor(const StoreId& id) {
  KeyValueStoreOptions options;
  options.write_back_batches = StoreDisk::WriteBackBatches(id);
  options.own_thread = false;
  options.reserve_bytes = 0;
  return options;
}

class MemoryStoreDisk final : public StoreDisk {
 public:
  explicit MemoryStoreDisk(const StoreId& id) : options_(OptionsFor(id)), image_(id) {}

  std::unique_ptr<KeyValueStore> MakeStore() override {
    return std::make_unique<KeyValueStore>(options_, std::make_unique<MemoryImageBackend>(&image_));
  }
  void Crash(std::unique_ptr<KeyValueStore> store, const CrashKind& kind, Random* random) override {
    if (store != nullptr && kind.in_write) store->RunPending();
    image_.CutOff();
    store.reset();
    image_.Crash(kind.power_loss, random);
  }

  std::size_t records_beside_data() const override { return image_.records_beside_data(); }
  void FailNextWrite(Random* random) override { image_.FailNextWrite(random->Below(2) == 0); }
  void MendFaults() override { image_.MendFaults(); }
  bool has_pending_fault() const override { return image_.has_pending_fault(); }
  void KeepCopy() override { copy_ = image_; }
  bool has_copy() const override { return copy_.has_value(); }
  void SwapWithCopy() override {
    image_.MendFaults();
    std::swap(image_, *copy_);
    image_.MendFaults();
  }
  void DropCopy() override { copy_.reset(); }
  void Wipe(const StoreId& id) override {
    copy_ = image_;
    image_ = MemoryImage(id);
  }

 private:
  const KeyValueStoreOptions options_;
  MemoryImage image_;
  std::optional<MemoryImage> copy_;
};

class LevelDbStoreDisk final : public StoreDisk {
 public:
  explicit LevelDbStoreDisk(const StoreId& id) : options_(OptionsFor(id)), files_(NewFiles(id)) {}

  std::unique_ptr<KeyValueStore> MakeStore() override {
    return std::make_unique<KeyValueStore>(OptionsOn(files_.get()));
  }
  void Crash(std::unique_ptr<KeyValueStore> store, const CrashKind& kind, Random* random) override {
    files_->CutOff(kind, random);
    if (store != nullptr && kind.in_write) {
      store->RunPending();
      files_->CutOff(CrashKind(), random);
    }
    store.reset();
    files_->Crash(kind, random);
  }

  std::uint64_t used_bytes() const override { return files_->get()->used_bytes(); }
  void FailNextWrite(Random* random) override { files_->FailNextWrite(random); }
  bool Fill() override {
    files_->Fill();
    return true;
  }
  void MendFaults() override { files_->MendFaults(); }
  bool has_pending_fault() const override { return files_->has_pending_fault(); }
  bool FlipBit(Random* random) override { return files_->FlipBit(random); }
  bool is_damaged() const override { return files_->is_damaged(); }
  void Repair() override { files_->Repair(); }
  void AcceptDamage() override { files_->AcceptDamage(); }
  void KeepCopy() override { files_->KeepCopy(); }
  bool has_copy() const override { return wiped_ != nullptr || files_->has_copy(); }
  void SwapWithCopy() override {
    if (wiped_ != nullptr) {
      files_ = std::move(wiped_);
    } else {
      files_->SwapWithCopy();
    }
  }
  void DropCopy() override { files_->DropCopy(); }
  void Wipe(const StoreId& id) override {
    wiped_ = std::move(files_);
    files_ = NewFiles(id);
  }

 private:
  KeyValueStoreOptions OptionsOn(LevelDbFiles* files) const {
    KeyValueStoreOptions options = options_;
    options.directory = "/store";
    options.file_system = files->get();
    return options;
  }
  std::unique_ptr<LevelDbFiles> NewFiles(const StoreId& id) const {
    auto files = std::make_unique<LevelDbFiles>();
    const std::string error = KeyValueStore::Create(OptionsOn(files.get()), id);
    ASSENT_CHECK(error.empty(), error.c_str());
    return files;
  }

  const KeyValueStoreOptions options_;
  std::unique_ptr<LevelDbFiles> files_;
  std::unique_ptr<LevelDbFiles> wiped_;
};

}  // namespace

std::unique_ptr<StoreDisk> MakeMemoryStoreDisk(const StoreId& id) {
  return std::make_unique<MemoryStoreDisk>(id);
}

std::unique_ptr<StoreDisk> MakeLevelDbStoreDisk(const StoreId& id) {
  return std::make_unique<LevelDbStoreDisk>(id);
}

}  // namespace assent::simulation
