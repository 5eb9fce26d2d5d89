// The scenarios whose work travels as payload.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> PayloadScenarios();

}  // namespace assent::bench
