// LevelDB's errors in our words.
#pragma once

#include <string>

#include "leveldb/status.h"
#include "storage/status.h"

namespace assent::storage {

// An error while `what` was done to the database in `directory`; `error` is not OK. Corruption is
// kDamaged, a held lock kLocked, everything else kIoError; the text says what to do.
Status FromLevelDb(const leveldb::Status& error, const std::string& what,
                   const std::string& directory);

}  // namespace assent::storage
