// The promises and rules of docs/protocol.md in a sentence each, as a report quotes them.
#pragma once

#include <string_view>

namespace assent::simulation {

// Of "P1", "R6", "alarm", …, as violations name them; empty for what has no sentence.
std::string_view PromiseInWords(std::string_view promise);

}  // namespace assent::simulation
