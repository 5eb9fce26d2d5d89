#include "simulations/explorer/explorer.h"

#include <cstdlib>
#include <map>
#include <ostream>
#include <utility>

#include "core/check.h"
#include "simulations/explorer/search.h"

namespace assent::explorer {
namespace {

// A failed check cannot be returned from: what is needed to tell its story.
struct UnderWay {
  Search* search = nullptr;
  Report report;
  std::ostream* out = nullptr;
};
UnderWay under_way;

std::string Count(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

void PrintViolation(const Report& report, std::ostream* out) {
  const Violation& violation = report.violation;
  *out << "VIOLATED: " << violation.promise << "\n";
  if (!violation.first.empty()) *out << "  on the one hand   " << violation.first << "\n";
  if (!violation.second.empty()) *out << "  on the other hand " << violation.second << "\n";
  *out << "found in state " << Count(report.states) << "; the shortest path, from where all are "
       << "attached:\n";
  for (const std::string& step : violation.path) *out << "  " << step << "\n";
  *out << "to see it again: assent-sim explore " << report.name << "\n";
}

void TellFailedCheck(const char* file, int line, const char* condition, const char* message) {
  if (under_way.search != nullptr) {
    Search* const search = std::exchange(under_way.search, nullptr);
    under_way.report.states = search->states();
    under_way.report.violation = {
        "a contract check of the core", std::string(condition) + " " + message,
        std::string(file) + ":" + std::to_string(line), search->PathOfCurrentStep()};
    PrintViolation(under_way.report, under_way.out);
    under_way.out->flush();
    std::_Exit(1);
  }
}

}  // namespace

Report Explore(const Bounds& bounds, std::ostream* out) {
  Search search(bounds);
  under_way.search = &search;
  under_way.report = Report{};
  under_way.report.name = bounds.name;
  under_way.out = out;
  SetCheckFailureHandler(TellFailedCheck);
  Report report = search.Run();
  SetCheckFailureHandler(nullptr);
  under_way.search = nullptr;
  return report;
}

void Print(const Report& report, std::ostream* out) {
  *out << report.name << ": " << Count(report.states) << " states, " << Count(report.transitions)
       << " transitions, depth " << report.depth << "; " << Count(report.coordinator_states)
       << " states of the coordinator alone, " << Count(report.participant_states)
       << " of a participant, " << Count(report.core_steps) << " steps of the core; "
       << Count(report.quiet_states) << " quiet states healed; told " << Count(report.committed)
       << " times COMMITTED, " << Count(report.aborted) << " times ABORTED; "
       << (!report.held      ? "VIOLATED"
           : report.complete ? "complete, all promises held"
                             : "NOT COMPLETE")
       << "\n";
  if (!report.held) PrintViolation(report, out);
}

void PrintCoverage(const std::vector<Report>& reports, std::ostream* out) {
  std::vector<CoverageCell> cells;
  std::map<std::pair<std::string, std::string>, std::size_t> numbers;
  for (const Report& report : reports) {
    for (const CoverageCell& cell : report.coverage) {
      const auto [at, added] = numbers.try_emplace({cell.crash, cell.state}, cells.size());
      if (added) {
        cells.push_back(cell);
      } else {
        cells[at->second].count += cell.count;
      }
    }
  }
  std::string row;
  for (const CoverageCell& cell : cells) {
    if (cell.crash != row) *out << (row.empty() ? "" : "\n") << cell.crash << "\n";
    row = cell.crash;
    *out << "  " << cell.state << std::string(14 - cell.state.size(), ' ') << Count(cell.count);
    if (cell.count == 0) *out << (cell.reason.empty() ? "  EMPTY" : "  " + cell.reason);
    if (cell.count > 0 && !cell.reason.empty()) *out << "  REACHED, though: " << cell.reason;
    *out << "\n";
  }
}

}  // namespace assent::explorer
