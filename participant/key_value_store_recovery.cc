// Of key_value_store_engine.h: what the records on disk mean at a start.
#include <algorithm>
#include <utility>

#include "core/mutants.h"
#include "participant/key_value_store_engine.h"
#include "storage/batch.h"

namespace assent::key_value_store_internal {

using storage::Status;
using storage::StatusKind;

namespace {

Status Damaged(std::string_view what) {
  return Status(StatusKind::kDamaged,
                "key-value store: " + std::string(what) +
                    "; do not start from it: keep a copy and restore a backup (docs/operations)");
}

}  // namespace

// What a start has found so far.
struct Engine::Recovery {
  struct Write {
    std::string key;
    std::optional<std::string> value;
  };

  struct Batch {
    std::vector<Write> writes;
    std::size_t bytes = 0;  // of groups of which it was the last to commit a branch
  };

  RecoveredStore* recovered;
  // Of branches that are committed: by which batch, where that has not been written back.
  std::map<TransactionId, std::uint64_t> to_redo;
  std::map<std::uint64_t, Batch> redo;  // what these batches have committed
};

Status Engine::Recover(RecoveredStore* recovered) {
  Recovery recovery;
  recovery.recovered = recovered;
  const auto visitor = [this, &recovery](std::string_view key, std::string_view value) {
    return VisitRecord(key, value, &recovery);
  };
  Status status = backend_->Open(visitor, &recovered->store, &recovered->incarnation);
  if (!status.ok()) return status;
  groups_.Recovered();
  last_batch_ = std::max(last_batch_, write_back_.done_up_to());
  if (ASSENT_MUTANT(incarnation_not_raised)) recovered->incarnation = 1;
  status = Redo(&recovery);
  if (!status.ok()) return status;
  for (const TransactionId& id : recovered->prepared) {
    status = RetakeLocks(id, branches_.Find(id));
    if (!status.ok()) return status;
  }
  recovered->coordinators = notes_.List();
  notes_.ClearChanged();
  return Status();
}

Status Engine::VisitRecord(std::string_view key, std::string_view value, Recovery* recovery) {
  const std::string_view name = key.substr(1);
  bool is_intact = false;
  switch (key[0]) {
    case kDataPrefix:
      return Status();
    case kAbortsPrefix:
      is_intact = VisitAborts(name, key, value);
      break;
    case kWrittenBackKey:
      is_intact = write_back_.Recover(key, value);
      break;
    case kNotePrefix:
      is_intact = VisitNote(name, value);
      break;
    case kProofPrefix:
      is_intact = VisitProof(name, value, recovery);
      break;
    case kPreparedPrefix:
      is_intact = VisitGroup(name, key, value, recovery);
      break;
    default:
      break;
  }
  if (is_intact) return Status();
  return Damaged("record '" + std::string(key) + "' cannot be read");
}

bool Engine::VisitNote(std::string_view name, std::string_view value) {
  const std::optional<CoordinatorId> coordinator = CoordinatorId::Parse(name);
  if (!coordinator) return false;
  const std::optional<CoordinatorNotes::Note> note = DecodeNote(*coordinator, value);
  if (!note) return false;
  notes_.Merge(*note);
  note_hashes_[*coordinator] = storage::RecordHash(NoteKey(*coordinator), value);
  return true;
}

// The record of what has been written back has come before it, in the order of keys.
bool Engine::VisitProof(std::string_view name, std::string_view value, Recovery* recovery) {
  const std::optional<TransactionId> highest = TransactionId::Parse(name);
  Proof proof;
  std::uint64_t batch = 0;
  if (!highest || !DecodeProof(value, &batch, &proof.ids)) return false;
  proof.ids.push_back(highest->sequence);
  proof.hash = storage::RecordHash(ProofKey(*highest), value);
  proof.needed = groups_.recovered_ends();
  last_batch_ = std::max(last_batch_, batch);
  if (batch > write_back_.done_up_to() || ASSENT_MUTANT(redo_not_ended)) {
    for (const Sequence& id : proof.ids) recovery->to_redo[{highest->coordinator, id}] = batch;
  }
  proofs_.Add(highest->coordinator, std::move(proof));
  return true;
}

bool Engine::VisitAborts(std::string_view name, std::string_view key, std::string_view value) {
  const std::optional<std::uint64_t> number = ParseNumber(name);
  std::vector<TransactionId> ids;
  if (!number || !DecodeAborts(value, &ids)) return false;
  groups_.RecoverAborts(*number, storage::RecordHash(key, value), ids);
  for (const TransactionId& id : ids) finished_.Add(id);
  return true;
}

// Proofs and records of aborts have come before it, in the order of keys. A group goes with the
// last of its branches, and with what is written back, so something is left.
bool Engine::VisitGroup(std::string_view name, std::string_view key, std::string_view value,
                        Recovery* recovery) {
  const std::optional<std::uint64_t> number = ParseNumber(name);
  std::vector<std::pair<TransactionId, BranchWork>> named;
  if (!number || !DecodeGroup(value, &named)) return false;
  std::size_t prepared = 0;
  std::uint64_t last_commit = 0;
  for (auto& [id, work] : named) {
    const auto to_redo = recovery->to_redo.find(id);
    if (to_redo != recovery->to_redo.end()) {
      last_commit = std::max(last_commit, to_redo->second);
      std::vector<Recovery::Write>& redo = recovery->redo[to_redo->second].writes;
      for (auto& write : work.writes) redo.push_back({write.first, std::move(write.second.value)});
      recovery->to_redo.erase(to_redo);
    }
    if (proofs_.Contains(id) || groups_.WasAborted(id)) continue;
    const auto [branch, is_new] = branches_.Open(id);
    if (!is_new) return false;
    branch->state = State::kPrepared;
    branch->work = std::move(work);
    branch->place = groups_.RecoverBranch(*number, id, branch->work);
    if (!ASSENT_MUTANT(in_doubt_not_listed)) recovery->recovered->prepared.push_back(id);
    ++prepared;
  }
  if (last_commit > 0) recovery->redo[last_commit].bytes += value.size();
  const bool has_ended = prepared < named.size();
  groups_.RecoverGroup(*number, storage::RecordHash(key, value), value.size(), has_ended,
                       last_commit);
  return prepared > 0 || last_commit > 0;
}

// The order matters: of two values of a key the later one stays.
Status Engine::Redo(Recovery* recovery) {
  if (ASSENT_MUTANT(redo_left_out)) return Status();
  if (!recovery->to_redo.empty()) {
    return Damaged("the writes of " + recovery->to_redo.begin()->first.ToText() +
                   ", which is committed, are neither in their places nor prepared");
  }
  for (auto& [number, batch] : recovery->redo) {
    for (Recovery::Write& write : batch.writes) {
      const Status status = RedoWrite(write.key, std::move(write.value), number);
      if (!status.ok()) return status;
    }
    write_back_.AddBatch(number, batch.bytes);
  }
  return Status();
}

Status Engine::RedoWrite(const std::string& key, std::optional<std::string> value,
                         std::uint64_t batch) {
  KeyEntry* const entry = keys_.Use(key);
  if (entry->is_waiting() && ASSENT_MUTANT(redo_order_lost)) return Status();
  std::optional<std::string> old;
  const Status status = entry->is_waiting() ? Status() : LoadRecord(key, entry, &old);
  if (status.ok()) write_back_.Add(entry, std::move(value), batch);
  keys_.Drop(entry);
  return status;
}

Status Engine::RetakeLocks(const TransactionId& id, Branch* branch) {
  const TransactionId* other = nullptr;
  for (auto& [key, staged] : branch->work.writes) {
    staged.entry = keys_.Use(key);
    if (other == nullptr && !ASSENT_MUTANT(locks_not_retaken)) {
      other = staged.entry->LockExclusive(id);
    }
    std::optional<std::string> old;
    const Status status =
        staged.entry->is_waiting() ? Status() : LoadRecord(key, staged.entry, &old);
    if (!status.ok()) return status;
  }
  for (auto& [key, entry] : branch->work.reads) {
    entry = keys_.Use(key);
    other = other != nullptr ? other : entry->LockShared(id);
  }
  if (other == nullptr) return Status();
  return Damaged("prepared branches " + id.ToText() + " and " + other->ToText() + " hold one lock");
}

}  // namespace assent::key_value_store_internal
