// Work done by calls to services that enlist, as in the shop.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> EnlistScenarios();

}  // namespace assent::bench
