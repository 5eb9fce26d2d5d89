#include "participant/key_value_store_write_back.h"

#include <algorithm>
#include <string>

#include "core/mutants.h"
#include "storage/encoding.h"

namespace assent::key_value_store_internal {
namespace {

// On the disk, which a start reads.
constexpr std::size_t kMaxRedoBytes = std::size_t{4} << 20;
// In memory, some 250 bytes each.
constexpr std::size_t kMaxWaiting = 65'536;

}  // namespace

bool WriteBack::Recover(std::string_view key, std::string_view value) {
  storage::Reader reader(value);
  record_hash_ = storage::RecordHash(key, value);
  return key.size() == 1 && reader.ReadFixed64(&done_up_to_) && reader.AtEnd();
}

void WriteBack::AddBatch(std::uint64_t batch, std::size_t bytes) {
  redo_.emplace_back(batch, bytes);
  redo_bytes_ += bytes;
}

void WriteBack::Add(KeyEntry* entry, std::optional<std::string> value, std::uint64_t batch) {
  if (!entry->is_waiting()) {
    keys_->Hold(entry);
    waiting_.push_back(entry);
  }
  entry->Commit(std::move(value), batch);
}

// The batch up to which values have to go, or what waits stays too large.
std::uint64_t WriteBack::LastForcedByBytes() const {
  std::uint64_t last = 0;
  std::size_t left = redo_bytes_;
  for (const auto& [batch, bytes] : redo_) {
    if (left <= kMaxRedoBytes) break;
    left -= bytes;
    last = batch;
  }
  return last;
}

void WriteBack::Plan(std::uint64_t batch, Changes* changes) {
  const std::uint64_t forced = LastForcedByBytes();
  const std::size_t limit = changes->bytes + max_bytes_;
  const auto is_due = [&](const KeyEntry& entry, std::size_t batches) {
    const std::uint64_t since = entry.waits_since();
    const bool are_many = waiting_.size() + often_.size() > kMaxWaiting;
    return since <= forced || since + batches <= batch || are_many;
  };
  const auto has_due = [&](const Entries& entries, std::size_t batches) {
    return !entries.empty() && changes->bytes < limit && is_due(*entries.front(), batches);
  };
  for (; has_due(often_, kOften * batches_); often_.pop_front()) {
    PlanValue(often_.front(), changes);
  }
  for (; has_due(waiting_, batches_); waiting_.pop_front()) {
    KeyEntry* const entry = waiting_.front();
    if (entry->was_committed_again() && !is_due(*entry, kOften * batches_)) {
      often_.push_back(entry);
    } else {
      PlanValue(entry, changes);
    }
  }
  const std::uint64_t done_up_to = DoneAfter(batch);
  if (!redo_.empty() && redo_.front().first <= done_up_to) PlanRecord(done_up_to, changes);
}

std::uint64_t WriteBack::DoneAfter(std::uint64_t batch) const {
  std::uint64_t done_up_to = batch - 1;
  for (const Entries* const entries : {&waiting_, &often_}) {
    if (entries->empty() || ASSENT_MUTANT(written_back_too_far)) continue;
    done_up_to = std::min(done_up_to, entries->front()->waits_since() - 1);
  }
  return done_up_to;
}

void WriteBack::PlanValue(KeyEntry* entry, Changes* changes) {
  const std::optional<std::string>& value = *entry->committed();
  const std::optional<std::uint64_t> old_hash = entry->record_hash();
  std::optional<std::uint64_t> hash;
  if (value || old_hash) {
    const std::uint64_t added = changes->Add({DataKey(entry->key()), old_hash, value});
    if (value) hash = added;
  }
  planned_.push_back({entry, hash});
}

void WriteBack::PlanRecord(std::uint64_t done_up_to, Changes* changes) {
  std::string value;
  storage::AppendFixed64(done_up_to, &value);
  record_hash_ = changes->Add({std::string(1, kWrittenBackKey), record_hash_, std::move(value)});
  done_up_to_ = done_up_to;
  while (!redo_.empty() && redo_.front().first <= done_up_to) {
    redo_bytes_ -= redo_.front().second;
    redo_.pop_front();
  }
}

void WriteBack::Finish() {
  for (const Planned& planned : planned_) {
    planned.entry->WrittenBack(planned.hash);
    keys_->Drop(planned.entry);
  }
  planned_.clear();
}

}  // namespace assent::key_value_store_internal
