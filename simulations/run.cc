#include "simulations/run.h"

#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/hash.h"
#include "simulations/interrupts.h"
#include "simulations/print.h"
#include "simulations/recorded_world.h"
#include "simulations/report/report_file.h"
#include "simulations/shrink.h"
#include "simulations/wall_clock.h"
#include "simulations/worker.h"

namespace assent::simulation {

void Totals::Add(const Totals& other) {
  worlds += other.worlds;
  passed += other.passed;
  failed += other.failed;
  for (const OutcomeCountName& name : OutcomeCountNames()) {
    outcomes.*name.count += other.outcomes.*name.count;
  }
  for (const FaultCountName& name : FaultCountNames()) {
    faults.*name.count += other.faults.*name.count;
    worlds_with.*name.count += other.worlds_with.*name.count;
  }
  for (const NetworkCountName& name : NetworkCountNames()) {
    network.*name.count += other.network.*name.count;
    worlds_with_network.*name.count += other.worlds_with_network.*name.count;
  }
  coverage.Add(other.coverage);
  virtual_micros += other.virtual_micros;
  digest += other.digest;
}

std::string MakeProfile(const RunOptions& options, std::uint64_t seed, Profile* profile) {
  const std::optional<Profile> drawn = DrawProfile(options.scenario, seed);
  if (!drawn) return "there is no scenario '" + options.scenario + "'; see: assent-sim list";
  *profile = *drawn;
  options.settings.ApplyTo(profile);
  profile->seed = static_cast<std::int64_t>(seed);
  return "";
}

namespace {

// The worlds of one worker: every `jobs`-th seed.
class Share {
 public:
  Share(const RunOptions* options, std::uint64_t first, double deadline)
      : options_(options), next_(first), deadline_(deadline) {}

  bool operator()(Profile* profile) {
    if (next_ >= options_->start + options_->seeds) return false;
    if (options_->minutes > 0 && WallSeconds() >= deadline_) return false;
    MakeProfile(*options_, next_, profile);
    next_ += static_cast<std::uint64_t>(options_->jobs);
    return true;
  }

 private:
  const RunOptions* options_;
  std::uint64_t next_;
  double deadline_;
};

class Runner {
 public:
  explicit Runner(const RunOptions& options)
      : options_(options), begun_(WallSeconds()), deadline_(begun_ + 60.0 * options.minutes) {}

  int Run() {
    for (std::int64_t job = 0; job < options_.jobs; ++job) {
      Employ(options_.start + static_cast<std::uint64_t>(job));
    }
    while (!workers_.empty() && interrupts_.Signal() == 0) Wait();
    workers_.clear();
    if (options_.progress) std::fprintf(stderr, "\r\033[K");
    if (options_.shrink && to_shrink_) {
      PrintShrunk(options_, *to_shrink_, [this] { return interrupts_.Signal() != 0; });
    }
    PrintSummary(options_, totals_, RunTimes{WallSeconds() - begun_, WorkerSeconds()});
    const int code = ExitCodeOfAll();
    if (options_.report.empty()) return code;
    return ReportRun(options_.report, options_, RunSummary{totals_, std::move(failed_), {}}, code);
  }

 private:
  void Employ(std::uint64_t first) {
    WorkerOptions options;
    options.twice = options_.check_determinism;
    options.world_seconds = options_.world_seconds;
    workers_.push_back(std::make_unique<Worker>(Share(&options_, first, deadline_), options));
  }

  int ExitCodeOfAll() {
    const int signal = interrupts_.Signal();
    if (signal != 0) {
      std::fprintf(stderr, "assent-sim: stopped by signal %d after %lld of %llu worlds\n", signal,
                   static_cast<long long>(totals_.worlds),
                   static_cast<unsigned long long>(options_.seeds));
    }
    if (worst_ == kExitViolated) return worst_;
    if (signal != 0) return kExitSignal + signal;
    if (totals_.worlds > 0) return worst_;
    std::fprintf(stderr, "assent-sim: no world began within --minutes\n");
    return kExitUnfinished;
  }

  void Wait() {
    std::vector<pollfd> fds;
    for (const auto& worker : workers_) fds.push_back({worker->fd(), POLLIN, 0});
    fds.push_back({interrupts_.fd(), POLLIN, 0});
    if (poll(fds.data(), fds.size(), -1) < 0) return;
    for (std::size_t i = workers_.size(); i-- > 0;) {
      if (fds[i].revents != 0) Attend(i);
    }
  }

  void Attend(std::size_t number) {
    Worker& worker = *workers_[number];
    const bool lives = worker.Read();
    WorldReport report;
    while (worker.TakeReport(&report)) Take(report);
    if (lives) return;
    // One that died within a world has more to do; one that ran to its end has not.
    const std::uint64_t last = worker.last_seed();
    const bool has_more = worker.died();
    workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(number));
    if (has_more) Employ(last + static_cast<std::uint64_t>(options_.jobs));
  }

  void Take(const WorldReport& report) {
    totals_.Add(report.totals);
    if (report.exit_code != kExitHeld) {
      if (options_.progress) std::fprintf(stderr, "\r\033[K");
      PrintFailure(options_, report);
      if (!options_.report.empty()) failed_.push_back(report);
      if (!to_shrink_ && report.exit_code == kExitViolated) to_shrink_ = report;
      worst_ = worst_ == kExitHeld ? report.exit_code : std::min<int>(worst_, report.exit_code);
    }
    if (options_.progress) ShowProgress();
  }

  // A few times a second.
  void ShowProgress() {
    const double now = WallSeconds();
    const bool is_last = totals_.worlds == static_cast<std::int64_t>(options_.seeds);
    if (now < next_look_ && !is_last) return;
    next_look_ = now + 0.2;
    std::fprintf(stderr, "\r\033[K%s", ProgressLine(totals_, options_.seeds, now - begun_).c_str());
  }

  const RunOptions options_;
  const double begun_;
  const double deadline_;
  Interrupts interrupts_;
  std::vector<std::unique_ptr<Worker>> workers_;
  double next_look_ = 0;  // of the progress bar
  Totals totals_;
  std::vector<WorldReport> failed_;       // for the report
  std::optional<WorldReport> to_shrink_;  // the first that broke a promise
  int worst_ = kExitHeld;
};

}  // namespace

int Run(const RunOptions& options) { return Runner(options).Run(); }

int Replay(const Profile& profile, const ReplayOptions& options) {
  std::printf("%s", ToText(profile, /*only_changed=*/true).c_str());
  std::fflush(stdout);
  const LogLevel level = options.report.empty() ? options.log : LogLevel::kAll;
  return RunRecorded(profile, level, [&](const WorldResult& result) -> int {
    for (const Event& event : result.events) {
      if (LevelOf(event.kind) <= options.log) std::printf("%s\n", ToText(event).c_str());
    }
    const int code = PrintResult(result);
    if (options.report.empty()) return code;
    Report report;
    report.profile = profile;
    report.replay = options.command;
    report.result = result;
    return ReportWorld(options.report, report, code);
  });
}

}  // namespace assent::simulation
