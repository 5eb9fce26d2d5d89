// How a GuardedDatabase comes to be: creation and opening.
#include <algorithm>

#include "core/mutants.h"
#include "leveldb/db.h"
#include "leveldb/env.h"
#include "storage/database_files.h"
#include "storage/guarded_database.h"
#include "storage/leveldb_status.h"
#include "storage/reserve.h"
#include "storage/witness.h"

namespace assent::storage {
namespace {

class SilentLogger final : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

leveldb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

// What lies in `directory`, apart from what does not count as content.
Status ListContent(FileSystem* files, const std::string& directory,
                   std::vector<std::string>* names) {
  const leveldb::Status listed = files->GetChildren(directory, names);
  if (!listed.ok()) return FromLevelDb(listed, "list the directory", directory);
  std::erase_if(*names, [](const std::string& name) {
    return name == "." || name == ".." || name == "lost+found" || name == "lock";
  });
  return {};
}

Status CheckCreatable(FileSystem* files, const std::string& directory) {
  std::vector<std::string> names;
  Status listed = ListContent(files, directory, &names);
  if (!listed.ok() || names.empty()) return listed;
  if (std::find(names.begin(), names.end(), "creating") != names.end()) return {};
  return {StatusKind::kAlreadyExists,
          directory + ": not empty (it holds \"" + names.front() +
              "\"). To use the database that is there, start without creating one; to make a new "
              "one, name a directory that is absent or empty."};
}

Status CheckLocal(FileSystem* files, const std::string& directory) {
  if (!files->IsNetworkDirectory(directory)) return {};
  return {StatusKind::kInvalidArgument,
          directory +
              ": lies on a network file system, which does not keep what is synced safe "
              "in every case. Use a local disk."};
}

}  // namespace

std::unique_ptr<leveldb::Logger> NewSilentLogger() { return std::make_unique<SilentLogger>(); }

leveldb::Options CarefulOptions(FileSystem* files, size_t write_buffer_bytes) {
  leveldb::Options options;
  options.env = files;
  options.create_if_missing = false;
  options.paranoid_checks = !ASSENT_MUTANT(corrupt_record_skipped);
  options.reuse_logs = false;
  options.write_buffer_size = write_buffer_bytes;
  return options;
}

Status SupersededStatus(const std::string& directory, const std::string& reason) {
  return {StatusKind::kSuperseded,
          directory + ": marked SUPERSEDED: " + reason +
              ". A newer copy of this database has been in use. Start that one; only if it is gone "
              "for good, clear the mark."};
}

Status CheckPlace(FileSystem* files, const std::string& directory) {
  if (files->FileExists(CreatingName(directory))) {
    return {StatusKind::kMissing, directory +
                                      ": the creation of this database was interrupted, "
                                      "nothing is lost. Create it again."};
  }
  if (files->FileExists(LevelDbName(directory) + "/CURRENT")) return {};
  if (files->FileExists(LevelDbName(directory)) || files->FileExists(WitnessName(directory))) {
    return {StatusKind::kDamaged, directory +
                                      ": db/CURRENT is not there, other parts of the "
                                      "database are. Restore the newest backup."};
  }
  return {StatusKind::kMissing,
          directory +
              ": no database is there. Check the path and whether the disk is mounted; for "
              "a first start, ask for the database to be created."};
}

Status CheckIdentity(const std::string& directory, const Identity& found, const Identity& expected,
                     uint32_t oldest_format) {
  const std::string whose = directory + ": holds a " + found.kind + " of \"" + found.owner + "\"";
  if (found.kind != expected.kind) {
    return {StatusKind::kForeign, whose + ", not a " + expected.kind + ". Check the path."};
  }
  if (found.format > expected.format) {
    return {StatusKind::kNewerFormat,
            whose + " in format " + std::to_string(found.format) + "; this version reads up to " +
                std::to_string(expected.format) + ". Start the newer version."};
  }
  if (found.format < oldest_format) {
    return {StatusKind::kOlderFormat,
            whose + " in format " + std::to_string(found.format) +
                ", which this version does not read any more. Start the older version."};
  }
  if (expected.owner.empty() || found.owner == expected.owner) return {};
  return {StatusKind::kForeign,
          whose + ", not of \"" + expected.owner + "\". Check the path and the configured id."};
}

GuardedDatabase::GuardedDatabase(const DatabaseOptions& options, std::string directory)
    : options_(options),
      directory_(std::move(directory)),
      raw_files_(options.file_system != nullptr ? options.file_system : FileSystem::Posix()),
      files_(std::make_unique<FailStopFileSystem>(raw_files_)),
      logger_(NewSilentLogger()) {}

GuardedDatabase::~GuardedDatabase() { Release(); }

Status GuardedDatabase::Lock() {
  const leveldb::Status locked = files_->LockFile(LockName(directory_), &lock_);
  if (locked.ok()) return {};
  lock_ = nullptr;
  return FromLevelDb(locked, "lock", directory_);
}

Status GuardedDatabase::OpenLevelDb(bool create) {
  leveldb::Options options = CarefulOptions(files_.get(), options_.write_buffer_bytes);
  options.create_if_missing = create;
  options.error_if_exists = create;
  options.info_log = logger_.get();
  leveldb::DB* opened = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, LevelDbName(directory_), &opened);
  db_.reset(opened);
  files_->RunBackgroundWork();
  if (!status.ok()) return FromLevelDb(status, "open", directory_);
  return Usable();
}

