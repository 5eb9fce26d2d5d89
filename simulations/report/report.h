// A report: one page that shows how a world ended and what happened in it, for a browser that is
// offline. The page is the files page.html, page.css and page.js with the world's events put in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulations/report/table.h"
#include "simulations/run.h"
#include "simulations/world.h"

namespace assent::simulation {

// The run that the world is one of.
struct RunSummary {
  Totals totals;
  std::vector<WorldReport> failed;
  std::string command;  // of the run
};

struct Report {
  Profile profile;
  std::string replay;     // the command that runs the world again
  std::string known_bug;  // that was switched on; mostly empty
  WorldResult result;     // with all events; without any if its process died
  std::vector<ReportTable> tables;
  std::optional<RunSummary> run;
};

// More events than this are not shown: those nearest to the end are.
constexpr std::size_t kMostEventsShown = 100'000;

std::string MakePage(const Report& report);

// Before a run that may be long: empty, or why the file cannot be written. Changes nothing.
std::string WhyNotWritable(const std::string& file);

// Empty, or why the file could not be written.
std::string WriteReport(const std::string& file, const Report& report);

}  // namespace assent::simulation
