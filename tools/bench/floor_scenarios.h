// The floor by itself: what this machine allows at best.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

// One sync, LevelDB's synced batches, one gRPC round trip, and the floor at each concurrency.
std::string MeasureFloor(const Settings& settings, Report* report);

std::vector<Scenario> FloorScenarios();

}  // namespace assent::bench
