// Runs of a load: repeated, disturbed ones again, the floor in turn with them.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/bench/load.h"
#include "tools/bench/meter.h"
#include "tools/bench/scenario.h"
#include "tools/bench/turns.h"

namespace assent::bench {
namespace {

// In flight at most in an open loop: as many as wait while a coordinator stalls for seconds.
constexpr int kOpenLoopSlots = 100'000;

// A rig that runs, and all that it was asked to do.
class Subject {
 public:
  Subject(std::unique_ptr<Rig> rig, const LoadOptions& options)
      : options_(options), rig_(std::move(rig)) {}

  std::string Start() { return rig_->Start(&completions_); }

  Figures Run(const Settings& settings) {
    Load load(rig_.get(), &completions_, options_);
    load.WarmUp(DurationOf(settings.warm_up));
    const Reading before(rig_.get());
    load.Measure(DurationOf(settings.seconds));
    const Reading after(rig_.get());
    const LoadResult result = load.Drain().front();
    unknown_ += load.all_unknown();
    Figures figures;
    AddLoad(result, &figures);
    AddCosts(before, after, result, &figures);
    return figures;
  }

  // What was told unknown may be in the data or not: then the run shows nothing.
  std::string Check() {
    if (unknown_ == 0) return rig_->Check();
    return "the outcome of " + std::to_string(unknown_) +
           " transactions is not known, so what was committed cannot be checked";
  }

 private:
  const LoadOptions options_;
  Completions completions_;
  std::unique_ptr<Rig> rig_;
  std::uint64_t unknown_ = 0;
};

std::string MeasureOne(const LoadCase& load_case, const LoadOptions& options,
                       const Settings& settings, Line* line) {
  Subject subject(load_case.rig(), options);
  std::string error = subject.Start();
  if (!error.empty()) return error;
  std::unique_ptr<Subject> floor;
  if (settings.floor && load_case.floor) {
    floor = std::make_unique<Subject>(load_case.floor(), options);
    error = floor->Start();
    if (!error.empty()) return "the floor: " + error;
  }
  const auto take = [&settings, &subject, &floor](Turn* turn) {
    if (floor != nullptr) turn->floor = floor->Run(settings);
    turn->run = subject.Run(settings);
    return std::string();
  };
  error = TakeTurns(settings, take, line);
  return error.empty() ? subject.Check() : error;
}

std::vector<LoadOptions> LoadsOf(const Settings& settings) {
  if (settings.rate > 0) return {LoadOptions{kOpenLoopSlots, settings.rate}};
  std::vector<LoadOptions> loads;
  for (const int concurrency : settings.concurrencies) loads.push_back(LoadOptions{concurrency, 0});
  return loads;
}

}  // namespace

std::string MeasureLoad(const std::string& scenario, const std::vector<LoadCase>& cases,
                        const Settings& settings, Report* report) {
  for (const LoadCase& load_case : cases) {
    for (const LoadOptions& options : LoadsOf(settings)) {
      Line line;
      line.scenario = scenario;
      line.floor_name = load_case.floor_name.empty() ? scenario : load_case.floor_name;
      if (options.rate > 0) {
        line.labels.emplace_back("rate", options.rate);
      } else {
        line.labels.emplace_back("concurrency", options.concurrency);
      }
      line.labels.insert(line.labels.end(), load_case.labels.begin(), load_case.labels.end());
      const std::string error = MeasureOne(load_case, options, settings, &line);
      report->Add(line);
      if (!error.empty()) return error;
    }
  }
  return "";
}

}  // namespace assent::bench
