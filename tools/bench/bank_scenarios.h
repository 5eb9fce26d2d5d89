// SmallBank over two participants with the key-value store.
#pragma once

#include <memory>
#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

std::vector<Scenario> BankScenarios();

// The rig of `kv`.
std::unique_ptr<Rig> MakeBank();

}  // namespace assent::bench
