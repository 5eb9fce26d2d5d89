// assent dev: a coordinator for trying things out, in this process.
#pragma once

#include "tools/cli_command.h"

namespace assent::cli {

// Blocks until SIGINT or SIGTERM, or a failure. Call it before any thread starts.
Exit RunDev(const Command& command);

}  // namespace assent::cli
