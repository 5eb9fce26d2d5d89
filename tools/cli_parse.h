// The command line of `assent`. Never exits, never prints; thread-compatible.
#pragma once

#include <string>
#include <vector>

#include "tools/cli_command.h"

namespace assent::cli {

// `arguments` without the program's name. ASSENT_ADDRESS stands in for --address. What is wrong
// gives kError with a text that says what to do: the nearest command or flag is named.
Command ParseCommandLine(const std::vector<std::string>& arguments);

}  // namespace assent::cli
