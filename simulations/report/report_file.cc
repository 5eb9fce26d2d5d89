#include "simulations/report/report_file.h"

#include <cstdio>

#include "simulations/print.h"
#include "simulations/recorded_world.h"

namespace assent::simulation {
namespace {

// Of a world that has ended its process, or took too long, and is not run again here.
WorldResult ResultOfLost(const WorldReport& world) {
  WorldResult result;
  if (world.exit_code == kExitUnfinished) {
    result.verdict = Verdict::kUnfinished;
    result.unfinished = world.text;
  } else {
    result.verdict = Verdict::kViolated;
    result.violation = Violation{"process", world.text};
  }
  return result;
}

std::string CommandOf(const RunOptions& options) {
  return "assent-sim run --seeds " + std::to_string(options.seeds) + " --start " +
         std::to_string(options.start) + WorldArguments(options);
}

}  // namespace

int ReportWorld(const std::string& file, const Report& report, int exit_code) {
  const std::string error = WriteReport(file, report);
  if (error.empty()) {
    std::fprintf(stderr, "the report is in %s\n", file.c_str());
    return exit_code;
  }
  std::fprintf(stderr, "assent-sim: %s\n", error.c_str());
  return exit_code == kExitHeld ? kExitUsage : exit_code;
}

int ReportRun(const std::string& file, const RunOptions& options, RunSummary run, int exit_code) {
  Report report;
  const WorldReport* const failed = run.failed.empty() ? nullptr : &run.failed.front();
  const std::uint64_t seed = failed == nullptr ? options.start : failed->seed;
  MakeProfile(options, seed, &report.profile);
  report.replay = ReplayCommand(options, seed);
  report.tables = run.totals.coverage.Tables();
  run.command = CommandOf(options);
  report.run = std::move(run);
  const auto write = [&](const WorldResult& result) -> int {
    report.result = result;
    return ReportWorld(file, report, exit_code);
  };
  if (failed != nullptr && failed->is_lost) return write(ResultOfLost(*failed));
  return RunRecorded(report.profile, LogLevel::kAll, write);
}

}  // namespace assent::simulation
