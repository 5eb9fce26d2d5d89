#include "tools/bench/floor_scenarios.h"

#include <functional>
#include <utility>

#include "tools/bench/floor_rig.h"
#include "tools/bench/probes.h"
#include "tools/bench/turns.h"

namespace assent::bench {
namespace {

using Probe = std::function<std::string(const Settings& settings, Figures* figures)>;

std::string MeasureProbe(Line line, const Probe& probe, const Settings& settings, Report* report) {
  const auto step = [&probe, &settings](Figures* figures) { return probe(settings, figures); };
  return MeasureStep(std::move(line), settings, step, report);
}

std::string MeasureProbes(const Settings& settings, Report* report) {
  std::string error = MeasureProbe({"sync", {}, {}, {}}, ProbeSync, settings, report);
  for (const int records : {1, 100, 1000}) {
    if (!error.empty()) return error;
    const Probe probe = [records](const Settings& given, Figures* figures) {
      return ProbeLevelDb(records, given, figures);
    };
    const double label = records;
    error = MeasureProbe({"leveldb_sync", {{"records", label}}, {}, {}}, probe, settings, report);
  }
  return error;
}

std::string MeasureShape(const std::string& name, const FloorShape& shape, const Settings& settings,
                         Report* report) {
  LoadCase load_case;
  load_case.labels = {{"participants", shape.participants}};
  load_case.rig = FloorOf(shape);
  return MeasureLoad(name, {load_case}, settings, report);
}

}  // namespace

std::string MeasureFloor(const Settings& settings, Report* report) {
  std::string error = MeasureProbes(settings, report);
  if (!error.empty()) return error;
  Settings one = settings;
  one.concurrencies = {1};
  error = MeasureShape("round_trip", {0, LinkStyle::kStream, LinkStyle::kStream}, one, report);
  if (!error.empty()) return error;
  return MeasureShape("floor", {2, LinkStyle::kStream, LinkStyle::kStream}, settings, report);
}

std::vector<Scenario> FloorScenarios() {
  return {{"floor",
           "what this machine allows: syncs, round trips, and the product without protocol",
           MeasureFloor}};
}

}  // namespace assent::bench
