#include "storage/batch.h"

#include <cstring>

#include "core/check.h"
#include "storage/head.h"

namespace assent::storage {
namespace {

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93;
  z = (z ^ (z >> 29)) * 0x9e3779b97f4a7c15;
  return z ^ (z >> 32);
}

// Little-endian on every machine.
uint64_t LoadWord(const char* bytes, size_t count) {
  unsigned char raw[8] = {};
  std::memcpy(raw, bytes, count);
  uint64_t word = 0;
  for (size_t i = 8; i > 0; --i) word = (word << 8) | raw[i - 1];
  return word;
}

uint64_t HashBytes(uint64_t seed, std::string_view bytes) {
  uint64_t state = Mix(seed ^ bytes.size());
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) state = Mix(state ^ LoadWord(at, 8));
  if (left > 0) state = Mix(state ^ LoadWord(at, left));
  return state;
}

leveldb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

void CheckKey(std::string_view key) {
  ASSENT_CHECK(!key.empty(), "a key is not empty");
  ASSENT_CHECK(!IsBookkeepingKey(key), "keys that begin with a zero byte are the database's own");
}

}  // namespace

uint64_t RecordHash(std::string_view key, std::string_view value) {
  return HashBytes(HashBytes(0x617373656e742d31, key), value);
}

void Batch::Put(std::string_view key, std::string_view value) {
  looks_up_ = true;
  Insert(key, value);
}

void Batch::Delete(std::string_view key) {
  looks_up_ = true;
  DeleteKnown(key, 0);
}

void Batch::Insert(std::string_view key, std::string_view value) {
  InsertHashed(key, RecordHash(key, value), value);
}

void Batch::Replace(std::string_view key, uint64_t old_hash, std::string_view value) {
  ReplaceHashed(key, old_hash, RecordHash(key, value), value);
}

void Batch::InsertHashed(std::string_view key, uint64_t hash, std::string_view value) {
  CheckKey(key);
  writes_.Put(ToSlice(key), ToSlice(value));
  ++operations_;
  ++claimed_records_;
  claimed_sum_ += hash;
}

void Batch::ReplaceHashed(std::string_view key, uint64_t old_hash, uint64_t hash,
                          std::string_view value) {
  InsertHashed(key, hash, value);
  --claimed_records_;
  claimed_sum_ -= old_hash;
}

void Batch::DeleteKnown(std::string_view key, uint64_t old_hash) {
  CheckKey(key);
  writes_.Delete(ToSlice(key));
  ++operations_;
  --claimed_records_;
  claimed_sum_ -= old_hash;
}

void Batch::Clear() { *this = Batch(); }

}  // namespace assent::storage
