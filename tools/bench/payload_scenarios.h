// The scenarios whose work travels as payload.
#pragma once

#include <memory>
#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> PayloadScenarios();

// The rig of `pair`.
std::unique_ptr<Rig> MakePair();

}  // namespace assent::bench
