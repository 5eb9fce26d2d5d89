// Of key_value_store_engine.h: operations of an active branch.
#include <charconv>
#include <utility>

#include "participant/key_value_store_engine.h"
#include "storage/batch.h"

namespace assent::key_value_store_internal {
namespace {

constexpr std::size_t kMaxKeyBytes = 1024;

StoreResult Fail(StoreError error, std::string text) {
  return StoreResult{error, std::move(text), std::nullopt};
}

StoreResult Conflict(const std::string& key, const TransactionId& holder) {
  return Fail(StoreError::kConflict, "key '" + key + "' is locked by " + holder.ToText());
}

std::optional<std::int64_t> ParseNumber(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// The new number as text.
StoreResult Sum(const StoreOperation& add, const std::optional<std::string>& current) {
  const std::optional<std::int64_t> number = current ? ParseNumber(*current) : 0;
  if (!number) return Fail(StoreError::kNotANumber, "'" + add.key + "' does not hold a number");
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*number, add.delta, &sum)) {
    return Fail(StoreError::kOverflow, "'" + add.key + "' would not fit 64 bits");
  }
  if (sum < add.floor) {
    return Fail(StoreError::kBelowFloor, "'" + add.key + "' would be " + std::to_string(sum) +
                                             ", below its floor " + std::to_string(add.floor));
  }
  return StoreResult{StoreError::kNone, "", std::to_string(sum)};
}

}  // namespace

StoreResult Engine::Apply(const TransactionId& id, const StoreOperation& operation) {
  if (finished_.Contains(id) || proofs_.Contains(id)) {
    return Fail(StoreError::kNotActive, id.ToText() + " is finished");
  }
  Branch& branch = *branches_.Open(id).first;
  if (branch.state != State::kActive) {
    return Fail(StoreError::kNotActive, id.ToText() + " is prepared already");
  }
  if (!branch.doom.ok()) return branch.doom;
  StoreResult result = Perform(id, operation, &branch);
  if (!result.ok()) branch.doom = result;
  return result;
}

StoreResult Engine::Perform(const TransactionId& id, const StoreOperation& operation,
                            Branch* branch) {
  const std::string& key = operation.key;
  if (key.empty()) return Fail(StoreError::kMalformed, "an empty key");
  if (key.size() > kMaxKeyBytes) return Fail(StoreError::kTooLarge, "a key above 1,024 bytes");
  branch->bytes += key.size() + operation.value.size();
  if (branch->bytes > options_.max_branch_bytes) {
    return Fail(StoreError::kTooLarge, "the branch is larger than " +
                                           std::to_string(options_.max_branch_bytes) + " bytes");
  }
  if (operation.kind == StoreOperation::Kind::kRead) return Read(id, key, branch);
  return Write(id, operation, branch);
}

StoreResult Engine::Load(const std::string& key, KeyEntry* entry) {
  const std::optional<std::string>* const known = entry->committed();
  if (known != nullptr) return StoreResult{StoreError::kNone, "", *known};
  std::optional<std::string> value;
  const storage::Status status = LoadRecord(key, entry, &value);
  if (!status.ok()) return Fail(StoreError::kFailed, status.ToString());
  return StoreResult{StoreError::kNone, "", std::move(value)};
}

storage::Status Engine::LoadRecord(const std::string& key, KeyEntry* entry,
                                   std::optional<std::string>* value) {
  std::string text;
  const std::string data_key = DataKey(key);
  storage::Status status = backend_->Get(data_key, &text);
  std::optional<std::uint64_t> hash;
  if (status.ok()) {
    hash = storage::RecordHash(data_key, text);
    *value = std::move(text);
  } else if (status.kind() != storage::StatusKind::kNotFound) {
    return status;
  }
  entry->Load(*value, hash);
  return storage::Status();
}

StoreResult Engine::Read(const TransactionId& id, const std::string& key, Branch* branch) {
  const auto own = branch->work.writes.find(key);
  if (own != branch->work.writes.end())
    return StoreResult{StoreError::kNone, "", own->second.value};
  const auto [read, is_new] = branch->work.reads.try_emplace(key, nullptr);
  if (is_new) read->second = keys_.Use(key);
  const TransactionId* const holder = read->second->LockShared(id);
  if (holder != nullptr) return Conflict(key, *holder);
  return Load(key, read->second);
}

StoreResult Engine::Stage(const TransactionId& id, const std::string& key, Branch* branch) {
  ReadKeys& reads = branch->work.reads;
  const auto read = reads.find(key);
  const bool was_read = read != reads.end();
  KeyEntry* const entry = was_read ? read->second : keys_.Use(key);
  const TransactionId* const holder = entry->LockExclusive(id);
  StoreResult old = holder != nullptr ? Conflict(key, *holder) : Load(key, entry);
  if (old.ok()) {
    if (was_read) reads.erase(read);
    branch->work.writes.emplace(key, StagedWrite{entry, std::move(old.value)});
    return StoreResult{};
  }
  if (!was_read) {
    entry->Unlock(id);
    keys_.Drop(entry);
  }
  return old;
}

StoreResult Engine::Write(const TransactionId& id, const StoreOperation& operation,
                          Branch* branch) {
  auto own = branch->work.writes.find(operation.key);
  if (own == branch->work.writes.end()) {
    StoreResult staged = Stage(id, operation.key, branch);
    if (!staged.ok()) return staged;
    own = branch->work.writes.find(operation.key);
  }
  StoreResult result;
  switch (operation.kind) {
    case StoreOperation::Kind::kRead:
      break;
    case StoreOperation::Kind::kPut:
      own->second.value = operation.value;
      break;
    case StoreOperation::Kind::kDelete:
      own->second.value.reset();
      break;
    case StoreOperation::Kind::kAdd:
      result = Sum(operation, own->second.value);
      if (result.ok()) own->second.value = result.value;
      break;
  }
  return result;
}

}  // namespace assent::key_value_store_internal
