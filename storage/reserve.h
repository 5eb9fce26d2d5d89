// A file that only takes up space, to be given back when the disk is full: reopening needs as much
// free space as the log is long. Written past the fail-stop layer, because its loss hurts nobody.
#pragma once

#include <cstdint>
#include <string>

#include "storage/file_system.h"
#include "storage/status.h"

namespace assent::storage {

// Whether the file is there with at least `bytes`.
bool HasReserve(FileSystem* files, const std::string& name, uint64_t bytes);

// Writes and syncs it; leaves no part of it behind if that fails (kIoError).
Status MakeReserve(FileSystem* files, const std::string& name, uint64_t bytes);

// OK if it is not there.
Status RemoveReserve(FileSystem* files, const std::string& name);

}  // namespace assent::storage
