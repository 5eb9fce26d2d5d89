// assent status. Asks the coordinator, prints, and blocks until then, at most the command's
// timeout.
#pragma once

#include "tools/cli_command.h"

namespace assent::cli {

Exit ShowStatus(const Command& command);

}  // namespace assent::cli
