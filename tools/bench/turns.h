// Repeated runs of one thing: disturbed ones again, as far as the settings allow.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/bench/figures.h"
#include "tools/bench/report.h"
#include "tools/bench/settings.h"

namespace assent::bench {

// Processors that others on the machine kept busy, above which a run counts as disturbed.
inline constexpr double kForeignLimit = 0.15;

// A run, and the floor's run right before it. Both tell `foreign_cpus`.
struct Turn {
  Figures run;
  std::optional<Figures> floor;
};

// The turns of one line: how many more are needed, and which are kept.
class Turns {
 public:
  explicit Turns(const Settings& settings);

  // Undisturbed ones are missing, and more may be taken.
  bool wants_more() const;
  void Add(Turn turn);
  // Adds to `line` the undisturbed turns; if there were too few, disturbed ones, and the line says
  // so.
  void MoveTo(Line* line);

 private:
  const std::size_t runs_;
  const std::size_t most_;
  std::vector<Turn> kept_;
  std::vector<Turn> disturbed_;
};

// Takes the turns of `line` one after the other. Empty, or why `take` could not.
std::string TakeTurns(const Settings& settings, const std::function<std::string(Turn* turn)>& take,
                      Line* line);

// Calls each in each round, until in one round all have given false: they want no more.
void TakeRounds(const std::vector<std::function<bool()>>& takers);

// The same as TakeTurns for a step that is no load on a rig; its foreign work is measured round it.
// Reports the line.
std::string MeasureStep(Line line, const Settings& settings,
                        const std::function<std::string(Figures* figures)>& step, Report* report);

}  // namespace assent::bench
