#include "simulations/report/report_file.h"

#include <cstdio>

#include "simulations/print.h"
#include "simulations/recorded_world.h"

namespace assent::simulation {
namespace {

// A world that has ended its process, or took too long, is not run again here.
constexpr std::string_view kProcess = "process";

std::string CommandOf(const RunOptions& options) {
  return "assent-sim run --seeds " + std::to_string(options.seeds) + " --start " +
         std::to_string(options.start) + WorldArguments(options);
}

}  // namespace

bool ReportWorld(const std::string& file, const Report& report) {
  const std::string error = WriteReport(file, report);
  if (error.empty()) {
    std::fprintf(stderr, "the report is in %s\n", file.c_str());
  } else {
    std::fprintf(stderr, "assent-sim: %s\n", error.c_str());
  }
  return error.empty();
}

int ReportRun(const std::string& file, const RunOptions& options, RunSummary run, int exit_code) {
  Report report;
  const WorldReport* const failed = run.failed.empty() ? nullptr : &run.failed.front();
  const std::uint64_t seed = failed == nullptr ? options.start : failed->seed;
  MakeProfile(options, seed, &report.profile);
  report.replay = ReplayCommand(options, seed);
  report.tables = run.totals.coverage.Tables();
  if (failed != nullptr && failed->promise == kProcess) {
    report.result.verdict = Verdict::kViolated;
    report.result.violation = Violation{failed->promise, failed->text};
  }
  run.command = CommandOf(options);
  report.run = std::move(run);
  const auto write = [&](const WorldResult& result) -> int {
    report.result = result;
    return ReportWorld(file, report) ? exit_code : kExitUsage;
  };
  if (report.result.violation) return write(WorldResult(report.result));
  return RunRecorded(report.profile, LogLevel::kAll, write);
}

}  // namespace assent::simulation