// --- creation ---

Status GuardedDatabase::Create(const DatabaseOptions& options, const std::string& directory,
                               const Identity& identity) {
  if (identity.kind.empty() || identity.kind.size() > 255 || identity.owner.size() > 255) {
    return {StatusKind::kInvalidArgument, directory + ": kind or owner is empty or too long."};
  }
  GuardedDatabase database(options, directory);
  if (!database.files_->FileExists(directory)) {
    const leveldb::Status made = database.files_->CreateDir(directory);
    if (!made.ok()) return FromLevelDb(made, "create the directory", directory);
  }
  Status ready = CheckCreatable(database.raw_files_, directory);
  if (ready.ok()) ready = CheckLocal(database.raw_files_, directory);
  if (ready.ok()) ready = database.Lock();
  // Once more: another process may have been creating it until now.
  if (ready.ok()) ready = CheckCreatable(database.raw_files_, directory);
  return ready.ok() ? database.CreateLocked(identity) : ready;
}

// The file `creating` stands from before the first to after the last step. While it does, nobody
// has been given the database, so that it may be wiped.
Status GuardedDatabase::CreateLocked(const Identity& identity) {
  Status wiped = WipeInterruptedCreation();
  if (!wiped.ok()) return wiped;
  const leveldb::Status marked =
      leveldb::WriteStringToFile(files_.get(), "", CreatingName(directory_));
  if (!marked.ok()) return FromLevelDb(marked, "create", directory_);
  Status built = BuildEmpty(identity);
  if (built.ok() && options_.reserve_bytes > 0) built = RestoreReserve();
  if (!built.ok()) return built;
  db_.reset();
  leveldb::Status finished = files_->Gate();
  if (finished.ok()) finished = files_->RemoveFile(CreatingName(directory_));
  if (finished.ok()) finished = files_->SyncDirectory(directory_);
  return finished.ok() ? Status() : FromLevelDb(finished, "create", directory_);
}

Status GuardedDatabase::WipeInterruptedCreation() {
  std::vector<std::string> names;
  const std::string db = LevelDbName(directory_);
  if (files_->FileExists(db)) {
    const leveldb::Status listed = files_->GetChildren(db, &names);
    if (!listed.ok()) return FromLevelDb(listed, "list what was created", db);
  }
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  for (std::string& name : names) name = db + "/" + name;
  names.push_back(WitnessName(directory_));
  names.push_back(ReserveName(directory_));
  for (const std::string& name : names) {
    const leveldb::Status removed = files_->RemoveFile(name);
    if (!removed.ok() && !removed.IsNotFound()) return FromLevelDb(removed, "wipe", directory_);
  }
  return {};
}

Status GuardedDatabase::BuildEmpty(const Identity& identity) {
  const std::string db = LevelDbName(directory_);
  if (!files_->FileExists(db)) {
    const leveldb::Status made = files_->CreateDir(db);
    if (!made.ok()) return FromLevelDb(made, "create", db);
  }
  Status opened = OpenLevelDb(/*create=*/true);
  if (opened.ok()) {
    opened = Witness::Create(files_.get(), WitnessName(directory_), IdentityHash(identity), 0,
                             &witness_);
  }
  if (!opened.ok()) return opened;
  const std::string encoded = EncodeIdentity(identity);
  leveldb::WriteBatch writes;
  writes.Put(ToSlice(kIdentityKey), encoded);
  Head first;
  first.live_records = 1;
  first.sum = RecordHash(kIdentityKey, encoded);
  return WriteRaw(writes, first, /*sync=*/true);
}

