#include "coordinator/memory_decision_log.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/check.h"
#include "core/mutants.h"

namespace assent {

using storage::Status;
using storage::StatusKind;

namespace {

void ApplyTo(const AcknowledgedUpdate& update, std::map<Sequence, RecoveredDecision>* decisions) {
  const auto found = decisions->find(update.id);
  ASSENT_CHECK(found != decisions->end(), "an acknowledgement belongs to a decision");
  found->second.acknowledged = update.branches;
}

bool MarksSuperseded(const LogBatch& batch) {
  return std::any_of(batch.updates.begin(), batch.updates.end(), [](const LogUpdate& update) {
    return std::holds_alternative<SupersededUpdate>(update);
  });
}

}  // namespace

void MemoryLogDisk::Image::Apply(const LogBatch& batch) {
  for (const DecisionRecord& decision : batch.decisions) {
    ASSENT_CHECK(decision.number > last_number, "decision numbers grow");
    last_number = decision.number;
    const bool is_new = decisions.emplace(decision.id, RecoveredDecision{decision}).second;
    ASSENT_CHECK(is_new, "a logged decision is never written again");
  }
  for (const LogUpdate& update : batch.updates) Apply(update);
}

void MemoryLogDisk::Image::Apply(const LogUpdate& update) {
  if (const auto* acknowledged = std::get_if<AcknowledgedUpdate>(&update)) {
    ApplyTo(*acknowledged, &decisions);
  } else if (const auto* removal = std::get_if<RemovalUpdate>(&update)) {
    ASSENT_CHECK(removal->horizon >= horizon, "the horizon does not fall");
    horizon = removal->horizon;
    for (const Sequence& id : removal->removed) {
      ASSENT_CHECK(id < horizon, "only what is below the horizon is removed");
      ASSENT_CHECK(decisions.erase(id) == 1, "a removal belongs to a decision");
    }
  } else if (const auto* binding = std::get_if<BindingUpdate>(&update)) {
    bindings[binding->participant] = *binding;
  } else {
    is_superseded = true;
    superseded = std::get<SupersededUpdate>(update).text;
  }
}

void MemoryLogDisk::Keep(const LogBatch& batch, bool sync) {
  unsynced_.push_back(batch);
  if (!sync) return;
  for (const LogBatch& one : unsynced_) synced_.Apply(one);
  unsynced_.clear();
  ++syncs_;
}

void MemoryLogDisk::LosePower(std::size_t kept) {
  ASSENT_CHECK(!open_, "close the log first: its process is dead");
  if (kept < unsynced_.size()) unsynced_.resize(kept);
}

Status MemoryDecisionLog::Create(MemoryLogDisk* disk, const CoordinatorId& coordinator) {
  ASSENT_CHECK(!coordinator.empty());
  if (disk->created_) {
    return Status(StatusKind::kAlreadyExists, "there is a log of coordinator " +
                                                  std::string(disk->coordinator_.text()) +
                                                  " already; open it");
  }
  disk->created_ = true;
  disk->coordinator_ = coordinator;
  return Status();
}

Status MemoryDecisionLog::Open(MemoryLogDisk* disk, const CoordinatorId& expected,
                               std::unique_ptr<MemoryDecisionLog>* log) {
  if (!disk->created_) {
    return Status(StatusKind::kMissing, "there is no log on this disk; create it first");
  }
  if (disk->open_) return Status(StatusKind::kLocked, "the log is open; close it first");
  if (!expected.empty() && expected != disk->coordinator_) {
    return Status(StatusKind::kForeign, "the log belongs to coordinator " +
                                            std::string(disk->coordinator_.text()) + ", not to " +
                                            std::string(expected.text()));
  }
  disk->Keep(LogBatch{}, /*sync=*/!ASSENT_MUTANT(recovered_trusted_unsynced));
  if (disk->synced_.is_superseded && !ASSENT_MUTANT(superseded_mark_ignored)) {
    return Status(StatusKind::kSuperseded,
                  "the log is marked as an older copy: " + disk->synced_.superseded);
  }
  ++disk->epoch_;
  disk->open_ = true;
  log->reset(new MemoryDecisionLog(disk));
  return Status();
}

MemoryDecisionLog::~MemoryDecisionLog() { disk_->open_ = false; }

RecoveredLog MemoryDecisionLog::TakeRecovered() {
  MemoryLogDisk::Image image = disk_->synced_;
  if (ASSENT_MUTANT(recovered_trusted_unsynced)) {
    for (const LogBatch& unsynced : disk_->unsynced_) image.Apply(unsynced);
  }
  RecoveredLog recovered;
  recovered.coordinator = disk_->coordinator_;
  recovered.epoch = disk_->epoch_;
  recovered.last_decision_number = ASSENT_MUTANT(decision_counter_lost) ? 0 : image.last_number;
  if (!ASSENT_MUTANT(horizon_lost)) recovered.horizon = image.horizon;
  for (const auto& entry : image.decisions) recovered.decisions.push_back(entry.second);
  for (const auto& entry : image.bindings) recovered.bindings.push_back(entry.second);
  return recovered;
}

Status MemoryDecisionLog::Write(const LogBatch& batch) {
  if (!failure_.ok()) return failure_;
  const bool marks = MarksSuperseded(batch);
  const MemoryLogDisk::Fault fault = std::exchange(disk_->fault_, MemoryLogDisk::Fault::kNone);
  if (fault != MemoryLogDisk::Fault::kFailBefore) {
    const bool synced =
        fault != MemoryLogDisk::Fault::kFailUnsynced && !ASSENT_MUTANT(decision_not_synced);
    disk_->Keep(batch, synced && (batch.sync || !batch.decisions.empty() || marks));
  }
  if (fault != MemoryLogDisk::Fault::kNone) {
    failure_ = Status(StatusKind::kIoError, "the disk failed; stop, and open the log again");
  } else if (marks) {
    failure_ = Status(StatusKind::kSuperseded, "the log is marked as an older copy");
    return Status();
  }
  return failure_;
}

}  // namespace assent
