// The key-value store without threads: its branches, their locks, its proofs, and what each step
// changes on disk.
//
// A batch goes through it in four moves: Begin, Plan for each step, Complete, then, when the plan's
// changes are durable, Finish. What a batch changes shows here at Finish and not before; until then
// its branches keep their locks. Thread-compatible.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/sequence_map.h"
#include "participant/coordinator_notes.h"
#include "participant/key_value_store.h"
#include "participant/key_value_store_backend.h"
#include "participant/key_value_store_ended.h"
#include "participant/key_value_store_groups.h"
#include "participant/key_value_store_keys.h"
#include "participant/key_value_store_records.h"
#include "participant/key_value_store_write_back.h"

namespace assent::key_value_store_internal {

// A branch that is under way here.
struct Branch {
  enum class State : std::uint8_t { kActive, kPreparing, kPrepared, kEnding };

  State state = State::kActive;
  BranchWork work;
  std::size_t bytes = 0;
  StoreResult doom;             // the first error
  PreparedGroups::Place place;  // once it is preparing
};

// By their ids; a branch stays at its address.
class BranchTable {
 public:
  Branch* Find(const TransactionId& id) const;  // null: none
  // The branch that is there, or a new one; and whether it is new.
  std::pair<Branch*, bool> Open(const TransactionId& id);
  void Erase(const TransactionId& id);

 private:
  std::map<CoordinatorId, SequenceMap<std::unique_ptr<Branch>>> branches_;
};

struct BatchPlan {
  struct Ended {
    TransactionId id;
    Branch* branch;
    bool is_abort;
  };

  std::uint64_t number = 0;
  Changes changes;
  bool sync = false;
  std::vector<ResourceCompletion> completions;

  // For Finish.
  std::vector<std::pair<TransactionId, Branch*>> prepared;
  std::vector<Ended> ended;
  std::map<CoordinatorId, std::vector<Sequence>> proven;
  std::vector<std::pair<CoordinatorId, Proof>> proofs;  // of them
  std::vector<TransactionId> dropped_proofs;            // their highest ids
};

class Engine {
 public:
  Engine(const KeyValueStoreOptions& options, Backend* backend);

  // Opens the backend, lists what is prepared and takes its locks.
  storage::Status Recover(RecoveredStore* recovered);

  // An operation of a call.
  StoreResult Apply(const TransactionId& id, const StoreOperation& operation);

  // What is committed under a key, if it is in memory, else null; valid until the next call.
  const std::optional<std::string>* Committed(std::string_view key) const;
  // What is committed and not in the backend yet, of keys that begin with `prefix`; of a key that
  // is gone, nothing. With a snapshot of the backend it is all that is committed.
  std::map<std::string, std::optional<std::string>> Waiting(std::string_view prefix) const;

  void Begin(BatchPlan* plan);
  // Each answers its step in the plan, but NoteStep.
  void Plan(PrepareStep& step, BatchPlan* plan);
  void Plan(CommitStep& step, BatchPlan* plan);
  void Plan(AbortStep& step, BatchPlan* plan);
  void Plan(NoteStep& step, BatchPlan* plan);

  // Adds what rides along: values that are due to be written back, notes, and proofs below the
  // mark. Nothing, if nothing else is written and it is not the store's `last` batch.
  void Complete(bool last, BatchPlan* plan);
  // Takes the proofs out of the plan.
  void Finish(BatchPlan* plan);

 private:
  using State = Branch::State;

  // Recovery (key_value_store_recovery.cc).
  struct Recovery;
  storage::Status VisitRecord(std::string_view key, std::string_view value, Recovery* recovery);
  bool VisitNote(std::string_view name, std::string_view value);
  bool VisitProof(std::string_view name, std::string_view value, Recovery* recovery);
  bool VisitAborts(std::string_view name, std::string_view key, std::string_view value);
  bool VisitGroup(std::string_view name, std::string_view key, std::string_view value,
                  Recovery* recovery);
  storage::Status Redo(Recovery* recovery);
  storage::Status RedoWrite(const std::string& key, std::optional<std::string> value,
                            std::uint64_t batch);
  storage::Status RetakeLocks(const TransactionId& id, Branch* branch);

  // Operations of an active branch.
  StoreResult Perform(const TransactionId& id, const StoreOperation& operation, Branch* branch);
  StoreResult Read(const TransactionId& id, const std::string& key, Branch* branch);
  StoreResult Write(const TransactionId& id, const StoreOperation& operation, Branch* branch);
  StoreResult ApplyPayload(const std::string& payload, const TransactionId& id, Branch* branch);
  // What is committed under a key; absent: nothing.
  StoreResult Load(const std::string& key, KeyEntry* entry);
  storage::Status LoadRecord(const std::string& key, KeyEntry* entry,
                             std::optional<std::string>* value);
  // The first write of a key: locks it and reads what is there.
  StoreResult Stage(const TransactionId& id, const std::string& key, Branch* branch);

  // Why `id`, whose branch is `found` or null, cannot be prepared; empty: it can.
  std::string WhyNotPreparable(const TransactionId& id, const Branch* found) const;
  CommitResult ResultOfAbsent(const TransactionId& id) const;
  void End(const TransactionId& id, bool is_abort, Branch* branch, BatchPlan* plan);
  void PlanProofs(const std::shared_ptr<const Ends>& ends, BatchPlan* plan);
  void PlanNotes(BatchPlan* plan);
  void PlanProofRemovals(BatchPlan* plan);
  void FinishCommits(BatchPlan* plan);
  void FinishCommit(Branch* branch, std::uint64_t batch);
  // Releases the locks, drops the branch.
  void Forget(const TransactionId& id, Branch* branch);
  void ReleaseLocks(const TransactionId& id, const Branch& branch);

  const KeyValueStoreOptions options_;
  Backend* const backend_;
  BranchTable branches_;
  KeyTable keys_;
  WriteBack write_back_;
  std::uint64_t last_batch_ = 0;
  PreparedGroups groups_;
  ProofTable proofs_;
  CoordinatorNotes notes_;
  std::map<CoordinatorId, std::uint64_t> note_hashes_;  // of the records on disk
  FinishedBranches finished_;
};

}  // namespace assent::key_value_store_internal
