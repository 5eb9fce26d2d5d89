#include "storage/leveldb_status.h"

namespace assent::storage {
namespace {

bool Says(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

Status FromLevelDb(const leveldb::Status& error, const std::string& what,
                   const std::string& directory) {
  const std::string text = error.ToString();
  const std::string place = directory + ": " + what + ": " + text + ". ";
  // The first text comes from a lock in this process, the second from another process's.
  if (Says(text, "already held by process") || Says(text, "Resource temporarily unavailable")) {
    return {StatusKind::kLocked,
            place +
                "Another process, or this one, has the database open. Stop it, or use another "
                "directory; do not remove the lock file."};
  }
  if (Says(text, "No space left on device")) {
    return {StatusKind::kIoError,
            place +
                "The disk is full: free some space, or start once with the reserve given up, "
                "and start again."};
  }
  if (error.IsIOError() || error.IsNotFound()) {
    return {StatusKind::kIoError,
            place + "Check the disk, the permissions and the file system, and start again."};
  }
  return {StatusKind::kDamaged,
          place +
              "Nothing was removed. Keep a copy of the directory, verify that copy offline, "
              "and restore the newest backup if there is one."};
}

}  // namespace assent::storage
