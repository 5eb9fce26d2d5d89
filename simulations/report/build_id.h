// Which build this program is: the linker's id of it, which differs whenever the code does.
#pragma once

#include <string>

namespace assent::simulation {

// In hexadecimal; "unknown" if the linker has left none.
std::string BuildId();

}  // namespace assent::simulation
