// Scenarios with plain unary calls: initiators without the client library, participants without the
// agent.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> UnaryScenarios();

}  // namespace assent::bench
