#include "coordinator/leveldb_decision_log.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "coordinator/log_keys.h"
#include "core/check.h"
#include "core/mutants.h"
#include "proto/disk_convert.h"

namespace assent {

using storage::RecordHash;
using storage::Status;
using storage::StatusKind;

namespace {

storage::Identity IdentityOf(const CoordinatorId& coordinator) {
  return storage::Identity{std::string(LevelDbDecisionLog::kKind), LevelDbDecisionLog::kFormat,
                           std::string(coordinator.text())};
}

// Its checksum is right, so it was written like this: not the disk's doing.
Status Garbled(const std::string& what) {
  return Status(StatusKind::kDamaged,
                "the decision log holds " + what +
                    ", which this version never writes; do not edit a log with other programs. "
                    "Keep a copy of the directory, and restore one that `assent log verify` "
                    "accepts");
}

}  // namespace

CoordinatorId DrawCoordinatorId(std::uint64_t random) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr int kSize = 13;  // 36^13 is above 2^64
  std::string text;
  for (int i = 0; i < kSize; ++i) {
    text.push_back(kDigits[random % kDigits.size()]);
    random /= kDigits.size();
  }
  return *CoordinatorId::Parse(text);
}

Status LevelDbDecisionLog::Create(const storage::DatabaseOptions& options,
                                  const std::string& directory, const CoordinatorId& coordinator) {
  ASSENT_CHECK(!coordinator.empty());
  return storage::GuardedDatabase::Create(options, directory, IdentityOf(coordinator));
}

Status LevelDbDecisionLog::Open(const storage::DatabaseOptions& options,
                                const std::string& directory, const CoordinatorId& expected,
                                std::unique_ptr<LevelDbDecisionLog>* log) {
  std::unique_ptr<LevelDbDecisionLog> opened(new LevelDbDecisionLog());
  LevelDbDecisionLog* const target = opened.get();
  const Status status = storage::GuardedDatabase::Open(
      options, directory, IdentityOf(expected),
      [target](std::string_view key, std::string_view value) { return target->Visit(key, value); },
      &opened->database_);
  if (!status.ok()) return status;
  const Status recovered = opened->FinishRecovery();
  if (recovered.ok()) *log = std::move(opened);
  return recovered;
}

Status LevelDbDecisionLog::Visit(std::string_view key, std::string_view value) {
  std::string error;
  if (!Take(key, value, &error)) return Garbled(error);
  return Status();
}

bool LevelDbDecisionLog::Take(std::string_view key, std::string_view value, std::string* error) {
  switch (key.front()) {
    case log_keys::kAcknowledged:
      return TakeAcknowledged(key, value, error);
    case log_keys::kBinding:
      return TakeBinding(key, value, error);
    case log_keys::kDecision:
      return TakeDecision(key, value, error);
  }
  *error = "a record of unknown kind";
  if (key == log_keys::kHorizon) {
    horizon_hash_ = RecordHash(key, value);
    return DecodeHorizon(value, &horizon_, error);
  }
  if (key == log_keys::kCounter) {
    counter_hash_ = RecordHash(key, value);
    return DecodeDecisionCounter(value, &counter_, error);
  }
  return false;
}

bool LevelDbDecisionLog::TakeDecision(std::string_view key, std::string_view value,
                                      std::string* error) {
  RecoveredDecision decision;
  if (!Decode(value, &decision.record, error)) return false;
  *error = "a decision under another one's key";
  if (key != log_keys::OfId(log_keys::kDecision, decision.record.id)) return false;
  stored_.Emplace(decision.record.id).first->record = RecordHash(key, value);
  last_number_ = std::max(last_number_, decision.record.number);
  recovered_.decisions.push_back(std::move(decision));
  return true;
}

// Comes before all decisions: 'a' is below 'd'.
bool LevelDbDecisionLog::TakeAcknowledged(std::string_view key, std::string_view value,
                                          std::string* error) {
  AcknowledgedUpdate update;
  if (!Decode(value, &update, error)) return false;
  *error = "an acknowledgement under another one's key";
  if (key != log_keys::OfId(log_keys::kAcknowledged, update.id)) return false;
  stored_.Emplace(update.id).first->acknowledged = RecordHash(key, value);
  recovered_masks_[update.id] = update.branches;
  return true;
}

bool LevelDbDecisionLog::TakeBinding(std::string_view key, std::string_view value,
                                     std::string* error) {
  BindingUpdate update;
  if (!Decode(value, &update, error)) return false;
  *error = "a binding under another one's key";
  if (key != log_keys::OfBinding(update.participant)) return false;
  bindings_[update.participant] = RecordHash(key, value);
  recovered_.bindings.push_back(std::move(update));
  return true;
}

