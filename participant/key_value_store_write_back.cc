#include "participant/key_value_store_write_back.h"

#include <string>

#include "core/check.h"
#include "core/mutants.h"
#include "storage/encoding.h"

namespace assent::key_value_store_internal {
namespace {

// Of what a start would take from groups, and of what waits in memory.
constexpr std::size_t kMaxRedoBytes = std::size_t{4} << 20;

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
  std::uint64_t done_up_to = batch - 1;
  for (KeyEntry* const entry : waiting_) {
    const std::uint64_t since = entry->waits_since();
    const bool is_due = since <= forced || since + batches_ <= batch;
    if (!is_due || changes->bytes >= limit) {
      if (!ASSENT_MUTANT(written_back_too_far)) done_up_to = since - 1;
      break;
    }
    PlanValue(entry, changes);
  }
  if (!redo_.empty() && redo_.front().first <= done_up_to) PlanRecord(done_up_to, changes);
}

void WriteBack::PlanValue(KeyEntry* entry, Changes* changes) {
  const std::optional<std::string>& value = *entry->committed();
  const std::optional<std::uint64_t> old_hash = entry->record_hash();
  std::optional<std::uint64_t> hash;
  if (value || old_hash) {
    const std::uint64_t added = changes->Add({DataKey(entry->key()), old_hash, value});
    if (value) hash = added;
  }
  planned_.push_back(hash);
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
  for (const std::optional<std::uint64_t>& hash : planned_) {
    KeyEntry* const entry = waiting_.front();
    waiting_.pop_front();
    entry->WrittenBack(hash);
    keys_->Drop(entry);
  }
  planned_.clear();
}

}  // namespace assent::key_value_store_internal
