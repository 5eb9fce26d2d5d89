// Load for a long time: does anything grow, or grow slower?
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> LongScenarios();

}  // namespace assent::bench
