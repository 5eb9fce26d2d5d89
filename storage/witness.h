// The file beside the database that remembers the sequence number of the last synced batch.
//
// Overwritten after each synced batch, without a sync of its own: exact after any death of the
// process, behind after a power loss, never ahead of the database unless the database lost
// something. Two slots in two pages take turns, so that a torn overwrite leaves the one before.
// Used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/file_system.h"
#include "storage/head.h"
#include "storage/status.h"

namespace assent::storage {

// What ties a witness to its database.
uint64_t IdentityHash(const Identity& identity);

struct WitnessContent {
  uint64_t identity_hash = 0;
  uint64_t sequence = 0;
  int slot = 0;        // where the higher of the two was found
  bool found = false;  // otherwise nothing here is meant
};

// kMissing if there is no file, kDamaged if neither slot is intact.
Status ReadWitness(FileSystem* files, const std::string& name, WitnessContent* content);

class Witness {
 public:
  // Writes `sequence` into both slots, file and name synced.
  static Status Create(FileSystem* files, const std::string& name, uint64_t identity_hash,
                       uint64_t sequence, std::unique_ptr<Witness>* witness);
  // Goes on with what ReadWitness found.
  static Status Continue(FileSystem* files, const std::string& name, const WitnessContent& content,
                         std::unique_ptr<Witness>* witness);

  leveldb::Status Advance(uint64_t sequence);

 private:
  Witness(std::unique_ptr<OverwriteFile> file, uint64_t identity_hash, int next_slot)
      : file_(std::move(file)), identity_hash_(identity_hash), next_slot_(next_slot) {}

  const std::unique_ptr<OverwriteFile> file_;
  const uint64_t identity_hash_;
  int next_slot_;
};

}  // namespace assent::storage