Status LevelDbDecisionLog::FinishRecovery() {
  const auto coordinator = CoordinatorId::Parse(database_->identity().owner);
  if (!coordinator) return Garbled("a coordinator's id that is none");
  // Each decision has its entry; one more is an acknowledgement's alone.
  if (stored_.size() != recovered_.decisions.size()) {
    return Garbled("an acknowledgement without its decision");
  }
  epoch_ = database_->opens();
  if (!ASSENT_MUTANT(decision_counter_lost)) last_number_ = std::max(last_number_, counter_);
  recovered_.coordinator = *coordinator;
  recovered_.epoch = epoch_;
  if (!ASSENT_MUTANT(horizon_lost)) recovered_.horizon = horizon_;
  recovered_.last_decision_number = last_number_;
  for (RecoveredDecision& decision : recovered_.decisions) {
    if (decision.record.id.epoch >= recovered_.epoch) return Garbled("a decision of the future");
    const auto mask = recovered_masks_.find(decision.record.id);
    if (mask != recovered_masks_.end()) decision.acknowledged = mask->second;
  }
  recovered_masks_.clear();
  return Status();
}

RecoveredLog LevelDbDecisionLog::TakeRecovered() { return std::move(recovered_); }

Status LevelDbDecisionLog::Write(const LogBatch& batch) {
  if (!failure_.ok()) return failure_;
  for (const DecisionRecord& decision : batch.decisions) Add(decision);
  for (const LogUpdate& update : batch.updates) {
    std::visit([this](const auto& one) { Add(one); }, update);
  }
  const bool sync = batch.sync || !batch.decisions.empty() || superseded_;
  failure_ = WriteBatch(sync && !ASSENT_MUTANT(decision_not_synced));
  return failure_;
}

Status LevelDbDecisionLog::WriteBatch(bool sync) {
  const Status status = database_->Write(batch_, sync);
  batch_.Clear();
  if (!status.ok() || !superseded_) return status;
  return database_->MarkSuperseded(*superseded_);
}

// Puts a record in the place of the one whose hash is `*stored`; notes the new one's.
void LevelDbDecisionLog::Put(std::string_view key, const std::string& value,
                             std::optional<std::uint64_t>* stored) {
  if (*stored) {
    batch_.Replace(key, **stored, value);
  } else {
    batch_.Insert(key, value);
  }
  *stored = RecordHash(key, value);
}

void LevelDbDecisionLog::Add(const DecisionRecord& decision) {
  ASSENT_CHECK(decision.number > last_number_, "decision numbers grow");
  ASSENT_CHECK(decision.id.epoch == epoch_, "only this life decides");
  Stored& stored = *stored_.Emplace(decision.id).first;
  ASSENT_CHECK(!stored.record, "a logged decision is never written again");
  Put(log_keys::OfId(log_keys::kDecision, decision.id), Encode(decision), &stored.record);
  last_number_ = decision.number;
}

void LevelDbDecisionLog::Add(const AcknowledgedUpdate& update) {
  Stored* stored = stored_.Find(update.id);
  ASSENT_CHECK(stored != nullptr, "an acknowledgement belongs to a decision");
  Put(log_keys::OfId(log_keys::kAcknowledged, update.id), Encode(update), &stored->acknowledged);
}

void LevelDbDecisionLog::Add(const RemovalUpdate& update) {
  ASSENT_CHECK(update.horizon >= horizon_, "the horizon does not fall");
  horizon_ = update.horizon;
  for (const Sequence& id : update.removed) Remove(id);
  Put(log_keys::kHorizon, EncodeHorizon(horizon_), &horizon_hash_);
  // The decision with the highest number may be among the removed ones.
  Put(log_keys::kCounter, EncodeDecisionCounter(last_number_), &counter_hash_);
}

void LevelDbDecisionLog::Remove(const Sequence& id) {
  const Stored* stored = stored_.Find(id);
  ASSENT_CHECK(stored != nullptr, "a removal belongs to a decision");
  ASSENT_CHECK(id < horizon_, "only what is below the horizon is removed");
  batch_.DeleteKnown(log_keys::OfId(log_keys::kDecision, id), *stored->record);
  if (stored->acknowledged) {
    batch_.DeleteKnown(log_keys::OfId(log_keys::kAcknowledged, id), *stored->acknowledged);
  }
  stored_.Erase(id);
}

void LevelDbDecisionLog::Add(const BindingUpdate& update) {
  Put(log_keys::OfBinding(update.participant), Encode(update), &bindings_[update.participant]);
}

void LevelDbDecisionLog::Add(const SupersededUpdate& update) { superseded_ = update.text; }

Status LevelDbDecisionLog::Close() { return database_->Close(); }

Status LevelDbDecisionLog::GetFreeBytes(std::uint64_t* bytes) const {
  return database_->GetFreeBytes(bytes);
}

}  // namespace assent
