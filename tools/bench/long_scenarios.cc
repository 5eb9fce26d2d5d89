#include "tools/bench/long_scenarios.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/bench/bank_scenarios.h"
#include "tools/bench/load.h"
#include "tools/bench/machine.h"
#include "tools/bench/meter.h"
#include "tools/bench/payload_scenarios.h"
#include "tools/bench/turns.h"

namespace assent::bench {
namespace {

// In flight at most: as many as wait while something stalls for seconds.
constexpr int kSlots = 200'000;
constexpr double kMinute = 60;
constexpr int kFewestSlices = 10;  // of a run that is too short for minutes

double SliceOf(const Settings& settings) {
  return std::min(kMinute, settings.seconds / kFewestSlices);
}

// Resident memory of the largest process of a role, and the role's files; in KiB.
void AddFootprint(const Rig& rig, Figures* figures) {
  for (const Part& part : rig.Parts()) {
    const auto memory = static_cast<double>(UsageOf(part.pid).memory_kib);
    const std::string name = part.role + "_kib";
    figures->Set(name, std::max(figures->Get(name), memory));
    if (part.files.empty()) continue;
    const std::string files = part.role + "_files_kib";
    figures->Set(files, figures->Get(files) + static_cast<double>(BytesBelow(part.files)) / 1024);
  }
}

// One line of each slice.
void ReportSlices(const std::string& scenario, const std::vector<Figures>& slices, Report* report) {
  for (std::size_t i = 0; i < slices.size(); ++i) {
    Line line;
    line.scenario = scenario + "_slice";
    line.labels = {{"slice", static_cast<double>(i + 1)}};
    line.runs = {slices[i]};
    report->Add(line);
  }
}

void AddTotals(const std::vector<LoadResult>& results, Figures* figures) {
  LoadResult total;
  for (const LoadResult& result : results) {
    total.committed += result.committed;
    total.aborted += result.aborted;
    total.unknown += result.unknown;
    total.refused += result.refused;
    total.not_begun += result.not_begun;
    total.latencies.Add(result.latencies);
    total.longest_gap = std::max(total.longest_gap, result.longest_gap);
  }
  figures->Set("committed", static_cast<double>(total.committed));
  figures->Set("aborted", static_cast<double>(total.aborted));
  figures->Set("unknown", static_cast<double>(total.unknown));
  figures->Set("refused", static_cast<double>(total.refused));
  figures->Set("not_begun", static_cast<double>(total.not_begun));
  figures->Set("median_us", total.latencies.Percentile(0.5));
  figures->Set("p99_us", total.latencies.Percentile(0.99));
  figures->Set("p999_us", total.latencies.Percentile(0.999));
  figures->Set("max_us", total.latencies.max());
  figures->Set("longest_gap_us", static_cast<double>(total.longest_gap.micros));
}

// The last slice against the second one.
void AddGrowth(const std::vector<Figures>& slices, Figures* figures) {
  const Figures& second = slices[std::min<std::size_t>(1, slices.size() - 1)];
  const Figures& last = slices.back();
  for (const std::string name :
       {"transactions_per_second", "coordinator_kib", "participants_kib", "initiator_kib",
        "coordinator_files_kib", "participants_files_kib"}) {
    double most = 0;
    for (const Figures& slice : slices) most = std::max(most, slice.Get(name));
    figures->Set("second_" + name, second.Get(name));
    figures->Set("last_" + name, last.Get(name));
    figures->Set("most_" + name, most);
    figures->Set(name + "_last_of_second", last.Get(name) / std::max(second.Get(name), 1.0));
  }
}

// Takes the rig through all slices, and adds up what became of everything.
std::vector<Figures> TakeSlices(const Settings& settings, const Rig& rig, Load* load,
                                Figures* figures) {
  const double slice = SliceOf(settings);
  const auto count = static_cast<std::size_t>(settings.seconds / slice + 0.5);
  std::vector<Figures> slices(count);
  for (Figures& one : slices) {
    const ForeignWork others;
    load->Measure(DurationOf(slice));
    AddFootprint(rig, &one);
    one.Set("foreign_cpus", others.Cpus());
  }
  const std::vector<LoadResult> results = load->Drain();
  for (std::size_t i = 0; i < count; ++i) {
    AddLoad(results[i], &slices[i]);
    slices[i].Set("longest_gap_us", static_cast<double>(results[i].longest_gap.micros));
  }
  AddTotals(results, figures);
  return slices;
}

std::string LongOnce(const std::string& scenario, const MakeRig& make, const Settings& settings,
                     Report* report, Figures* figures) {
  Completions completions;
  const std::unique_ptr<Rig> rig = make();
  const std::string error = rig->Start(&completions);
  if (!error.empty()) return error;
  double rate = settings.rate;
  if (rate <= 0) rate = MeasureMaximum(settings, rig.get(), &completions).per_second() / 2;
  if (rate <= 0) return "nothing is committed, so there is no maximum";
  figures->Set("rate", rate);
  figures->Set("slice_seconds", SliceOf(settings));
  Load load(rig.get(), &completions, {kSlots, rate});
  load.WarmUp(DurationOf(settings.warm_up));
  const std::vector<Figures> slices = TakeSlices(settings, *rig, &load, figures);
  ReportSlices(scenario, slices, report);
  AddGrowth(slices, figures);
  return load.all_unknown() > 0 ? "" : rig->Check();
}

Scenario Of(const char* name, const char* about, std::unique_ptr<Rig> (*make)()) {
  return {name, about,
          [name, make](const Settings& settings, Report* report) {
            Line line;
            line.scenario = name;
            const auto once = [&](Figures* figures) {
              return LongOnce(name, make, settings, report, figures);
            };
            return MeasureStep(line, settings, once, report);
          },
          false};
}

}  // namespace

std::vector<Scenario> LongScenarios() {
  return {Of("long", "kv at half of its maximum (or --rate), in slices of a minute", MakeBank),
          Of("long-pair", "pair, the same", MakePair)};
}

}  // namespace assent::bench
