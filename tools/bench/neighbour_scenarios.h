// Transactions beside others whose participant is slow or dead.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> NeighbourScenarios();

}  // namespace assent::bench
