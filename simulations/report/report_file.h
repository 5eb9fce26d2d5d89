// The reports that the program's commands write.
#pragma once

#include <string>
#include <vector>

#include "simulations/report/report.h"
#include "simulations/run.h"

namespace assent::simulation {

// Writes the report of one world and says so on standard error. Gives `exit_code`; if it cannot be
// written it says why, and gives kExitUsage where `exit_code` is that all promises held.
int ReportWorld(const std::string& file, const Report& report, int exit_code);

// Of a run: shows the first world that failed, else the first one, which is run again for it. Gives
// what ReportWorld gives.
int ReportRun(const std::string& file, const RunOptions& options, RunSummary run, int exit_code);

}  // namespace assent::simulation