// --- opening ---

Status GuardedDatabase::Open(const DatabaseOptions& options, const std::string& directory,
                             const Identity& expected, const RecordVisitor& visitor,
                             std::unique_ptr<GuardedDatabase>* database) {
  database->reset();
  std::unique_ptr<GuardedDatabase> opened(new GuardedDatabase(options, directory));
  Status status = CheckPlace(opened->raw_files_, directory);
  if (status.ok()) status = CheckLocal(opened->raw_files_, directory);
  if (status.ok()) status = opened->Lock();
  if (status.ok()) status = CheckPlace(opened->raw_files_, directory);
  if (status.ok() && options.use_reserve) status = opened->FreeReserve();
  if (status.ok()) status = opened->CheckAndScan(expected, visitor);
  if (status.ok()) status = opened->FinishOpen();
  if (status.ok()) *database = std::move(opened);
  return status;
}

Status GuardedDatabase::OpenWitness(WitnessContent* content) {
  const std::string name = WitnessName(directory_);
  Status read = ReadWitness(raw_files_, name, content);
  const bool unusable = read.kind() == StatusKind::kMissing || read.kind() == StatusKind::kDamaged;
  if (unusable && options_.accept_missing_witness) return {};
  return unusable ? Status(StatusKind::kDamaged, read.message()) : read;
}

Status GuardedDatabase::CheckAndScan(const Identity& expected, const RecordVisitor& visitor) {
  files_->HoldRemovals();
  Status status = OpenLevelDb(/*create=*/false);
  if (status.ok()) status = ReadIdentity(db_.get(), directory_, &identity_);
  if (status.ok()) status = CheckIdentity(directory_, identity_, expected, options_.oldest_format);
  std::optional<std::string> superseded;
  if (status.ok()) status = ReadSuperseded(db_.get(), directory_, &superseded);
  if (!status.ok()) return status;
  superseded_ = superseded.has_value();
  superseded_reason_ = superseded.value_or("");
  if (superseded_ && !options_.clear_superseded && !ASSENT_MUTANT(superseded_mark_ignored)) {
    return SupersededStatus(directory_, superseded_reason_);
  }
  WitnessContent content;
  status = OpenWitness(&content);
  if (status.ok()) status = ScanAndCompare(db_.get(), directory_, visitor, &head_);
  files_->RunBackgroundWork();
  if (status.ok() && content.found) {
    status =
        CompareWithWitness(directory_, head_, identity_, content.identity_hash, content.sequence);
  }
  if (!status.ok()) return status;
  const std::string name = WitnessName(directory_);
  return content.found ? Witness::Continue(files_.get(), name, content, &witness_)
                       : Witness::Create(files_.get(), name, IdentityHash(identity_),
                                         head_.sequence, &witness_);
}

Status GuardedDatabase::FinishOpen() {
  leveldb::WriteBatch writes;
  Head next = head_;
  if (!ASSENT_MUTANT(opens_not_raised)) ++next.opens;
  if (superseded_) {
    writes.Delete(ToSlice(kSupersededKey));
    --next.live_records;
    next.sum -= RecordHash(kSupersededKey, superseded_reason_);
  }
  Status written = WriteRaw(writes, next, /*sync=*/!ASSENT_MUTANT(opens_raised_late));
  if (!written.ok()) return written;
  superseded_ = false;
  const leveldb::Status released = files_->ReleaseRemovals();
  if (!released.ok()) return Failed(released);
  RestoreReserveIfAmple();
  return {};
}

void GuardedDatabase::RestoreReserveIfAmple() {
  uint64_t free_bytes = 0;
  reserve_status_ = GetFreeBytes(&free_bytes);
  if (!reserve_status_.ok()) return;
  const bool has = HasReserve(raw_files_, ReserveName(directory_), options_.reserve_bytes);
  if (!has && (options_.use_reserve || free_bytes / 4 < options_.reserve_bytes)) {
    reserve_status_ = {StatusKind::kMissing, directory_ + ": too little free space for a reserve."};
    return;
  }
  reserve_status_ = RestoreReserve();
}

}  // namespace assent::storage
