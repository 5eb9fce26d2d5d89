// The reports that the program's commands write.
#pragma once

#include <string>
#include <vector>

#include "simulations/report/report.h"
#include "simulations/run.h"

namespace assent::simulation {

// Writes the report of one world and says so on standard error; false, after saying why, if it
// cannot.
bool ReportWorld(const std::string& file, const Report& report);

// Of a run: shows the first world that failed, else the first one, which is run again for it. Gives
// `exit_code`, or kExitUsage after saying why the file could not be written.
int ReportRun(const std::string& file, const RunOptions& options, RunSummary run, int exit_code);

}  // namespace assent::simulation
