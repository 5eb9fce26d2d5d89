// Writes the report of a world in which a known bug breaks a promise: the first world of a scenario
// that does not hold.
//
//   mutant_report BUG SCENARIO FILE.html
//
// Ends with 0 if there was such a world within 200.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "core/mutants.h"
#include "simulations/print.h"
#include "simulations/recorded_world.h"
#include "simulations/report/report_file.h"
#include "simulations/run.h"

namespace {

using namespace assent::simulation;  // the program is the simulator's

constexpr std::uint64_t kMostWorlds = 200;

std::optional<Profile> FailingWorld(const std::string& scenario) {
  for (std::uint64_t seed = 1; seed <= kMostWorlds; ++seed) {
    const std::optional<Profile> profile = DrawProfile(scenario, seed);
    if (!profile || RunIsolated(*profile).exit_code != kExitHeld) return profile;
  }
  return std::nullopt;
}

}  // namespace

int main(int count, char** values) {
  if (count != 4) {
    std::fprintf(stderr, "mutant_report BUG SCENARIO FILE.html\n");
    return kExitUsage;
  }
  const std::string bug = values[1];
  RunOptions options;
  options.scenario = values[2];
  assent::ActivateMutant(bug);
  const std::optional<Profile> profile = FailingWorld(options.scenario);
  if (!profile) {
    std::fprintf(stderr, "no world of %s fails\n", values[2]);
    return 1;
  }
  return RunRecorded(*profile, LogLevel::kAll, [&](const WorldResult& result) -> int {
    Report report;
    report.profile = *profile;
    report.replay = ReplayCommand(options, static_cast<std::uint64_t>(profile->seed));
    report.known_bug = bug;
    report.result = result;
    return ReportWorld(values[3], report) ? 0 : 1;
  });
}
