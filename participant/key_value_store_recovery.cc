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
  if (ASSENT_MUTANT(incarnation_not_raised)) recovered->incarnation = 1;
  for (const TransactionId& id : recovered->prepared) {
    status = RetakeLocks(id, &branches_.at(id));
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
    case kNotePrefix:
      is_intact = VisitNote(name, value);
      break;
    case kProofPrefix:
      is_intact = VisitProof(name, value);
      break;
    case kPreparedPrefix:
      is_intact = VisitPrepared(name, key, value, recovered);
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
  proofs_.Add(highest->coordinator, std::move(proof));
  return true;
}

bool Engine::VisitPrepared(std::string_view name, std::string_view record, std::string_view value,
                           RecoveredStore* recovered) {
  const std::optional<TransactionId> id = TransactionId::Parse(name);
  if (!id) return false;
  Branch branch;
  branch.state = State::kPrepared;
  branch.record_hash = storage::RecordHash(record, value);
  if (!DecodePrepared(value, &branch.writes, &branch.reads)) return false;
  if (!ASSENT_MUTANT(in_doubt_not_listed)) recovered->prepared.push_back(*id);
  return branches_.emplace(*id, std::move(branch)).second;
}

Status Engine::RetakeLocks(const TransactionId& id, Branch* branch) {
  const TransactionId* other = nullptr;
  for (auto& write : branch->writes) {
    if (other == nullptr && !ASSENT_MUTANT(locks_not_retaken)) {
      other = locks_.TakeExclusive(write.first, id);
    }
    std::string old;
    const std::string key = DataKey(write.first);
    const Status status = backend_->Get(key, &old);
    if (status.ok()) write.second.old_hash = storage::RecordHash(key, old);
    if (!status.ok() && status.kind() != StatusKind::kNotFound) return status;
  }
  for (const std::string& key : branch->reads) {
    other = other != nullptr ? other : locks_.TakeShared(key, id);
  }
  if (other == nullptr) return Status();
  return Damaged("prepared branches " + id.ToText() + " and " + other->ToText() + " hold one lock");
}

}  // namespace assent::key_value_store_internal
