// Reads every record of a database and compares what is there with what the head says.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/head.h"
#include "storage/status.h"

namespace leveldb {
class DB;
}  // namespace leveldb

namespace assent::storage {

// Called with each live record in the order of keys; the views live as long as the call. An error
// ends the scan and becomes its result.
using RecordVisitor = std::function<Status(std::string_view key, std::string_view value)>;

// The identity and the SUPERSEDED mark (its reason), read by key. kDamaged if the identity is not
// there or garbled, kNewerFormat if this version cannot read the layout.
Status ReadIdentity(leveldb::DB* db, const std::string& directory, Identity* identity);
Status ReadSuperseded(leveldb::DB* db, const std::string& directory,
                      std::optional<std::string>* reason);

// Hands every record but the bookkeeping ones to `visitor` (may be null), then compares. kDamaged
// if something cannot be read or the head says something else; the visitor's error.
Status ScanAndCompare(leveldb::DB* db, const std::string& directory, const RecordVisitor& visitor,
                      Head* head);

// kDamaged if the witness belongs to another database or is ahead of the head.
Status CompareWithWitness(const std::string& directory, const Head& head, const Identity& identity,
                          uint64_t witness_identity_hash, uint64_t witness_sequence);

}  // namespace assent::storage
