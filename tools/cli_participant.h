// assent participant list, replace. Each asks the coordinator, prints, and blocks until then, at
// most the command's timeout.
#pragma once

#include "tools/cli_command.h"

namespace assent::cli {

Exit ListParticipants(const Command& command);

// Refuses unless `command.confirm` is the participant's name.
Exit ReplaceParticipant(const Command& command);

}  // namespace assent::cli
