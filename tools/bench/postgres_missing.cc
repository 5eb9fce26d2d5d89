// Built where there is no libpq.
#include "tools/bench/postgres_scenarios.h"

namespace assent::bench {

std::vector<Scenario> PostgresScenarios() {
  Scenario scenario = LoadScenario(
      "postgres", "SmallBank by hand over two PostgreSQL databases (built without libpq)",
      [](const Settings&, Report* report) {
        report->Say("postgres is left out: built without libpq (Debian: libpq-dev)");
        return std::vector<LoadCase>();
      });
  scenario.open_loop = false;
  return {scenario};
}

}  // namespace assent::bench
