// What a user would otherwise write: two-phase commit by hand over two PostgreSQL databases.
#pragma once

#include <vector>

#include "tools/bench/scenario.h"

namespace assent::bench {

// Says so and measures nothing where PostgreSQL, or its client library at build time, is missing.
std::vector<Scenario> PostgresScenarios();

}  // namespace assent::bench
