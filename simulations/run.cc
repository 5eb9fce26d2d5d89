#include "simulations/run.h"

#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "core/hash.h"
#include "simulations/print.h"
#include "simulations/recorded_world.h"
#include "simulations/report/report_file.h"
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
  }
  for (const NetworkCountName& name : NetworkCountNames()) {
    network.*name.count += other.network.*name.count;
  }
  coverage.Add(other.coverage);
  virtual_micros += other.virtual_micros;
  digest += other.digest;
}

std::string MakeProfile(const RunOptions& options, std::uint64_t seed, Profile* profile) {
  const std::optional<Profile> drawn = DrawProfile(options.scenario, seed);
  if (!drawn) return "there is no scenario '" + options.scenario + "'; see: assent-sim list";
  *profile = *drawn;
  const std::string error = ReadProfile(options.overrides, profile);
  profile->seed = static_cast<std::int64_t>(seed);
  return error;
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
    while (!workers_.empty()) Wait();
    if (options_.progress) std::fprintf(stderr, "\r\033[K");
    PrintSummary(options_, totals_, RunTimes{WallSeconds() - begun_, WorkerSeconds()});
    if (options_.report.empty()) return worst_;
    return ReportRun(options_.report, options_, RunSummary{totals_, std::move(failed_), {}},
                     worst_);
  }

 private:
  void Employ(std::uint64_t first) {
    workers_.push_back(
        std::make_unique<Worker>(Share(&options_, first, deadline_), options_.check_determinism));
  }

  void Wait() {
    std::vector<pollfd> fds;
    for (const auto& worker : workers_) fds.push_back({worker->fd(), POLLIN, 0});
    if (poll(fds.data(), fds.size(), -1) < 0) return;
    for (std::size_t i = fds.size(); i-- > 0;) {
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
  std::vector<std::unique_ptr<Worker>> workers_;
  double next_look_ = 0;  // of the progress bar
  Totals totals_;
  std::vector<WorldReport> failed_;  // for the report
  int worst_ = kExitHeld;
};

// Knobs that make a world simpler, and what they become.
struct Simpler {
  const char* name;
  std::int64_t value;
};

constexpr Simpler kSimpler[] = {{"coordinators", 1},
                                {"unary", 0},
                                {"participants", 2},
                                {"initiators", 1},
                                {"window", 1},
                                {"log_leveldb", 0},
                                {"store_leveldb", 0},
                                {"branches", 2},
                                {"order_ppm", 0},
                                {"read_only_ppm", 0},
                                {"enlisted_ppm", 0},
                                {"abandon_ppm", 0},
                                {"abort_ppm", 0},
                                {"ask_again_ppm", 0},
                                {"different_ppm", 0},
                                {"decision_only_ppm", 0},
                                {"expect_ppm", 0},
                                {"peek_ppm", 0},
                                {"eager_ppm", 0},
                                {"twice_ppm", 0},
                                {"look_back_ppm", 0},
                                {"overload_ppm", 0},
                                {"slow_ppm", 0},
                                {"loss_ppm", 0},
                                {"duplicate_ppm", 0},
                                {"late_ppm", 0},
                                {"reset_every_ms", 0},
                                {"half_open_ppm", 0},
                                {"partition_every_ms", 0},
                                {"coordinator_crash_every_ms", 0},
                                {"participant_crash_every_ms", 0},
                                {"initiator_crash_every_ms", 0},
                                {"crash_in_recovery_ppm", 0},
                                {"power_loss_ppm", 0},
                                {"crash_in_write_ppm", 0},
                                {"move_ppm", 0},
                                {"rolling_every_ms", 0},
                                {"pause_every_ms", 0},
                                {"wrong_store_every_ms", 0},
                                {"wrong_log_every_ms", 0},
                                {"slow_sync_ppm", 0},
                                {"write_fails_every_ms", 0},
                                {"full_every_ms", 0},
                                {"flip_every_ms", 0},
                                {"refuse_end_ppm", 0},
                                {"out_of_order_ppm", 0},
                                {"clock_drift_ppm", 0},
                                {"clock_jump_every_ms", 0}};

// Smaller worlds that are tried with other seeds, too: a change of the profile changes all chance.
constexpr int kSeedsPerStep = 12;

bool FailsAlike(Profile profile, const std::string& promise, Profile* found) {
  for (int i = 0; i < kSeedsPerStep; ++i, ++profile.seed) {
    const WorldReport report = RunIsolated(profile);
    if (report.exit_code == kExitHeld || report.promise != promise) continue;
    *found = profile;
    return true;
  }
  return false;
}

}  // namespace

int Run(const RunOptions& options) {
  Profile profile;
  const std::string error = MakeProfile(options, options.start, &profile);
  if (!error.empty()) {
    std::fprintf(stderr, "assent-sim: %s\n", error.c_str());
    return kExitUsage;
  }
  return Runner(options).Run();
}

WorldReport RunIsolated(const Profile& profile) {
  bool is_given = false;
  Worker worker(
      [&](Profile* next) {
        *next = profile;
        return !std::exchange(is_given, true);
      },
      /*twice=*/false);
  while (worker.Read()) {
  }
  WorldReport report;
  worker.TakeReport(&report);
  return report;
}

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
    return ReportWorld(options.report, report) ? code : kExitUsage;
  });
}

int Shrink(Profile profile) {
  const WorldReport first = RunIsolated(profile);
  if (first.exit_code == kExitHeld) {
    std::printf("this world keeps all promises; there is nothing to shrink\n");
    return kExitHeld;
  }
  for (std::int64_t halves = 0; halves < 8 && profile.transactions > 1; ++halves) {
    Profile smaller = profile;
    smaller.transactions = profile.transactions / 2;
    if (!FailsAlike(smaller, first.promise, &profile)) break;
  }
  for (const Simpler& simpler : kSimpler) {
    const Knob knob = KnobNamed(simpler.name).value();
    if (profile.*knob.field <= simpler.value) continue;
    Profile smaller = profile;
    smaller.*knob.field = simpler.value;
    FailsAlike(smaller, first.promise, &profile);
  }
  const WorldReport last = RunIsolated(profile);
  std::printf("# %s: %s\n%s", last.promise.c_str(), last.text.c_str(),
              ToText(profile, /*only_changed=*/true).c_str());
  return kExitViolated;
}

}  // namespace assent::simulation
