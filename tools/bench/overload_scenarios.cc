#include "tools/bench/overload_scenarios.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tools/bench/load.h"
#include "tools/bench/payload_scenarios.h"
#include "tools/bench/turns.h"

namespace assent::bench {
namespace {

// In flight at most, refusals on their way included: more than the coordinator lets in.
constexpr int kSlots = 400'000;
constexpr double kLongestBefore = 5;  // seconds, at half of the maximum

// After the overload: looked at in steps, and calm when so many in a row are.
constexpr Duration kStep = Duration::Millis(50);
constexpr std::size_t kSteps = 100;
constexpr std::size_t kCalmSteps = 4;

void AddLatencies(const std::string& when, const LoadResult& result, Figures* figures) {
  figures->Set(when + "_p50_us", result.latencies.Percentile(0.5));
  figures->Set(when + "_p99_us", result.latencies.Percentile(0.99));
}

// Nothing is refused or late: half of all are done in the time that nearly all took before.
bool IsCalm(const LoadResult& step, const LoadResult& before) {
  return step.committed > 0 && step.committed == step.ended() && step.not_begun == 0 &&
         step.latencies.Percentile(0.5) <= before.latencies.Percentile(0.99);
}

// Milliseconds from the first of `steps` until they are calm; the length of all if they never are.
double RecoveryOf(const std::vector<LoadResult>& steps, const LoadResult& before) {
  std::size_t calm = 0;
  std::size_t taken = 0;
  while (calm < kCalmSteps && taken < steps.size()) {
    calm = IsCalm(steps[taken], before) ? calm + 1 : 0;
    ++taken;
  }
  const std::size_t until = calm < kCalmSteps ? taken : taken - calm;
  return static_cast<double>(until) * static_cast<double>(kStep.micros) / 1000;
}

void AddOverload(const LoadResult& before, const LoadResult& overload, Figures* figures) {
  const double maximum = figures->Get("maximum_per_second");
  const double seconds = static_cast<double>(overload.length.micros) / 1e6;
  figures->Set("offered_per_second",
               static_cast<double>(overload.ended() + overload.not_begun) / seconds);
  figures->Set("committed_per_second", overload.per_second());
  figures->Set("committed_of_maximum", overload.per_second() / maximum);
  figures->Set("committed", static_cast<double>(overload.committed));
  figures->Set("refused", static_cast<double>(overload.refused));
  figures->Set("aborted", static_cast<double>(overload.aborted));
  figures->Set("unknown", static_cast<double>(overload.unknown));
  figures->Set("not_begun", static_cast<double>(overload.not_begun));
  AddLatencies("half", before, figures);
  AddLatencies("overload", overload, figures);
  for (const char* part : {"p50", "p99"}) {
    const std::string name = std::string(part) + "_us";
    figures->Set("overload_" + std::string(part) + "_of_half",
                 figures->Get("overload_" + name) / std::max(figures->Get("half_" + name), 1.0));
  }
}

// The maximum of the rig: of a closed loop, or as it was told.
void AddMaximum(const Settings& settings, Rig* rig, Completions* completions, Figures* figures) {
  if (settings.rate > 0) return figures->Set("maximum_per_second", settings.rate);
  const LoadResult result = MeasureMaximum(settings, rig, completions);
  figures->Set("maximum_per_second", result.per_second());
  AddLatencies("maximum", result, figures);
}

std::string OverloadOnce(const Settings& settings, Figures* figures) {
  Completions completions;
  const std::unique_ptr<Rig> rig = MakePair();
  const std::string error = rig->Start(&completions);
  if (!error.empty()) return error;
  AddMaximum(settings, rig.get(), &completions, figures);
  const double maximum = figures->Get("maximum_per_second");
  if (maximum <= 0) return "nothing is committed, so there is no maximum";
  Load load(rig.get(), &completions, {kSlots, maximum / 2});
  load.WarmUp(DurationOf(settings.warm_up));
  load.Measure(DurationOf(std::min(settings.seconds, kLongestBefore)));
  load.set_rate(maximum * 2);
  load.Measure(DurationOf(settings.seconds));
  load.set_rate(maximum / 2);
  for (std::size_t step = 0; step < kSteps; ++step) load.Measure(kStep);
  const std::vector<LoadResult> results = load.Drain();
  AddOverload(results[0], results[1], figures);
  figures->Set("recover_ms", RecoveryOf({results.begin() + 2, results.end()}, results[0]));
  return load.all_unknown() > 0 ? "" : rig->Check();
}

}  // namespace

std::vector<Scenario> OverloadScenarios() {
  return {{"overload", "pair at twice its maximum (--rate, or measured), then at half of it",
           [](const Settings& settings, Report* report) {
             Line line;
             line.scenario = "overload";
             const auto once = [&settings](Figures* figures) {
               return OverloadOnce(settings, figures);
             };
             return MeasureStep(line, settings, once, report);
           }}};
}

}  // namespace assent::bench
