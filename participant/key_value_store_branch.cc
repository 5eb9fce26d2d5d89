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

StoreResult Engine::Load(const std::string& key) {
  const std::optional<std::string>* const known = values_.Find(key);
  if (known != nullptr) return StoreResult{StoreError::kNone, "", *known};
  std::string text;
  const storage::Status status = backend_->Get(DataKey(key), &text);
  const bool is_absent = status.kind() == storage::StatusKind::kNotFound;
  if (!status.ok() && !is_absent) return Fail(StoreError::kFailed, status.ToString());
  std::optional<std::string> value;
  if (!is_absent) value = std::move(text);
  values_.Put(key, value);
  return StoreResult{StoreError::kNone, "", std::move(value)};
}

StoreResult Engine::Read(const TransactionId& id, const std::string& key, Branch* branch) {
  const auto own = branch->work.writes.find(key);
  if (own != branch->work.writes.end())
    return StoreResult{StoreError::kNone, "", own->second.value};
  const TransactionId* holder = locks_.TakeShared(key, id);
  if (holder != nullptr) return Conflict(key, *holder);
  branch->work.reads.insert(key);
  return Load(key);
}

StoreResult Engine::Write(const TransactionId& id, const StoreOperation& operation,
                          Branch* branch) {
  const TransactionId* holder = locks_.TakeExclusive(operation.key, id);
  if (holder != nullptr) return Conflict(operation.key, *holder);
  auto own = branch->work.writes.find(operation.key);
  if (own == branch->work.writes.end()) {
    StoreResult old = Load(operation.key);
    if (!old.ok()) {
      branch->work.reads.insert(operation.key);  // so that Forget releases the lock
      return old;
    }
    branch->work.reads.erase(operation.key);
    StagedWrite staged;
    if (old.value) staged.old_hash = storage::RecordHash(DataKey(operation.key), *old.value);
    staged.value = std::move(old.value);
    own = branch->work.writes.emplace(operation.key, std::move(staged)).first;
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
