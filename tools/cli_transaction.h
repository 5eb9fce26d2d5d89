// assent transaction list, show, commit, abort. Each asks the coordinator, prints, and blocks until
// then, at most the command's timeout for each call.
#pragma once

#include "tools/cli_command.h"

namespace assent::cli {

Exit ListTransactions(const Command& command);
Exit ShowTransaction(const Command& command);

// Both ask for the outcome first: if that fails, nothing was changed; if the change's answer is
// missing, the outcome is kUnknown.
Exit CommitTransaction(const Command& command);
Exit AbortTransaction(const Command& command);

}  // namespace assent::cli
