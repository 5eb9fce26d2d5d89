// The decision log in LevelDB, for one coordinator on one machine.
//
// The directory is a storage::GuardedDatabase of kind "decision-log", owned by the coordinator's
// id; its records are those of proto/assent/disk/decision_log.proto under the keys of
// coordinator/log_keys.h. The epoch is the database's count of opens, which is raised and synced
// by each Open. In memory it keeps two hashes for each decision that is not removed (about 80
// bytes).
//
// Contract, threads and errors: decision_log.h. Further errors of Open are those of
// storage::GuardedDatabase, each naming what is wrong and what to do.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "coordinator/decision_log.h"
#include "core/ids.h"
#include "core/sequence_map.h"
#include "storage/guarded_database.h"

namespace assent {

// A coordinator's id out of 64 random bits: 13 letters and digits.
CoordinatorId DrawCoordinatorId(std::uint64_t random);

class LevelDbDecisionLog : public DecisionLog {
 public:
  static constexpr std::string_view kKind = "decision-log";
  static constexpr std::uint32_t kFormat = 1;  // the newest that is read, and the one written

  // Makes an empty log of `coordinator` in `directory`, which must be absent or empty. Durable when
  // it has returned OK; open it afterwards.
  static storage::Status Create(const storage::DatabaseOptions& options,
                                const std::string& directory, const CoordinatorId& coordinator);

  // Opens what Create made; never creates. `expected` empty: any coordinator's log.
  static storage::Status Open(const storage::DatabaseOptions& options, const std::string& directory,
                              const CoordinatorId& expected,
                              std::unique_ptr<LevelDbDecisionLog>* log);

  RecoveredLog TakeRecovered() override;
  storage::Status Write(const LogBatch& batch) override;

  // Syncs what is not synced yet and closes; only the destructor may follow.
  storage::Status Close();

  // For admission and operators; from any thread while the log is open.
  storage::Status GetFreeBytes(std::uint64_t* bytes) const;
  // Of all batches since Open.
  std::uint64_t written_bytes() const { return database_->written_bytes(); }

 private:
  // RecordHash of what lies on the disk for one decision; the database needs it to take a record
  // away without reading it.
  struct Stored {
    std::optional<std::uint64_t> record;
    std::optional<std::uint64_t> acknowledged;
  };

  LevelDbDecisionLog() = default;

  // Recovery: each takes one record, or says in `error` what is wrong with it.
  storage::Status Visit(std::string_view key, std::string_view value);
  bool Take(std::string_view key, std::string_view value, std::string* error);
  bool TakeDecision(std::string_view key, std::string_view value, std::string* error);
  bool TakeAcknowledged(std::string_view key, std::string_view value, std::string* error);
  bool TakeBinding(std::string_view key, std::string_view value, std::string* error);
  storage::Status FinishRecovery();

  void Put(std::string_view key, const std::string& value, std::optional<std::uint64_t>* stored);
  void Add(const DecisionRecord& decision);
  void Add(const AcknowledgedUpdate& update);
  void Add(const RemovalUpdate& update);
  void Remove(const Sequence& id);
  void Add(const BindingUpdate& update);
  void Add(const SupersededUpdate& update);
  storage::Status WriteBatch(bool sync);

  std::unique_ptr<storage::GuardedDatabase> database_;
  RecoveredLog recovered_;
  std::unordered_map<Sequence, std::uint64_t, SequenceHash> recovered_masks_;
  std::uint64_t counter_ = 0;  // as recovered

  Epoch epoch_ = 0;
  SequenceMap<Stored> stored_;
  std::map<std::string, std::optional<std::uint64_t>, std::less<>> bindings_;  // hash by name
  std::optional<std::uint64_t> horizon_hash_;
  std::optional<std::uint64_t> counter_hash_;
  Sequence horizon_;
  std::uint64_t last_number_ = 0;
  storage::Status failure_;

  // Of the batch that is being put together.
  storage::Batch batch_;
  std::optional<std::string> superseded_;
};

}  // namespace assent
