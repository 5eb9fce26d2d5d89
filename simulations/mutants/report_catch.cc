#include "simulations/mutants/report_catch.h"

#include <cstdio>

#include "core/mutants.h"
#include "simulations/recorded_world.h"
#include "simulations/report/report_file.h"

namespace assent::mutants {

bool ReportCatch(const std::string& file, const Mutant& mutant, const Hunt& hunt) {
  if (!hunt.caught || hunt.scenario.empty()) {
    std::fprintf(stderr, "assent-sim-mutants: no world shows this bug, there is no report\n");
    return false;
  }
  ActivateMutant(mutant.name);
  simulation::Report report;
  report.profile = simulation::DrawProfile(hunt.scenario, hunt.seed).value();
  report.known_bug = mutant.name;
  report.replay = "assent-sim mutants --hunters worlds " + report.known_bug;
  const auto write = [&](const simulation::WorldResult& result) -> int {
    report.result = result;
    return simulation::ReportWorld(file, report, simulation::kExitHeld);
  };
  return simulation::RunRecorded(report.profile, simulation::LogLevel::kAll, write) ==
         simulation::kExitHeld;
}

}  // namespace assent::mutants
