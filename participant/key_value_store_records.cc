#include "participant/key_value_store_records.h"

#include <utility>

#include "storage/encoding.h"

namespace assent::key_value_store_internal {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kRemoves = 0;
constexpr std::uint32_t kSets = 1;
constexpr std::size_t kMaxDigits = 16;
constexpr std::string_view kDigits = "0123456789abcdef";

class BranchListReader {
 public:
  explicit BranchListReader(std::string_view bytes) : reader_(bytes) {
    std::uint32_t version = 0;
    is_known_ = reader_.ReadFixed32(&version) && version == kVersion;
  }

  bool AtEnd() const { return is_known_ && reader_.AtEnd(); }
  bool ReadId(TransactionId* id);
  bool ReadWork(BranchWork* work);

 private:
  bool ReadWrite(StagedWrites* writes);
  bool ReadKey(ReadKeys* reads);

  storage::Reader reader_;
  bool is_known_ = false;
  CoordinatorId coordinator_;
};

bool BranchListReader::ReadId(TransactionId* id) {
  std::string text;
  if (!is_known_ || !reader_.ReadString(&text)) return false;
  if (!text.empty()) coordinator_ = CoordinatorId::Parse(text).value_or(CoordinatorId());
  id->coordinator = coordinator_;
  return !coordinator_.empty() && reader_.ReadFixed64(&id->sequence.epoch) &&
         reader_.ReadFixed64(&id->sequence.number);
}

bool BranchListReader::ReadWork(BranchWork* work) {
  std::uint32_t count = 0;
  if (!reader_.ReadFixed32(&count)) return false;
  for (; count > 0; --count) {
    if (!ReadWrite(&work->writes)) return false;
  }
  if (!reader_.ReadFixed32(&count)) return false;
  for (; count > 0; --count) {
    if (!ReadKey(&work->reads)) return false;
  }
  return true;
}

bool BranchListReader::ReadWrite(StagedWrites* writes) {
  std::string key;
  std::uint32_t sort = 0;
  StagedWrite write;
  if (!reader_.ReadString(&key) || !reader_.ReadFixed32(&sort) || sort > kSets) return false;
  if (sort == kSets && !reader_.ReadString(&write.value.emplace())) return false;
  return writes->emplace(std::move(key), std::move(write)).second;
}

bool BranchListReader::ReadKey(ReadKeys* reads) {
  std::string key;
  return reader_.ReadString(&key) && reads->emplace(std::move(key), nullptr).second;
}

}  // namespace

std::string DataKey(std::string_view key) { return kDataPrefix + std::string(key); }

std::string NoteKey(const CoordinatorId& coordinator) {
  return kNotePrefix + std::string(coordinator.text());
}

std::string NumberedKey(char prefix, std::uint64_t number) {
  std::string key(1, prefix);
  for (; number > 0; number >>= 4) key.push_back(kDigits[number & 15]);
  return key;
}

std::optional<std::uint64_t> ParseNumber(std::string_view digits) {
  if (digits.empty() || digits.size() > kMaxDigits || digits.back() == '0') return std::nullopt;
  std::uint64_t number = 0;
  for (; !digits.empty(); digits.remove_suffix(1)) {
    const std::size_t value = kDigits.find(digits.back());
    if (value == std::string_view::npos) return std::nullopt;
    number = number << 4 | value;
  }
  return number;
}

std::string ProofKey(const TransactionId& highest) { return kProofPrefix + highest.ToText(); }

std::string EncodeProof(std::uint64_t batch, std::span<const Sequence> others) {
  std::string bytes;
  bytes.reserve(12 + others.size() * 16);
  storage::AppendFixed32(kVersion, &bytes);
  storage::AppendFixed64(batch, &bytes);
  for (const Sequence& id : others) {
    storage::AppendFixed64(id.epoch, &bytes);
    storage::AppendFixed64(id.number, &bytes);
  }
  return bytes;
}

bool DecodeProof(std::string_view bytes, std::uint64_t* batch, std::vector<Sequence>* others) {
  storage::Reader reader(bytes);
  std::uint32_t version = 0;
  if (!reader.ReadFixed32(&version) || version != kVersion) return false;
  if (!reader.ReadFixed64(batch)) return false;
  while (!reader.AtEnd()) {
    Sequence id;
    if (!reader.ReadFixed64(&id.epoch) || !reader.ReadFixed64(&id.number)) return false;
    others->push_back(id);
  }
  return true;
}

BranchListWriter::BranchListWriter() { storage::AppendFixed32(kVersion, &bytes_); }

// The coordinator only where it is another one than before.
void BranchListWriter::Add(const TransactionId& id) {
  const bool is_same = id.coordinator == coordinator_;
  storage::AppendString(is_same ? std::string_view() : id.coordinator.text(), &bytes_);
  storage::AppendFixed64(id.sequence.epoch, &bytes_);
  storage::AppendFixed64(id.sequence.number, &bytes_);
  coordinator_ = id.coordinator;
}

void BranchListWriter::Add(const TransactionId& id, const BranchWork& work) {
  Add(id);
  storage::AppendFixed32(static_cast<std::uint32_t>(work.writes.size()), &bytes_);
  for (const auto& write : work.writes) {
    storage::AppendString(write.first, &bytes_);
    storage::AppendFixed32(write.second.value ? kSets : kRemoves, &bytes_);
    if (write.second.value) storage::AppendString(*write.second.value, &bytes_);
  }
  storage::AppendFixed32(static_cast<std::uint32_t>(work.reads.size()), &bytes_);
  for (const auto& read : work.reads) storage::AppendString(read.first, &bytes_);
}

bool DecodeAborts(std::string_view bytes, std::vector<TransactionId>* ids) {
  BranchListReader list(bytes);
  while (!list.AtEnd()) {
    if (!list.ReadId(&ids->emplace_back())) return false;
  }
  return true;
}

bool DecodeGroup(std::string_view bytes,
                 std::vector<std::pair<TransactionId, BranchWork>>* branches) {
  BranchListReader list(bytes);
  while (!list.AtEnd()) {
    auto& [id, work] = branches->emplace_back();
    if (!list.ReadId(&id) || !list.ReadWork(&work)) return false;
  }
  return true;
}

}  // namespace assent::key_value_store_internal
