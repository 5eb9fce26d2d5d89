// The names inside a database's directory, and the LevelDB options, for opening and verifying.
#pragma once

#include <memory>
#include <string>

#include "leveldb/env.h"
#include "leveldb/options.h"
#include "storage/file_system.h"
#include "storage/head.h"
#include "storage/status.h"

namespace assent::storage {

inline std::string LevelDbName(const std::string& directory) { return directory + "/db"; }
inline std::string WitnessName(const std::string& directory) { return directory + "/witness"; }
inline std::string ReserveName(const std::string& directory) { return directory + "/reserve"; }
inline std::string LockName(const std::string& directory) { return directory + "/lock"; }
inline std::string CreatingName(const std::string& directory) { return directory + "/creating"; }

// LevelDB narrates; its errors come back as results as well.
std::unique_ptr<leveldb::Logger> NewSilentLogger();

// Options under which LevelDB tells what it finds. Set `info_log` to a silent one.
leveldb::Options CarefulOptions(FileSystem* files, size_t write_buffer_bytes);

Status SupersededStatus(const std::string& directory, const std::string& reason);

// kMissing, or kDamaged if parts of a database are there; OK if there is something to open.
Status CheckPlace(FileSystem* files, const std::string& directory);

// kForeign, kNewerFormat or kOlderFormat.
Status CheckIdentity(const std::string& directory, const Identity& found, const Identity& expected,
                     uint32_t oldest_format);

}  // namespace assent::storage
