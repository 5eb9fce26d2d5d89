// Of key_value_store_engine.h: what the records on disk mean at a start.
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

Status Engine::Recover(RecoveredStore* recovered) {
  const auto visitor = [this, recovered](std::string_view key, std::string_view value) {
    return VisitRecord(key, value, recovered);
  };
  Status status = backend_->Open(visitor, &recovered->store, &recovered->incarnation);
  if (!status.ok()) return status;
  groups_.Recovered();
  if (ASSENT_MUTANT(incarnation_not_raised)) recovered->incarnation = 1;
  for (const TransactionId& id : recovered->prepared) {
    status = RetakeLocks(id, branches_.Find(id));
    if (!status.ok()) return status;
  }
  recovered->coordinators = notes_.List();
  notes_.ClearChanged();
  return Status();
}

Status Engine::VisitRecord(std::string_view key, std::string_view value,
                           RecoveredStore* recovered) {
  const std::string_view name = key.substr(1);
  bool is_intact = false;
  switch (key[0]) {
    case kDataPrefix:
      return Status();
    case kAbortsPrefix:
      is_intact = VisitAborts(name, key, value);
      break;
    case kNotePrefix:
      is_intact = VisitNote(name, value);
      break;
    case kProofPrefix:
      is_intact = VisitProof(name, value);
      break;
    case kPreparedPrefix:
      is_intact = VisitGroup(name, key, value, recovered);
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

bool Engine::VisitProof(std::string_view name, std::string_view value) {
  const std::optional<TransactionId> highest = TransactionId::Parse(name);
  Proof proof;
  if (!highest || !DecodeProof(value, &proof.ids)) return false;
  proof.ids.push_back(highest->sequence);
  proof.hash = storage::RecordHash(ProofKey(*highest), value);
  proof.needed = groups_.recovered_ends();
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
// last of its branches, so one is left.
bool Engine::VisitGroup(std::string_view name, std::string_view key, std::string_view value,
                        RecoveredStore* recovered) {
  const std::optional<std::uint64_t> number = ParseNumber(name);
  std::vector<std::pair<TransactionId, BranchWork>> named;
  if (!number || !DecodeGroup(value, &named)) return false;
  std::size_t prepared = 0;
  for (auto& [id, work] : named) {
    if (proofs_.Contains(id) || groups_.WasAborted(id)) continue;
    const auto [branch, is_new] = branches_.Open(id);
    if (!is_new) return false;
    branch->state = State::kPrepared;
    branch->work = std::move(work);
    branch->place = groups_.RecoverBranch(*number, id, branch->work);
    if (!ASSENT_MUTANT(in_doubt_not_listed)) recovered->prepared.push_back(id);
    ++prepared;
  }
  groups_.RecoverGroup(*number, storage::RecordHash(key, value), prepared < named.size());
  return prepared > 0;
}

Status Engine::RetakeLocks(const TransactionId& id, Branch* branch) {
  const TransactionId* other = nullptr;
  for (auto& write : branch->work.writes) {
    write.second.entry = keys_.Use(write.first);
    if (other == nullptr && !ASSENT_MUTANT(locks_not_retaken)) {
      other = write.second.entry->LockExclusive(id);
    }
    std::string old;
    const std::string key = DataKey(write.first);
    const Status status = backend_->Get(key, &old);
    if (status.ok()) write.second.old_hash = storage::RecordHash(key, old);
    if (!status.ok() && status.kind() != StatusKind::kNotFound) return status;
  }
  for (auto& [key, entry] : branch->work.reads) {
    entry = keys_.Use(key);
    other = other != nullptr ? other : entry->LockShared(id);
  }
  if (other == nullptr) return Status();
  return Damaged("prepared branches " + id.ToText() + " and " + other->ToText() + " hold one lock");
}

}  // namespace assent::key_value_store_internal
