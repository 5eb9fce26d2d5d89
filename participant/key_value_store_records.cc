#include "participant/key_value_store_records.h"

#include <utility>

#include "storage/encoding.h"

namespace assent::key_value_store_internal {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kRemoves = 0;
constexpr std::uint32_t kSets = 1;

bool DecodeWrite(storage::Reader* reader, StagedWrites* writes) {
  std::string key;
  std::uint32_t sort = 0;
  StagedWrite write;
  if (!reader->ReadString(&key) || !reader->ReadFixed32(&sort) || sort > kSets) return false;
  if (sort == kSets && !reader->ReadString(&write.value.emplace())) return false;
  return writes->emplace(std::move(key), std::move(write)).second;
}

bool DecodeRead(storage::Reader* reader, ReadKeys* reads) {
  std::string key;
  return reader->ReadString(&key) && reads->insert(std::move(key)).second;
}

}  // namespace

std::string DataKey(std::string_view key) { return kDataPrefix + std::string(key); }

std::string NoteKey(const CoordinatorId& coordinator) {
  return kNotePrefix + std::string(coordinator.text());
}

std::string PreparedKey(const TransactionId& id) { return kPreparedPrefix + id.ToText(); }

std::string ProofKey(const TransactionId& highest) { return kProofPrefix + highest.ToText(); }

std::string EncodeProof(std::span<const Sequence> others) {
  std::string bytes;
  bytes.reserve(4 + others.size() * 16);
  storage::AppendFixed32(kVersion, &bytes);
  for (const Sequence& id : others) {
    storage::AppendFixed64(id.epoch, &bytes);
    storage::AppendFixed64(id.number, &bytes);
  }
  return bytes;
}

bool DecodeProof(std::string_view bytes, std::vector<Sequence>* others) {
  storage::Reader reader(bytes);
  std::uint32_t version = 0;
  if (!reader.ReadFixed32(&version) || version != kVersion) return false;
  while (!reader.AtEnd()) {
    Sequence id;
    if (!reader.ReadFixed64(&id.epoch) || !reader.ReadFixed64(&id.number)) return false;
    others->push_back(id);
  }
  return true;
}

std::string EncodePrepared(const StagedWrites& writes, const ReadKeys& reads) {
  std::string bytes;
  storage::AppendFixed32(kVersion, &bytes);
  storage::AppendFixed64(writes.size(), &bytes);
  for (const auto& write : writes) {
    storage::AppendString(write.first, &bytes);
    storage::AppendFixed32(write.second.value ? kSets : kRemoves, &bytes);
    if (write.second.value) storage::AppendString(*write.second.value, &bytes);
  }
  storage::AppendFixed64(reads.size(), &bytes);
  for (const std::string& key : reads) storage::AppendString(key, &bytes);
  return bytes;
}

bool DecodePrepared(std::string_view bytes, StagedWrites* writes, ReadKeys* reads) {
  storage::Reader reader(bytes);
  std::uint32_t version = 0;
  std::uint64_t count = 0;
  if (!reader.ReadFixed32(&version) || version != kVersion) return false;
  if (!reader.ReadFixed64(&count)) return false;
  for (; count > 0; --count) {
    if (!DecodeWrite(&reader, writes)) return false;
  }
  if (!reader.ReadFixed64(&count)) return false;
  for (; count > 0; --count) {
    if (!DecodeRead(&reader, reads)) return false;
  }
  return reader.AtEnd();
}

}  // namespace assent::key_value_store_internal
