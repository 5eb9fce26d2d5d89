// Changes that become durable together, or not at all. A value; thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "leveldb/write_batch.h"

namespace assent::storage {

// The hash of one record that the head's sum is made of. Stored on disk: its value is fixed for
// good. Not against an adversary.
uint64_t RecordHash(std::string_view key, std::string_view value);

// Operations apply in the order in which they were added; a key may occur more than once.
//
// The database keeps a checksum over all live records, so it has to know what an operation takes
// away. Put and Delete look it up: always right, one read per key. Insert, Replace and
// DeleteKnown *claim* to know it: no read. If any operation of a batch looks up, all claims of the
// batch are ignored. A false claim makes the next open refuse the database as damaged, so tests
// run with DatabaseOptions::check_claims.
//
// A key is not empty and does not begin with a zero byte (checked).
class Batch {
 public:
  void Put(std::string_view key, std::string_view value);  // new or not
  void Delete(std::string_view key);                       // there or not

  void Insert(std::string_view key, std::string_view value);  // claims: not there
  // Claim: the record there has this RecordHash.
  void Replace(std::string_view key, uint64_t old_hash, std::string_view value);
  void DeleteKnown(std::string_view key, uint64_t old_hash);
  // The same by one who has hashed the new record already, and claims that too.
  void InsertHashed(std::string_view key, uint64_t hash, std::string_view value);
  void ReplaceHashed(std::string_view key, uint64_t old_hash, uint64_t hash,
                     std::string_view value);

  void Clear();
  bool empty() const { return operations_ == 0; }
  size_t operations() const { return operations_; }
  size_t bytes() const { return writes_.ApproximateSize(); }

 private:
  friend class GuardedDatabase;

  leveldb::WriteBatch writes_;
  size_t operations_ = 0;
  bool looks_up_ = false;
  uint64_t claimed_records_ = 0;  // difference in live records, mod 2^64
  uint64_t claimed_sum_ = 0;      // difference in the sum of hashes, mod 2^64
};

}  // namespace assent::storage
