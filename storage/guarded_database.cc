#include "storage/guarded_database.h"

#include <map>
#include <optional>

#include "core/check.h"
#include "core/mutants.h"
#include "leveldb/db.h"
#include "leveldb/iterator.h"
#include "storage/database_files.h"
#include "storage/leveldb_status.h"
#include "storage/reserve.h"
#include "storage/witness.h"

namespace assent::storage {
namespace {

std::string_view ToView(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

leveldb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

leveldb::ReadOptions CarefulRead() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

// Walks through a batch and finds out what it really does to the live records.
class Accountant final : public leveldb::WriteBatch::Handler {
 public:
  explicit Accountant(leveldb::DB* db) : db_(db) {}

  void Put(const leveldb::Slice& key, const leveldb::Slice& value) override {
    Change(key, RecordHash(ToView(key), ToView(value)));
  }
  void Delete(const leveldb::Slice& key) override { Change(key, std::nullopt); }

  const leveldb::Status& status() const { return status_; }
  uint64_t records() const { return records_; }
  uint64_t sum() const { return sum_; }

 private:
  void Change(const leveldb::Slice& key, std::optional<uint64_t> hash) {
    const auto [entry, first] = now_.try_emplace(key.ToString());
    if (first) entry->second = LookUp(key);
    records_ += (hash.has_value() ? 1 : 0) - (entry->second.has_value() ? 1 : 0);
    sum_ += hash.value_or(0) - entry->second.value_or(0);
    entry->second = hash;
  }

  std::optional<uint64_t> LookUp(const leveldb::Slice& key) {
    std::string value;
    const leveldb::Status read = db_->Get(CarefulRead(), key, &value);
    if (read.ok()) return RecordHash(ToView(key), value);
    if (!read.IsNotFound() && status_.ok()) status_ = read;
    return std::nullopt;
  }

  leveldb::DB* const db_;
  std::map<std::string, std::optional<uint64_t>> now_;  // the record's hash so far, if it is there
  leveldb::Status status_;
  uint64_t records_ = 0;
  uint64_t sum_ = 0;
};

}  // namespace

Status GuardedDatabase::Usable() const {
  if (files_->poisoned()) {
    return {StatusKind::kIoError,
            directory_ + ": " + files_->first_error().ToString() +
                ". What of it reached the disk is not known, so nothing more is written. Stop this "
                "process, mend the disk (or free space on it), and start again: the start reads "
                "what is there."};
  }
  ASSENT_CHECK(db_ != nullptr, "the database is closed");
  return {};
}

Status GuardedDatabase::Failed(const leveldb::Status& error) {
  files_->Poison("a write", error);
  return Usable();
}

Status GuardedDatabase::HeadAfter(const Batch& batch, Head* next) {
  if (!batch.looks_up_ && !options_.check_claims) {
    next->live_records += batch.claimed_records_;
    next->sum += batch.claimed_sum_;
    return {};
  }
  Accountant accountant(db_.get());
  leveldb::Status walked = batch.writes_.Iterate(&accountant);
  if (walked.ok()) walked = accountant.status();
  files_->RunBackgroundWork();
  if (!walked.ok()) return Failed(walked);
  if (!batch.looks_up_) {
    ASSENT_CHECK(accountant.records() == batch.claimed_records_, "a claim of the batch is false");
    ASSENT_CHECK(accountant.sum() == batch.claimed_sum_, "a claim of the batch is false");
  }
  next->live_records += accountant.records();
  next->sum += accountant.sum();
  return {};
}

Status GuardedDatabase::Write(const Batch& batch, bool sync) {
  Status usable = Usable();
  if (!usable.ok()) return usable;
  if (superseded_) return SupersededStatus(directory_, superseded_reason_);
  const std::size_t limit = ASSENT_MUTANT(batch_limit_too_low) ? 1024 : kMaxBatchBytes;
  if (batch.bytes() > limit) {
    return {StatusKind::kInvalidArgument,
            directory_ + ": a batch of " + std::to_string(batch.bytes()) +
                " bytes is larger than the limit of " + std::to_string(kMaxBatchBytes) + "."};
  }
  Head next = head_;
  Status accounted = HeadAfter(batch, &next);
  return accounted.ok() ? WriteRaw(batch.writes_, next, sync) : accounted;
}

// `next` is the head but for its sequence number, which is raised here.
Status GuardedDatabase::WriteRaw(const leveldb::WriteBatch& writes, Head next, bool sync) {
  ++next.sequence;
  scratch_.Clear();
  scratch_.Append(writes);
  scratch_.Put(ToSlice(kHeadKey), EncodeHead(next));
  leveldb::WriteOptions write_options;
  write_options.sync = sync && !ASSENT_MUTANT(batch_not_synced);
  const leveldb::Status written = db_->Write(write_options, &scratch_);
  files_->RunBackgroundWork();
  if (!written.ok()) return Failed(written);
  if (files_->poisoned()) return Usable();
  written_bytes_ += scratch_.ApproximateSize();
  if (sync) {
    const leveldb::Status witnessed = witness_->Advance(next.sequence);
    if (!witnessed.ok()) return Failed(witnessed);
    synced_sequence_ = next.sequence;
  }
  head_ = next;
  return {};
}

Status GuardedDatabase::Get(std::string_view key, std::string* value) {
  Status usable = Usable();
  if (!usable.ok()) return usable;
  const leveldb::Status read = db_->Get(CarefulRead(), ToSlice(key), value);
  files_->RunBackgroundWork();
  if (read.ok()) return {};
  if (read.IsNotFound()) return {StatusKind::kNotFound, directory_ + ": no such record."};
  return FromLevelDb(read, "read a record", directory_);
}

GuardedDatabase::Snapshot::Snapshot(GuardedDatabase* database)
    : database_(database), snapshot_(database->db_->GetSnapshot()) {}

GuardedDatabase::Snapshot::~Snapshot() { database_->db_->ReleaseSnapshot(snapshot_); }

Status GuardedDatabase::Snapshot::ForEach(std::string_view prefix, const RecordVisitor& visitor) {
  Status result = database_->Usable();
  if (!result.ok()) return result;
  leveldb::ReadOptions options = CarefulRead();
  options.snapshot = snapshot_;
  std::unique_ptr<leveldb::Iterator> it(database_->db_->NewIterator(options));
  for (it->Seek(ToSlice(prefix)); it->Valid() && result.ok(); it->Next()) {
    if (!it->key().starts_with(ToSlice(prefix))) break;
    if (!IsBookkeepingKey(ToView(it->key())))
      result = visitor(ToView(it->key()), ToView(it->value()));
  }
  if (result.ok() && !it->status().ok()) {
    result = FromLevelDb(it->status(), "read records", database_->directory_);
  }
  it.reset();
  database_->files_->RunBackgroundWork();
  return result;
}

Status GuardedDatabase::MarkSuperseded(std::string_view reason) {
  Status usable = Usable();
  if (!usable.ok() || superseded_) return usable;
  leveldb::WriteBatch writes;
  writes.Put(ToSlice(kSupersededKey), ToSlice(reason));
  Head next = head_;
  ++next.live_records;
  next.sum += RecordHash(kSupersededKey, reason);
  Status written = WriteRaw(writes, next, /*sync=*/true);
  if (!written.ok()) return written;
  superseded_ = true;
  superseded_reason_ = reason;
  return {};
}

Status GuardedDatabase::FreeReserve() {
  Status removed = RemoveReserve(raw_files_, ReserveName(directory_));
  if (removed.ok()) reserve_status_ = {StatusKind::kMissing, directory_ + ": the reserve is used."};
  return removed;
}

Status GuardedDatabase::RestoreReserve() {
  const std::string name = ReserveName(directory_);
  if (options_.reserve_bytes == 0 || HasReserve(raw_files_, name, options_.reserve_bytes)) {
    reserve_status_ = {};
  } else {
    reserve_status_ = MakeReserve(raw_files_, name, options_.reserve_bytes);
  }
  return reserve_status_;
}

Status GuardedDatabase::GetFreeBytes(uint64_t* bytes) const {
  const leveldb::Status read = raw_files_->GetFreeBytes(directory_, bytes);
  return read.ok() ? Status() : FromLevelDb(read, "ask for free space", directory_);
}

Status GuardedDatabase::Close() {
  Status result = Usable();
  if (result.ok() && synced_sequence_ != head_.sequence) {
    result = WriteRaw(leveldb::WriteBatch(), head_, /*sync=*/true);
  }
  Release();
  if (result.ok() && files_->poisoned()) result = Usable();
  return result;
}

void GuardedDatabase::Release() {
  files_->RunBackgroundWork();
  db_.reset();
  witness_.reset();
  if (lock_ == nullptr) return;
  const leveldb::Status unlocked = files_->UnlockFile(lock_);
  if (!unlocked.ok()) files_->Poison("unlock", unlocked);
  lock_ = nullptr;
}

}  // namespace assent::storage
