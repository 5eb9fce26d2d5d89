// Reads a decision log, as it is on the disk, into a report. Blocking: copies and reads the files.
#pragma once

#include <string>

#include "assent/tools/log_report.pb.h"
#include "storage/status.h"

namespace assent::cli {

// OK if the log could be looked at, whatever was found; `dump` says what. `scratch` is absent or
// empty, and is the caller's to remove.
storage::Status ReadLog(const std::string& directory, const std::string& scratch,
                        tools::LogDump* dump);

}  // namespace assent::cli
