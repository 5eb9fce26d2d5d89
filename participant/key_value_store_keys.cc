#include "participant/key_value_store_keys.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace assent::key_value_store_internal {
namespace {

// Entries that are looked at for one to forget. If all are in use, the table grows.
constexpr std::size_t kMaxSteps = 64;

}  // namespace

const TransactionId* KeyEntry::LockShared(const TransactionId& id) {
  if (writer_) return *writer_ == id ? nullptr : &*writer_;
  const bool holds = std::find(readers_.begin(), readers_.end(), id) != readers_.end();
  if (!holds) readers_.push_back(id);
  return nullptr;
}

const TransactionId* KeyEntry::LockExclusive(const TransactionId& id) {
  if (writer_) return *writer_ == id ? nullptr : &*writer_;
  for (const TransactionId& reader : readers_) {
    if (reader != id) return &reader;
  }
  readers_.clear();
  writer_ = id;
  return nullptr;
}

void KeyEntry::Unlock(const TransactionId& id) {
  if (writer_ == id) writer_.reset();
  if (!readers_.empty()) std::erase(readers_, id);
}

void KeyEntry::Load(std::optional<std::string> value, std::optional<std::uint64_t> record_hash) {
  ASSENT_CHECK(!is_waiting(), "what waits to be written back is newer than the database");
  committed_ = std::move(value);
  record_hash_ = record_hash;
  is_loaded_ = is_known_ = true;
  ForgetIfLarge();
}

void KeyEntry::Commit(std::optional<std::string> value, std::uint64_t batch) {
  ASSENT_CHECK(is_loaded_, "a key is loaded before a value is committed");
  committed_ = std::move(value);
  is_known_ = true;
  was_committed_again_ = is_waiting();
  if (!is_waiting()) waits_since_ = batch;
}

void KeyEntry::WrittenBack(std::optional<std::uint64_t> record_hash) {
  record_hash_ = record_hash;
  waits_since_ = 0;
  ForgetIfLarge();
}

void KeyEntry::ForgetIfLarge() {
  if (key_->size() + (committed_ ? committed_->size() : 0) <= kMaxBytes) return;
  committed_.reset();
  is_known_ = false;
}

KeyEntry* KeyTable::Use(std::string_view key) {
  const auto found = entries_.find(key);
  KeyEntry* const entry = found != entries_.end() ? &found->second : New(key);
  ++entry->users_;
  entry->was_used_ = true;
  return entry;
}

const std::optional<std::string>* KeyTable::Committed(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->second.committed();
}

KeyEntry* KeyTable::New(std::string_view key) {
  MakeRoom();
  const auto made = entries_.try_emplace(std::string(key)).first;
  KeyEntry* const entry = &made->second;
  entry->key_ = &made->first;
  entry->place_ = all_.size();
  all_.push_back(entry);
  return entry;
}

// Forgets one that has not been used since it was passed over.
void KeyTable::MakeRoom() {
  if (all_.size() < limit_) return;
  const std::size_t steps = std::min(all_.size(), kMaxSteps);
  for (std::size_t step = 0; step < steps; ++step) {
    if (next_ >= all_.size()) next_ = 0;
    KeyEntry* const entry = all_[next_++];
    if (entry->users_ > 0 || entry->is_locked() || std::exchange(entry->was_used_, false)) continue;
    return Erase(entry);
  }
}

void KeyTable::Drop(KeyEntry* entry) {
  ASSENT_CHECK(entry->users_ > 0, "an entry is dropped as often as it is used");
  --entry->users_;
  if (entry->users_ > 0 || entry->is_locked()) return;
  if (!entry->is_known_ || all_.size() > limit_) Erase(entry);
}

void KeyTable::Erase(KeyEntry* entry) {
  all_[entry->place_] = all_.back();
  all_[entry->place_]->place_ = entry->place_;
  all_.pop_back();
  entries_.erase(entries_.find(*entry->key_));
}

}  // namespace assent::key_value_store_internal
