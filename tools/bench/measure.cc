// Runs of a load: repeated, disturbed ones again, the floor in turn with them.
#include <functional>
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

// One line of results, from its first run to its last.
class LoadLine {
 public:
  LoadLine(const std::string& scenario, LoadCase load_case, const LoadOptions& options,
           const Settings& settings)
      : settings_(settings),
        load_case_(std::move(load_case)),
        options_(options),
        subject_(load_case_.rig(), options),
        turns_(settings) {
    line_.scenario = scenario;
    line_.floor_name = load_case_.floor_name.empty() ? scenario : load_case_.floor_name;
    if (options.rate > 0) {
      line_.labels.emplace_back("rate", options.rate);
    } else {
      line_.labels.emplace_back("concurrency", options.concurrency);
    }
    line_.labels.insert(line_.labels.end(), load_case_.labels.begin(), load_case_.labels.end());
  }

  std::string Start() {
    std::string error = subject_.Start();
    if (!error.empty() || !settings_.floor || !load_case_.floor) return error;
    floor_ = std::make_unique<Subject>(load_case_.floor(), options_);
    error = floor_->Start();
    return error.empty() ? "" : "the floor: " + error;
  }

  // False: it has had all its runs.
  bool Run() {
    if (!turns_.wants_more()) return false;
    Turn turn;
    if (floor_ != nullptr) turn.floor = floor_->Run(settings_);
    turn.run = subject_.Run(settings_);
    turns_.Add(std::move(turn));
    return true;
  }

  std::string End(Report* report) {
    turns_.MoveTo(&line_);
    report->Add(line_);
    return subject_.Check();
  }

 private:
  const Settings& settings_;
  const LoadCase load_case_;
  const LoadOptions options_;
  Line line_;
  Subject subject_;
  std::unique_ptr<Subject> floor_;
  Turns turns_;
};

// The open loop; or closed ones, or both if they are measured in turn.
std::vector<LoadOptions> LoadsOf(const LoadCase& load_case, const Settings& settings) {
  std::vector<LoadOptions> loads;
  if (settings.rate > 0) loads.push_back({kOpenLoopSlots, settings.rate});
  if (settings.rate > 0 && !settings.in_turn) return loads;
  for (const int concurrency : settings.concurrencies) {
    if (concurrency <= load_case.most_in_flight) loads.push_back({concurrency, 0});
  }
  return loads;
}

using Lines = std::vector<std::unique_ptr<LoadLine>>;

void AddLines(const std::string& scenario, const std::vector<LoadCase>& cases,
              const Settings& settings, Lines* lines) {
  for (const LoadCase& load_case : cases) {
    for (const LoadOptions& options : LoadsOf(load_case, settings)) {
      lines->push_back(std::make_unique<LoadLine>(scenario, load_case, options, settings));
    }
  }
}

std::string MeasureLines(const Lines& lines, Report* report) {
  std::vector<std::function<bool()>> takers;
  for (const auto& line : lines) {
    std::string error = line->Start();
    if (!error.empty()) return error;
    takers.push_back([&line] { return line->Run(); });
  }
  TakeRounds(takers);
  std::string first_error;
  for (const auto& line : lines) {
    std::string error = line->End(report);
    if (first_error.empty()) first_error = std::move(error);
  }
  return first_error;
}

}  // namespace

Scenario LoadScenario(const std::string& name, const char* about, LoadCases loads) {
  const auto run = [name, loads](const Settings& settings, Report* report) {
    return MeasureLoad(name, loads(settings, report), settings, report);
  };
  return {name, about, run, true, true, std::move(loads)};
}

std::string MeasureLoad(const std::string& scenario, const std::vector<LoadCase>& cases,
                        const Settings& settings, Report* report) {
  Lines lines;
  AddLines(scenario, cases, settings, &lines);
  for (auto& line : lines) {
    Lines alone;
    alone.push_back(std::move(line));
    std::string error = MeasureLines(alone, report);
    if (!error.empty()) return error;
  }
  return "";
}

std::string MeasureInTurn(const std::vector<const Scenario*>& scenarios, const Settings& settings,
                          Report* report) {
  Lines lines;
  for (const Scenario* scenario : scenarios) {
    AddLines(scenario->name, scenario->loads(settings, report), settings, &lines);
  }
  return MeasureLines(lines, report);
}

}  // namespace assent::bench
