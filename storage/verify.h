// Looks at a database offline, without touching it: copies it, and checks the copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/file_system.h"
#include "storage/head.h"
#include "storage/scan.h"
#include "storage/status.h"

namespace assent::storage {

// Copies the database in `source` to `target` (absent or empty, its parent must exist), every file
// and name synced: a backup. Locks are neither copied nor touched, so that a database in use keeps
// its lock. A copy of a database in use is what a power loss at that moment would have left; if its
// files change too fast to get one, kIoError. The reserve is not copied.
// Errors: kMissing, kAlreadyExists, kIoError.
Status CopyDatabase(FileSystem* files, const std::string& source, const std::string& target);

struct VerifyReport {
  // What is wrong, each with the place and what to do; empty if the database is whole.
  std::vector<std::string> problems;
  // What was found as far as it could be read.
  std::optional<Identity> identity;
  std::optional<Head> head;
  std::optional<uint64_t> witness_sequence;
  std::optional<std::string> superseded;  // the reason of the mark, which is no problem of its own
};

// Makes the checks of GuardedDatabase::Open on a copy of `source` that it makes in `scratch`
// (absent or empty; remove it afterwards). `visitor` (may be null) gets the live records.
// OK if the checks were made, whatever they found.
Status VerifyDatabase(FileSystem* files, const std::string& source, const std::string& scratch,
                      const RecordVisitor& visitor, VerifyReport* report);

}  // namespace assent::storage
