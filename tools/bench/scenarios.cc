// The table of scenarios: the one place to name a new one.
#include "tools/bench/bank_scenarios.h"
#include "tools/bench/enlist_scenarios.h"
#include "tools/bench/floor_scenarios.h"
#include "tools/bench/long_scenarios.h"
#include "tools/bench/neighbour_scenarios.h"
#include "tools/bench/overload_scenarios.h"
#include "tools/bench/payload_scenarios.h"
#include "tools/bench/pile_scenarios.h"
#include "tools/bench/postgres_scenarios.h"
#include "tools/bench/scenario.h"
#include "tools/bench/unary_scenarios.h"

namespace assent::bench {

const std::vector<Scenario>& Scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> table;
    for (const auto& part :
         {FloorScenarios(), PayloadScenarios(), EnlistScenarios(), BankScenarios(),
          UnaryScenarios(), PileScenarios(), OverloadScenarios(), NeighbourScenarios(),
          LongScenarios(), PostgresScenarios()}) {
      table.insert(table.end(), part.begin(), part.end());
    }
    return table;
  }();
  return all;
}

const Scenario* FindScenario(const std::string& name) {
  for (const Scenario& scenario : Scenarios()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

}  // namespace assent::bench
