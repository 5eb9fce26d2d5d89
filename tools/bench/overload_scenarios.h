// More transactions than the machine can do: what is refused, and what becomes of the rest.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> OverloadScenarios();

}  // namespace assent::bench
