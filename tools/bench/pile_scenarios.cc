#include "tools/bench/pile_scenarios.h"

#include <string>

#include "runtime/clock.h"
#include "tools/bench/load.h"
#include "tools/bench/pile.h"
#include "tools/bench/turns.h"
#include "tools/bench/waiting.h"

namespace assent::bench {
namespace {

double MillisSince(Time start) {
  return static_cast<double>((MonotonicNow() - start).micros) / 1000;
}

double BytesEach(std::uint64_t kib, std::uint64_t before_kib, int count) {
  return (static_cast<double>(kib) - static_cast<double>(before_kib)) * 1024 / count;
}

std::string RecoverOnce(int decisions, Figures* figures) {
  Pile pile;
  std::string error = pile.Start(decisions, "mute-participant");
  const std::uint64_t empty_kib = error.empty() ? pile.coordinator_usage().peak_memory_kib : 0;
  if (error.empty()) error = pile.Grow(true);
  if (!error.empty()) return error;
  const Time restarted = MonotonicNow();
  error = pile.RestartCoordinator();
  if (!error.empty()) return error;
  figures->Set("serving_after_ms", MillisSince(restarted));
  const std::uint64_t open = pile.open();
  if (open != static_cast<std::uint64_t>(decisions)) {
    return std::to_string(open) + " decisions were recovered of " + std::to_string(decisions);
  }
  figures->Set("memory_bytes_per_decision",
               BytesEach(pile.coordinator_usage().peak_memory_kib, empty_kib, decisions));
  const Time attached = MonotonicNow();
  error = pile.RestartParticipants();
  if (error.empty()) error = pile.AwaitOpen(0);
  if (!error.empty()) return error;
  const double drained_ms = MillisSince(attached);
  figures->Set("drained_after_ms", drained_ms);
  figures->Set("drained_per_second", decisions / drained_ms * 1000);
  return "";
}

std::string MeasureRecover(const Settings& settings, Report* report) {
  Line line;
  line.scenario = "recover";
  line.labels = {{"decisions", settings.decisions}};
  const auto recover = [&settings](Figures* figures) {
    return RecoverOnce(settings.decisions, figures);
  };
  return MeasureStep(line, settings, recover, report);
}

std::string OpenOnce(int transactions, Figures* figures) {
  Pile pile;
  std::string error = pile.Start(transactions, "silent-participant");
  const std::uint64_t before = error.empty() ? pile.coordinator_usage().memory_kib : 0;
  if (error.empty()) error = pile.Grow(false);
  if (!error.empty()) return error;
  const ProcessUsage usage = pile.coordinator_usage();
  figures->Set("memory_bytes_per_transaction", BytesEach(usage.memory_kib, before, transactions));
  figures->Set("coordinator_peak_kib", static_cast<double>(usage.peak_memory_kib));
  return "";
}

std::string MeasureOpen(const Settings& settings, Report* report) {
  Line line;
  line.scenario = "open";
  line.labels = {{"transactions", settings.decisions}, {"participants", 2}};
  const auto open = [&settings](Figures* figures) { return OpenOnce(settings.decisions, figures); };
  return MeasureStep(line, settings, open, report);
}

void AddIdle(const std::string& who, double processes, const ProcessUsage& before,
             const ProcessUsage& after, double seconds, Figures* figures) {
  const double each = processes * seconds;
  figures->Set(who + "_cpu_percent",
               static_cast<double>((after.cpu - before.cpu).micros) / 1e4 / each);
  figures->Set(who + "_wakeups_per_second",
               static_cast<double>(after.switches - before.switches) / each);
  figures->Set(who + "_peak_kib", static_cast<double>(after.peak_memory_kib) / processes);
}

ProcessUsage SumOf(const ParticipantProcesses& processes) {
  ProcessUsage sum;
  for (const auto& child : processes.children()) {
    const ProcessUsage usage = UsageOf(child->pid());
    sum.cpu = sum.cpu + usage.cpu;
    sum.switches += usage.switches;
    sum.peak_memory_kib += usage.peak_memory_kib;
  }
  return sum;
}

std::string MeasureIdle(const Settings& settings, Report* report) {
  Cluster cluster;
  const std::string error = cluster.Start(settings.agents, "idle-participant");
  if (!error.empty()) return error;
  Line line;
  line.scenario = "idle";
  line.labels = {{"agents", settings.agents}};
  const auto idle = [&cluster, &settings](Figures* figures) {
    BlockFor(DurationOf(settings.warm_up));
    const ProcessUsage coordinator = UsageOf(cluster.coordinator()->pid());
    const ProcessUsage agents = SumOf(*cluster.participants());
    BlockFor(DurationOf(settings.seconds));
    AddIdle("coordinator", 1, coordinator, UsageOf(cluster.coordinator()->pid()), settings.seconds,
            figures);
    AddIdle("agent", settings.agents, agents, SumOf(*cluster.participants()), settings.seconds,
            figures);
    return std::string();
  };
  return MeasureStep(line, settings, idle, report);
}

}  // namespace

std::vector<Scenario> PileScenarios() {
  return {
      {"recover", "a coordinator killed with undelivered decisions (--decisions): serving, drained",
       MeasureRecover, true, false},
      {"open", "memory of open transactions with two branches (--decisions)", MeasureOpen, true,
       false},
      {"idle", "agents that have nothing to do (--agents): processors and wake-ups", MeasureIdle,
       true, false},
  };
}

}  // namespace assent::bench
