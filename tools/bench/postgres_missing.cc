// Built where there is no libpq.
#include "tools/bench/postgres_scenarios.h"

namespace assent::bench {

std::vector<Scenario> PostgresScenarios() {
  return {{"postgres", "SmallBank by hand over two PostgreSQL databases (built without libpq)",
           [](const Settings&, Report* report) {
             report->Say("postgres is left out: built without libpq (Debian: libpq-dev)");
             return std::string();
           },
           true, false}};
}

}  // namespace assent::bench
