// SmallBank over two participants with the key-value store.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> BankScenarios();

}  // namespace assent::bench
