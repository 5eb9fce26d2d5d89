// Repeated runs of one thing: disturbed ones again, as far as the settings allow.
#pragma once

#include <functional>
#include <optional>
#include <string>

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

// Adds to `line` the undisturbed turns, as far as they can be had; then disturbed ones, and the
// line says so. Empty, or why `take` could not.
std::string TakeTurns(const Settings& settings, const std::function<std::string(Turn* turn)>& take,
                      Line* line);

// The same for a step that is no load on a rig; its foreign work is measured round it. Reports the
// line.
std::string MeasureStep(Line line, const Settings& settings,
                        const std::function<std::string(Figures* figures)>& step, Report* report);

}  // namespace assent::bench
