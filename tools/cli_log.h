// assent log dump, verify, backup: offline, on a copy of the log in a temporary directory (below
// TMPDIR), so that the log is not touched and may be in use. Each reads all of it.
#pragma once

#include "tools/cli_command.h"

namespace assent::cli {

// What can be read is printed even if the log is damaged.
Exit DumpLog(const Command& command);
Exit VerifyLog(const Command& command);

// Copies the log, then verifies the copy. A copy that is not whole stays where it is.
Exit BackUpLog(const Command& command);

}  // namespace assent::cli
