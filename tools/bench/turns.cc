#include "tools/bench/turns.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "tools/bench/machine.h"

namespace assent::bench {
namespace {

bool Disturbed(const Turn& turn) {
  return turn.run.Get("foreign_cpus") > kForeignLimit ||
         (turn.floor && turn.floor->Get("foreign_cpus") > kForeignLimit);
}

}  // namespace

std::string TakeTurns(const Settings& settings, const std::function<std::string(Turn* turn)>& take,
                      Line* line) {
  const auto runs = static_cast<std::size_t>(settings.runs);
  const std::size_t most = runs + static_cast<std::size_t>(settings.repeats);
  std::vector<Turn> turns;
  std::vector<Turn> disturbed;
  while (turns.size() < runs && turns.size() + disturbed.size() < most) {
    Turn turn;
    std::string error = take(&turn);
    if (!error.empty()) return error;
    (Disturbed(turn) ? disturbed : turns).push_back(std::move(turn));
  }
  while (turns.size() < runs) {
    turns.push_back(std::move(disturbed.back()));
    disturbed.pop_back();
    ++line->disturbed;
  }
  line->repeated = disturbed.size();
  for (Turn& turn : turns) {
    line->runs.push_back(std::move(turn.run));
    if (turn.floor) line->floor.push_back(*std::move(turn.floor));
  }
  return "";
}

std::string MeasureStep(Line line, const Settings& settings,
                        const std::function<std::string(Figures* figures)>& step, Report* report) {
  const auto take = [&step](Turn* turn) {
    const ForeignWork others;
    std::string error = step(&turn->run);
    turn->run.Set("foreign_cpus", others.Cpus());
    return error;
  };
  std::string error = TakeTurns(settings, take, &line);
  if (error.empty()) report->Add(line);
  return error;
}

}  // namespace assent::bench
