#include "storage/witness.h"

#include "storage/batch.h"
#include "storage/encoding.h"
#include "storage/leveldb_status.h"

namespace assent::storage {
namespace {

constexpr uint64_t kMagic = 0x31535345'4e544957;  // "WITNESS1"
constexpr uint64_t kSlotDistance = 4096;
constexpr size_t kSlotBytes = 32;

std::string EncodeSlot(uint64_t identity_hash, uint64_t sequence) {
  std::string bytes;
  AppendFixed64(kMagic, &bytes);
  AppendFixed64(identity_hash, &bytes);
  AppendFixed64(sequence, &bytes);
  AppendFixed64(RecordHash("witness", bytes), &bytes);
  return bytes;
}

bool DecodeSlot(std::string_view file, int slot, WitnessContent* content) {
  const size_t begin = static_cast<size_t>(slot) * kSlotDistance;
  if (file.size() < begin + kSlotBytes) return false;
  const std::string_view bytes = file.substr(begin, kSlotBytes);
  uint64_t magic = 0;
  uint64_t checksum = 0;
  Reader reader(bytes);
  const bool complete = reader.ReadFixed64(&magic) && reader.ReadFixed64(&content->identity_hash) &&
                        reader.ReadFixed64(&content->sequence) && reader.ReadFixed64(&checksum);
  content->slot = slot;
  content->found = true;
  return complete && magic == kMagic && checksum == RecordHash("witness", bytes.substr(0, 24));
}

}  // namespace

uint64_t IdentityHash(const Identity& identity) {
  return RecordHash(kIdentityKey, EncodeIdentity(identity));
}

Status ReadWitness(FileSystem* files, const std::string& name, WitnessContent* content) {
  std::string bytes;
  const leveldb::Status read = leveldb::ReadFileToString(files, name, &bytes);
  const std::string advice =
      " Without it a lost end of the log cannot be seen. If the database comes from a backup or is "
      "known to be whole, start once with the missing witness accepted; else restore the witness.";
  if (read.IsNotFound()) {
    return {StatusKind::kMissing, name + ": the witness file is not there." + advice};
  }
  if (!read.ok()) return FromLevelDb(read, "read the witness", name);
  WitnessContent slots[2];
  const bool first = DecodeSlot(bytes, 0, &slots[0]);
  const bool second = DecodeSlot(bytes, 1, &slots[1]);
  if (!first && !second) {
    return {StatusKind::kDamaged, name + ": the witness file cannot be read." + advice};
  }
  const bool take_second = second && (!first || slots[1].sequence > slots[0].sequence);
  *content = slots[take_second ? 1 : 0];
  return {};
}

Status Witness::Create(FileSystem* files, const std::string& name, uint64_t identity_hash,
                       uint64_t sequence, std::unique_ptr<Witness>* witness) {
  WitnessContent content{identity_hash, sequence, 1, true};
  Status opened = Continue(files, name, content, witness);
  if (!opened.ok()) return opened;
  leveldb::Status written = (*witness)->Advance(sequence);
  if (written.ok()) written = (*witness)->Advance(sequence);
  if (written.ok()) written = (*witness)->file_->Sync();
  return written.ok() ? Status() : FromLevelDb(written, "write the witness", name);
}

Status Witness::Continue(FileSystem* files, const std::string& name, const WitnessContent& content,
                         std::unique_ptr<Witness>* witness) {
  std::unique_ptr<OverwriteFile> file;
  const leveldb::Status opened = files->NewOverwriteFile(name, &file);
  if (!opened.ok()) return FromLevelDb(opened, "open the witness", name);
  witness->reset(new Witness(std::move(file), content.identity_hash, 1 - content.slot));
  return {};
}

leveldb::Status Witness::Advance(uint64_t sequence) {
  const uint64_t offset = static_cast<uint64_t>(next_slot_) * kSlotDistance;
  next_slot_ = 1 - next_slot_;
  return file_->WriteAt(offset, EncodeSlot(identity_hash_, sequence));
}

}  // namespace assent::storage
