// The decision log in LevelDB, for one coordinator on one machine.
//
// The directory is a storage::GuardedDatabase of kind "decision-log", owned by the coordinator's
// id; its records are those of proto/assent/disk/decision_log.proto under the keys of
// coordinator/log_keys.h. The epoch is the database's count of opens, which is raised and synced
// by each Open.
//
// One record holds all decisions of a batch, and one all its acknowledgements: a record for each
// would cost a place in LevelDB's tables, of which each is sorted, copied and compacted. Removals
// take away the records that are empty then, and write those anew that are not, without what is
// removed: so what is there on the disk is what is not removed, no more. In memory it keeps for
// each decision that is not removed which records hold it (16 bytes).
//
// Contract, threads and errors: decision_log.h. Further errors of Open are those of
// storage::GuardedDatabase, each naming what is wrong and what to do.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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
  std::uint64_t live_records() const { return database_->live_records(); }

 private:
  // A record of decisions or acknowledgements.
  struct Group {
    std::uint64_t hash = 0;  // the database needs it to take the record away without reading it
    std::size_t live = 0;    // entries that count: not removed, nor replaced by a later group's
  };
  using Groups = std::map<std::uint64_t, Group>;  // by the number in the key

  // The groups that a decision and what has acknowledged it lie in; 0: none.
  struct Stored {
    std::uint64_t decision = 0;
    std::uint64_t acknowledged = 0;
  };

  LevelDbDecisionLog() = default;

  // Recovery: each takes one record, or says in `error` what is wrong with it.
  storage::Status Visit(std::string_view key, std::string_view value);
  bool Take(std::string_view key, std::string_view value, std::string* error);
  bool TakeDecisions(std::string_view key, std::string_view value, std::string* error);
  bool TakeAcknowledged(std::string_view key, std::string_view value, std::string* error);
  void MoveAcknowledged(std::uint64_t number, Stored* stored);
  bool TakeBinding(std::string_view key, std::string_view value, std::string* error);
  storage::Status FinishRecovery();

  void Put(std::string_view key, const std::string& value, std::optional<std::uint64_t>* stored);
  void PutDecisions(std::span<const DecisionRecord> decisions);
  void PutAcknowledged(std::span<const AcknowledgedUpdate> updates);
  void Insert(char kind, std::uint64_t number, const std::string& value, std::size_t live,
              Groups* groups);
  void Add(const AcknowledgedUpdate& update) { acknowledged_.push_back(update); }
  void Add(const RemovalUpdate& update);
  void Remove(const Sequence& id);
  // Takes away what is not live any more of the groups that something was removed from.
  storage::Status Shrink();
  template <typename Entry, typename IsLive>
  storage::Status ShrinkGroup(char kind, std::uint64_t number, Groups* groups, IsLive is_live);
  void Add(const BindingUpdate& update);
  void Add(const SupersededUpdate& update);
  storage::Status WriteBatch(bool sync);

  std::unique_ptr<storage::GuardedDatabase> database_;
  RecoveredLog recovered_;
  std::unordered_map<Sequence, std::uint64_t, SequenceHash> recovered_masks_;
  std::uint64_t counter_ = 0;  // as recovered

  Epoch epoch_ = 0;
  SequenceMap<Stored> stored_;
  Groups decision_groups_;
  Groups acknowledged_groups_;
  std::map<std::string, std::optional<std::uint64_t>, std::less<>> bindings_;  // hash by name
  std::optional<std::uint64_t> horizon_hash_;
  std::optional<std::uint64_t> counter_hash_;
  Sequence horizon_;
  std::uint64_t last_number_ = 0;
  storage::Status failure_;

  // Of the batch that is being put together.
  storage::Batch batch_;
  std::vector<AcknowledgedUpdate> acknowledged_;
  std::set<std::uint64_t> shrunk_decision_groups_;
  std::set<std::uint64_t> shrunk_acknowledged_groups_;
  std::optional<std::string> superseded_;
};

}  // namespace assent
