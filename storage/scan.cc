#include "storage/scan.h"

#include <memory>

#include "core/mutants.h"
#include "leveldb/db.h"
#include "leveldb/iterator.h"
#include "storage/batch.h"
#include "storage/leveldb_status.h"
#include "storage/witness.h"

namespace assent::storage {
namespace {

constexpr char kRestoreAdvice[] =
    " Nothing was removed. Keep a copy of the directory, find out what happened to its files, and "
    "restore the newest backup if there is one; starting without the lost records would turn "
    "committed transactions into aborted ones.";

std::string_view ToView(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }

leveldb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

leveldb::ReadOptions CarefulRead() {
  leveldb::ReadOptions options;
  options.verify_checksums = !ASSENT_MUTANT(corrupt_record_skipped);
  options.fill_cache = false;
  return options;
}

Status Damaged(const std::string& directory, const std::string& what) {
  return {StatusKind::kDamaged, directory + ": " + what + kRestoreAdvice};
}

Status CompareWithHead(const std::string& directory, const Head& found, const Head& head) {
  if (ASSENT_MUTANT(corrupt_record_skipped)) return {};
  if (found.live_records == head.live_records && found.sum == head.sum) return {};
  if (found.live_records == head.live_records) {
    return Damaged(directory,
                   "the records are not those that were written last: their number is "
                   "right, their checksum is not.");
  }
  return Damaged(directory, std::to_string(found.live_records) + " records are there, but " +
                                std::to_string(head.live_records) + " should be (as of batch " +
                                std::to_string(head.sequence) + ").");
}

}  // namespace

Status ReadIdentity(leveldb::DB* db, const std::string& directory, Identity* identity) {
  std::string bytes;
  const leveldb::Status read = db->Get(CarefulRead(), ToSlice(kIdentityKey), &bytes);
  if (read.IsNotFound()) {
    return Damaged(directory,
                   "the record that says whose database this is is not there: it is not "
                   "ours, or its beginning is lost.");
  }
  if (!read.ok()) return FromLevelDb(read, "read the identity", directory);
  uint32_t layout = 0;
  if (!DecodeIdentity(bytes, &layout, identity)) {
    return Damaged(directory, "the record that says whose database this is is garbled.");
  }
  if (layout <= kLayoutVersion) return {};
  return {StatusKind::kNewerFormat, directory + ": written in storage layout " +
                                        std::to_string(layout) + ", and this version reads up to " +
                                        std::to_string(kLayoutVersion) +
                                        ". Start the newer version."};
}

Status ReadSuperseded(leveldb::DB* db, const std::string& directory,
                      std::optional<std::string>* reason) {
  std::string bytes;
  const leveldb::Status read = db->Get(CarefulRead(), ToSlice(kSupersededKey), &bytes);
  reason->reset();
  if (read.IsNotFound()) return {};
  if (!read.ok()) return FromLevelDb(read, "read the SUPERSEDED mark", directory);
  *reason = bytes;
  return {};
}

Status ScanAndCompare(leveldb::DB* db, const std::string& directory, const RecordVisitor& visitor,
                      Head* head) {
  Head found;
  bool has_head = false;
  const std::unique_ptr<leveldb::Iterator> it(db->NewIterator(CarefulRead()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view key = ToView(it->key());
    const std::string_view value = ToView(it->value());
    if (key == kHeadKey) {
      has_head = DecodeHead(value, head);
      continue;
    }
    ++found.live_records;
    found.sum += RecordHash(key, value);
    if (IsBookkeepingKey(key) || !visitor) continue;
    Status visited = visitor(key, value);
    if (!visited.ok()) return visited;
  }
  if (!it->status().ok()) return FromLevelDb(it->status(), "read all records", directory);
  if (!has_head) return Damaged(directory, "the head record is not there or garbled.");
  return CompareWithHead(directory, found, *head);
}

Status CompareWithWitness(const std::string& directory, const Head& head, const Identity& identity,
                          uint64_t witness_identity_hash, uint64_t witness_sequence) {
  if (witness_identity_hash != IdentityHash(identity)) {
    return Damaged(directory, "the witness file belongs to another database (this one is a " +
                                  identity.kind + " of " + identity.owner + ").");
  }
  if (ASSENT_MUTANT(corrupt_record_skipped) || ASSENT_MUTANT(witness_ignored)) return {};
  if (witness_sequence <= head.sequence) return {};
  return Damaged(directory,
                 "the last " + std::to_string(witness_sequence - head.sequence) +
                     " batches are lost: the witness has seen batch " +
                     std::to_string(witness_sequence) + ", the database ends with batch " +
                     std::to_string(head.sequence) +
                     ". The end of the log was cut or removed, or db/ was replaced by an older "
                     "copy.");
}

}  // namespace assent::storage
