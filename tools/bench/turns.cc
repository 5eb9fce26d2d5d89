#include "tools/bench/turns.h"

#include <utility>

#include "tools/bench/machine.h"

namespace assent::bench {
namespace {

bool Disturbed(const Turn& turn) {
  return turn.run.Get("foreign_cpus") > kForeignLimit ||
         (turn.floor && turn.floor->Get("foreign_cpus") > kForeignLimit);
}

}  // namespace

Turns::Turns(const Settings& settings)
    : runs_(static_cast<std::size_t>(settings.runs)),
      most_(runs_ + static_cast<std::size_t>(settings.repeats)) {}

bool Turns::wants_more() const {
  return kept_.size() < runs_ && kept_.size() + disturbed_.size() < most_;
}

void Turns::Add(Turn turn) { (Disturbed(turn) ? disturbed_ : kept_).push_back(std::move(turn)); }

void Turns::MoveTo(Line* line) {
  while (kept_.size() < runs_ && !disturbed_.empty()) {
    kept_.push_back(std::move(disturbed_.back()));
    disturbed_.pop_back();
    ++line->disturbed;
  }
  line->repeated = disturbed_.size();
  for (Turn& turn : kept_) {
    line->runs.push_back(std::move(turn.run));
    if (turn.floor) line->floor.push_back(*std::move(turn.floor));
  }
}

std::string TakeTurns(const Settings& settings, const std::function<std::string(Turn* turn)>& take,
                      Line* line) {
  Turns turns(settings);
  while (turns.wants_more()) {
    Turn turn;
    std::string error = take(&turn);
    if (!error.empty()) return error;
    turns.Add(std::move(turn));
  }
  turns.MoveTo(line);
  return "";
}

void TakeRounds(const std::vector<std::function<bool()>>& takers) {
  bool any = true;
  while (any) {
    any = false;
    for (const auto& take : takers) any = take() || any;
  }
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
