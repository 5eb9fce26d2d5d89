// What can be measured. A scenario is one file, and one row of the table in scenarios.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/bench/report.h"
#include "tools/bench/rig.h"
#include "tools/bench/settings.h"

namespace assent::bench {

using MakeRig = std::function<std::unique_ptr<Rig>()>;

// One shape of a scenario's load; measured at each concurrency.
struct LoadCase {
  std::vector<std::pair<std::string, double>> labels;  // beside the concurrency
  MakeRig rig;
  MakeRig floor;                 // what it is compared with; may be empty
  std::string floor_name;        // of the scenario that the floor is made for; empty: of this one
  int most_in_flight = 100'000;  // greater concurrencies are left out
};

using LoadCases = std::function<std::vector<LoadCase>(const Settings& settings, Report* report)>;

struct Scenario {
  std::string name;
  const char* about;
  // Measures it, and reports line by line. Empty, or why it could not be measured.
  std::function<std::string(const Settings& settings, Report* report)> run;
  // Part of "all"; else only by its name.
  bool usual = true;
  // May be given a rate.
  bool open_loop = true;
  // If it is load and nothing else: what it measures, and what is left out is reported.
  LoadCases loads = nullptr;
};

// One that is load and nothing else.
Scenario LoadScenario(const std::string& name, const char* about, LoadCases loads);

const std::vector<Scenario>& Scenarios();
const Scenario* FindScenario(const std::string& name);

// Measures each case at each concurrency (or the rate), one after the other, the floor in turn with
// it.
std::string MeasureLoad(const std::string& scenario, const std::vector<LoadCase>& cases,
                        const Settings& settings, Report* report);

// Measures all loads of several scenarios run by run in turn, so that a slower spell of the machine
// meets all of them: each case at each concurrency and, if there is one, at the rate.
std::string MeasureInTurn(const std::vector<const Scenario*>& scenarios, const Settings& settings,
                          Report* report);

}  // namespace assent::bench
