#include "coordinator/leveldb_decision_log.h"

#include <algorithm>
#include <span>
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

// What one record holds at most: it is written anew as a whole when a part of it is removed, and
// must stay below what Decode takes.
constexpr std::size_t kMaxGroup = 512;
constexpr std::size_t kMaxGroupBytes = kMaxRecordBytes / 2;

// How many of `decisions` go into one record.
std::size_t SizeOfGroup(std::span<const DecisionRecord> decisions) {
  constexpr std::size_t kMaxBytesEach = 40;    // beside its branches
  constexpr std::size_t kMaxBytesBranch = 40;  // beside the participant's name
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const DecisionRecord& decision : decisions) {
    bytes += kMaxBytesEach;
    for (const DecisionBranch& branch : decision.branches) {
      bytes += kMaxBytesBranch + branch.participant.size();
    }
    if (count > 0 && (count == kMaxGroup || bytes > kMaxGroupBytes)) break;
    ++count;
  }
  return count;
}

void KeepLastOfEach(std::vector<AcknowledgedUpdate>* updates) {
  std::stable_sort(updates->begin(), updates->end(),
                   [](const auto& a, const auto& b) { return a.id < b.id; });
  const auto end = std::unique(updates->rbegin(), updates->rend(),
                               [](const auto& a, const auto& b) { return a.id == b.id; });
  updates->erase(updates->begin(), end.base());
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
  Status status = storage::GuardedDatabase::Open(
      options, directory, IdentityOf(expected),
      [target](std::string_view key, std::string_view value) { return target->Visit(key, value); },
      &opened->database_);
  if (!status.ok()) return status;
  status = opened->FinishRecovery();
  if (status.ok()) *log = std::move(opened);
  return status;
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
      return TakeDecisions(key, value, error);
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

bool LevelDbDecisionLog::TakeDecisions(std::string_view key, std::string_view value,
                                       std::string* error) {
  std::vector<DecisionRecord> decisions;
  if (!Decode(value, &decisions, error)) return false;
  const std::uint64_t number = log_keys::NumberIn(key);
  *error = "decisions under a wrong key";
  if (number == 0 || number > decisions.front().number) return false;
  *error = "a decision twice";
  for (DecisionRecord& decision : decisions) {
    Stored& stored = *stored_.Emplace(decision.id).first;
    if (stored.decision != 0) return false;
    stored.decision = number;
    last_number_ = std::max(last_number_, decision.number);
    recovered_.decisions.push_back({std::move(decision), 0});
  }
  decision_groups_[number] = {RecordHash(key, value), decisions.size()};
  return true;
}

// Comes before all decisions: 'a' is below 'd'.
bool LevelDbDecisionLog::TakeAcknowledged(std::string_view key, std::string_view value,
                                          std::string* error) {
  std::vector<AcknowledgedUpdate> updates;
  if (!Decode(value, &updates, error)) return false;
  const std::uint64_t number = log_keys::NumberIn(key);
  *error = "acknowledgements under a wrong key";
  if (number == 0) return false;
  acknowledged_groups_[number] = {RecordHash(key, value), 0};
  for (const AcknowledgedUpdate& update : updates) {
    recovered_masks_[update.id] = update.branches;
    MoveAcknowledged(number, stored_.Emplace(update.id).first);
  }
  return true;
}

// To the later group `number`.
void LevelDbDecisionLog::MoveAcknowledged(std::uint64_t number, Stored* stored) {
  if (stored->acknowledged != 0) --acknowledged_groups_.at(stored->acknowledged).live;
  stored->acknowledged = number;
  ++acknowledged_groups_.at(number).live;
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
  std::sort(recovered_.decisions.begin(), recovered_.decisions.end(),
            [](const auto& a, const auto& b) { return a.record.id < b.record.id; });
  return Status();
}

RecoveredLog LevelDbDecisionLog::TakeRecovered() { return std::move(recovered_); }

Status LevelDbDecisionLog::Write(const LogBatch& batch) {
  if (!failure_.ok()) return failure_;
  for (const LogUpdate& update : batch.updates) {
    std::visit([this](const auto& one) { Add(one); }, update);
  }
  PutDecisions(batch.decisions);
  KeepLastOfEach(&acknowledged_);
  PutAcknowledged(acknowledged_);
  acknowledged_.clear();
  failure_ = Shrink();
  if (!failure_.ok()) return failure_;
  const bool sync = batch.sync || !batch.decisions.empty() || superseded_;
  failure_ = WriteBatch(sync && !ASSENT_MUTANT(decision_not_synced));
  return failure_;
}

Status LevelDbDecisionLog::WriteBatch(bool sync) {
  Status status = database_->Write(batch_, sync);
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

void LevelDbDecisionLog::PutDecisions(std::span<const DecisionRecord> decisions) {
  while (!decisions.empty()) {
    const auto group = decisions.first(SizeOfGroup(decisions));
    const std::uint64_t number = group.front().number;
    for (const DecisionRecord& decision : group) {
      ASSENT_CHECK(decision.number > last_number_, "decision numbers grow");
      ASSENT_CHECK(decision.id.epoch == epoch_, "only this life decides");
      const auto [stored, is_new] = stored_.Emplace(decision.id, Stored{number, 0});
      ASSENT_CHECK(is_new, "a logged decision is never written again");
      last_number_ = decision.number;
    }
    Insert(log_keys::kDecision, number, Encode(group), group.size(), &decision_groups_);
    decisions = decisions.subspan(group.size());
  }
}

void LevelDbDecisionLog::PutAcknowledged(std::span<const AcknowledgedUpdate> updates) {
  while (!updates.empty()) {
    const auto group = updates.first(std::min(updates.size(), kMaxGroup));
    const std::uint64_t number =
        acknowledged_groups_.empty() ? 1 : acknowledged_groups_.rbegin()->first + 1;
    Insert(log_keys::kAcknowledged, number, Encode(group), 0, &acknowledged_groups_);
    for (const AcknowledgedUpdate& update : group) {
      Stored* stored = stored_.Find(update.id);
      ASSENT_CHECK(stored != nullptr, "an acknowledgement belongs to a decision");
      if (stored->acknowledged != 0) shrunk_acknowledged_groups_.insert(stored->acknowledged);
      MoveAcknowledged(number, stored);
    }
    updates = updates.subspan(group.size());
  }
}

void LevelDbDecisionLog::Insert(char kind, std::uint64_t number, const std::string& value,
                                std::size_t live, Groups* groups) {
  const std::string key = log_keys::OfGroup(kind, number);
  batch_.Insert(key, value);
  groups->emplace(number, Group{RecordHash(key, value), live});
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
  --decision_groups_.at(stored->decision).live;
  shrunk_decision_groups_.insert(stored->decision);
  if (stored->acknowledged != 0) {
    --acknowledged_groups_.at(stored->acknowledged).live;
    shrunk_acknowledged_groups_.insert(stored->acknowledged);
  }
  stored_.Erase(id);
}

Status LevelDbDecisionLog::Shrink() {
  Status status;
  for (const std::uint64_t number : std::exchange(shrunk_decision_groups_, {})) {
    if (!status.ok()) break;
    status = ShrinkGroup<DecisionRecord>(
        log_keys::kDecision, number, &decision_groups_,
        [number](const Stored& stored) { return stored.decision == number; });
  }
  for (const std::uint64_t number : std::exchange(shrunk_acknowledged_groups_, {})) {
    if (!status.ok()) break;
    status = ShrinkGroup<AcknowledgedUpdate>(
        log_keys::kAcknowledged, number, &acknowledged_groups_,
        [number](const Stored& stored) { return stored.acknowledged == number; });
  }
  return status;
}

template <typename Entry, typename IsLive>
Status LevelDbDecisionLog::ShrinkGroup(char kind, std::uint64_t number, Groups* groups,
                                       IsLive is_live) {
  const auto found = groups->find(number);
  Group& group = found->second;
  const std::string key = log_keys::OfGroup(kind, number);
  if (group.live > 0 && ASSENT_MUTANT(group_of_decisions_removed_whole) &&
      kind == log_keys::kDecision) {
    batch_.DeleteKnown(key, group.hash);
    return Status();
  }
  if (group.live > 0 && ASSENT_MUTANT(shrunk_group_refused)) return Garbled("less than it did");
  if (group.live == 0) {
    batch_.DeleteKnown(key, group.hash);
    groups->erase(found);
    return Status();
  }
  std::string value;
  Status read = database_->Get(key, &value);
  if (!read.ok()) return read;
  std::vector<Entry> entries;
  std::string error;
  if (!Decode(value, &entries, &error)) return Garbled(error);
  std::erase_if(entries, [&](const Entry& entry) {
    const Stored* stored = stored_.Find(entry.id);
    return stored == nullptr || !is_live(*stored);
  });
  ASSENT_CHECK(entries.size() == group.live, "what is live is there");
  value = Encode(std::span<const Entry>(entries));
  batch_.Replace(key, group.hash, value);
  group.hash = RecordHash(key, value);
  return Status();
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
