// What many unfinished transactions, and none at all, cost a coordinator.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> PileScenarios();

}  // namespace assent::bench
