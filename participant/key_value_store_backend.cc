#include "participant/key_value_store_backend.h"

#include <utility>

#include "participant/agent_state.h"
#include "storage/batch.h"

namespace assent::key_value_store_internal {
namespace {

using storage::GuardedDatabase;
using storage::Identity;
using storage::Status;
using storage::StatusKind;

constexpr char kKind[] = "key-value-store";

// What a full buffer takes to be written to a table is what all that is under way waits for, where
// both processors are busy: half as much at once as in a decision log, which fills more slowly.
constexpr std::size_t kWriteBufferBytes = std::size_t{2} << 20;

storage::DatabaseOptions DatabaseOptionsOf(const KeyValueStoreOptions& options) {
  storage::DatabaseOptions database;
  database.file_system = options.file_system;
  database.check_claims = options.check_claims;
  database.clear_superseded = options.clear_superseded;
  database.reserve_bytes = options.reserve_bytes;
  database.write_buffer_bytes = kWriteBufferBytes;
  database.oldest_format = kStoreFormat;
  return database;
}

Status WithAdvice(const Status& superseded) {
  return Status(
      superseded.kind(),
      superseded.message() + HowToClearSuperseded("KeyValueStoreOptions::clear_superseded"));
}

class GuardedSnapshot : public Backend::Snapshot {
 public:
  explicit GuardedSnapshot(GuardedDatabase* database) : snapshot_(database) {}

  Status ForEach(std::string_view prefix, const storage::RecordVisitor& visitor) override {
    return snapshot_.ForEach(prefix, visitor);
  }

 private:
  GuardedDatabase::Snapshot snapshot_;
};

class GuardedBackend : public Backend {
 public:
  explicit GuardedBackend(const KeyValueStoreOptions& options)
      : options_(DatabaseOptionsOf(options)), directory_(options.directory) {}

  Status Open(const storage::RecordVisitor& visitor, StoreId* id,
              Incarnation* incarnation) override {
    const Identity expected{kKind, kStoreFormat, ""};
    Status status = GuardedDatabase::Open(options_, directory_, expected, visitor, &database_);
    if (status.kind() == StatusKind::kSuperseded) return WithAdvice(status);
    if (!status.ok()) return status;
    const std::optional<StoreId> owner = StoreId::Parse(database_->identity().owner);
    if (!owner || owner->empty()) {
      return Status(StatusKind::kDamaged,
                    directory_ + ": the store's id is garbled; restore it from a backup");
    }
    *id = *owner;
    *incarnation = database_->opens();
    return Status();
  }

  Status Write(const std::vector<Change>& changes, bool sync) override {
    batch_.Clear();
    for (const Change& change : changes) Add(change);
    return database_->Write(batch_, sync);
  }

  Status Get(std::string_view key, std::string* value) override {
    return database_->Get(key, value);
  }
  std::unique_ptr<Snapshot> TakeSnapshot() override {
    return std::make_unique<GuardedSnapshot>(database_.get());
  }
  Status MarkSuperseded(const std::string& reason) override {
    return database_->MarkSuperseded(reason);
  }
  Status Close() override { return database_->Close(); }

 private:
  void Add(const Change& change) {
    if (!change.value) {
      if (change.old_hash) batch_.DeleteKnown(change.key, *change.old_hash);
    } else if (change.old_hash) {
      batch_.ReplaceHashed(change.key, *change.old_hash, change.hash, *change.value);
    } else {
      batch_.InsertHashed(change.key, change.hash, *change.value);
    }
  }

  const storage::DatabaseOptions options_;
  const std::string directory_;
  std::unique_ptr<GuardedDatabase> database_;
  storage::Batch batch_;
};

}  // namespace

Status VisitRecords(const RecordMap& records, std::string_view prefix,
                    const storage::RecordVisitor& visitor) {
  for (auto record = records.lower_bound(prefix); record != records.end(); ++record) {
    if (!std::string_view(record->first).starts_with(prefix)) break;
    Status status = visitor(record->first, record->second);
    if (!status.ok()) return status;
  }
  return Status();
}

Status CreateGuarded(const KeyValueStoreOptions& options, const StoreId& id) {
  if (id.empty()) return Status(StatusKind::kInvalidArgument, "a store needs an id: DrawStoreId()");
  return GuardedDatabase::Create(DatabaseOptionsOf(options), options.directory,
                                 Identity{kKind, kStoreFormat, id.ToText()});
}

std::unique_ptr<Backend> MakeGuardedBackend(const KeyValueStoreOptions& options) {
  return std::make_unique<GuardedBackend>(options);
}

}  // namespace assent::key_value_store_internal
