#include "participant/key_value_store_operations.h"

#include <utility>

#include "storage/encoding.h"

namespace assent {
namespace {

using storage::AppendFixed32;
using storage::AppendFixed64;
using storage::AppendString;

constexpr std::uint32_t kVersion = 1;

bool ReadNumber(storage::Reader* reader, std::int64_t* number) {
  std::uint64_t bits = 0;
  if (!reader->ReadFixed64(&bits)) return false;
  *number = static_cast<std::int64_t>(bits);
  return true;
}

void Append(const StoreOperation& operation, std::string* bytes) {
  AppendFixed32(static_cast<std::uint32_t>(operation.kind), bytes);
  AppendString(operation.key, bytes);
  switch (operation.kind) {
    case StoreOperation::Kind::kRead:
    case StoreOperation::Kind::kDelete:
      break;
    case StoreOperation::Kind::kPut:
      AppendString(operation.value, bytes);
      break;
    case StoreOperation::Kind::kAdd:
      AppendFixed64(static_cast<std::uint64_t>(operation.delta), bytes);
      AppendFixed64(static_cast<std::uint64_t>(operation.floor), bytes);
      break;
  }
}

bool ReadOperation(storage::Reader* reader, StoreOperation* operation) {
  std::uint32_t kind = 0;
  if (!reader->ReadFixed32(&kind) || kind < 1 || kind > 4) return false;
  operation->kind = static_cast<StoreOperation::Kind>(kind);
  if (!reader->ReadString(&operation->key)) return false;
  switch (operation->kind) {
    case StoreOperation::Kind::kRead:
    case StoreOperation::Kind::kDelete:
      return true;
    case StoreOperation::Kind::kPut:
      return reader->ReadString(&operation->value);
    case StoreOperation::Kind::kAdd:
      return ReadNumber(reader, &operation->delta) && ReadNumber(reader, &operation->floor);
  }
  return false;
}

}  // namespace

Operations& Operations::Read(std::string_view key) {
  StoreOperation operation;
  operation.kind = StoreOperation::Kind::kRead;
  operation.key = key;
  list_.push_back(std::move(operation));
  return *this;
}

Operations& Operations::Put(std::string_view key, std::string_view value) {
  StoreOperation operation;
  operation.kind = StoreOperation::Kind::kPut;
  operation.key = key;
  operation.value = value;
  list_.push_back(std::move(operation));
  return *this;
}

Operations& Operations::Delete(std::string_view key) {
  StoreOperation operation;
  operation.kind = StoreOperation::Kind::kDelete;
  operation.key = key;
  list_.push_back(std::move(operation));
  return *this;
}

Operations& Operations::Add(std::string_view key, std::int64_t delta, std::int64_t floor) {
  StoreOperation operation;
  operation.kind = StoreOperation::Kind::kAdd;
  operation.key = key;
  operation.delta = delta;
  operation.floor = floor;
  list_.push_back(std::move(operation));
  return *this;
}

std::string Operations::Encode() const {
  std::string bytes;
  AppendFixed32(kVersion, &bytes);
  for (const StoreOperation& operation : list_) Append(operation, &bytes);
  return bytes;
}

std::optional<Operations> Operations::Decode(std::string_view bytes) {
  storage::Reader reader(bytes);
  std::uint32_t version = 0;
  if (!reader.ReadFixed32(&version) || version != kVersion) return std::nullopt;
  Operations operations;
  while (!reader.AtEnd()) {
    StoreOperation operation;
    if (!ReadOperation(&reader, &operation)) return std::nullopt;
    operations.list_.push_back(std::move(operation));
  }
  return operations;
}

}  // namespace assent
