// The file system as this folder uses it: LevelDB's Env and the four things that Env lacks.
//
// Every file operation of storage goes through one of these, so that a simulated disk sees all of
// them. Thread-safe, since LevelDB calls it from its background thread as well.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "leveldb/env.h"
#include "leveldb/slice.h"
#include "leveldb/status.h"

namespace assent::storage {

// A small file that is overwritten in place. Used by one thread at a time.
class OverwriteFile {
 public:
  OverwriteFile() = default;
  OverwriteFile(const OverwriteFile&) = delete;
  OverwriteFile& operator=(const OverwriteFile&) = delete;
  virtual ~OverwriteFile() = default;

  // Writes all of `data` at `offset`, or fails. Survives the process as soon as it has returned,
  // a power loss only after Sync.
  virtual leveldb::Status WriteAt(uint64_t offset, const leveldb::Slice& data) = 0;
  virtual leveldb::Status Sync() = 0;
};

class FileSystem : public leveldb::Env {
 public:
  // The real one. Never deleted.
  static FileSystem* Posix();

  // Makes the names in `directory` durable: what was created, renamed and removed.
  virtual leveldb::Status SyncDirectory(const std::string& directory) = 0;

  // Opens `name` for overwriting, and creates it empty if it is not there.
  virtual leveldb::Status NewOverwriteFile(const std::string& name,
                                           std::unique_ptr<OverwriteFile>* file) = 0;

  // Bytes that an ordinary user can still write below `directory`.
  virtual leveldb::Status GetFreeBytes(const std::string& directory, uint64_t* bytes) = 0;

  // Whether `directory` lies on a file system that is known to be remote (NFS, SMB, Ceph, AFS).
  virtual bool IsNetworkDirectory(const std::string& directory) = 0;

  // Runs what LevelDB has scheduled, where Schedule only queues (a simulated, single-threaded
  // file system). Called after every call into LevelDB and before it is closed.
  virtual void RunBackgroundWork() {}
};

// "a/b" of "a/b/c"; "." of "c"; "/" of "/c".
std::string ParentDirectory(const std::string& path);

}  // namespace assent::storage
