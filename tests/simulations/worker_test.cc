// Worlds in processes of their own: what is told of those that die, that take too long, and that
// take two ways.
#include "simulations/worker.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace assent::simulation {
namespace {

WorldReport Ended(ExitCode exit_code, std::uint64_t digest = 1) {
  WorldReport report;
  report.exit_code = exit_code;
  report.totals.digest = digest;
  report.totals.worlds = 1;
  (exit_code == kExitHeld ? report.totals.passed : report.totals.failed) = 1;
  return report;
}

// Stand for a world: what it does to its process, and what it tells.
WorldReport Hold(const Profile&) { return Ended(kExitHeld); }
WorldReport Die(const Profile&) { _exit(3); }
WorldReport TakeForever(const Profile&) {
  for (;;) pause();
}
// As a world does that remembers the one before it in the process.
WorldReport CountInProcess(const Profile&) {
  static std::uint64_t worlds = 0;
  return Ended(kExitHeld, ++worlds);
}

// What a worker tells of `count` worlds.
std::vector<WorldReport> RunAll(int count, const WorkerOptions& options) {
  std::int64_t seed = 0;
  Worker worker(
      [&](Profile* profile) {
        profile->seed = ++seed;
        return seed <= count;
      },
      options);
  std::vector<WorldReport> reports;
  for (int i = 0; i < count; ++i) reports.push_back(worker.AwaitReport());
  return reports;
}

TEST(JudgeTwice, LetsABrokenPromiseWinOverAWorldThatTakesTwoWays) {
  EXPECT_EQ(JudgeTwice(Ended(kExitViolated, 1), Ended(kExitHeld, 2)).exit_code, kExitViolated);
  EXPECT_EQ(JudgeTwice(Ended(kExitHeld, 1), Ended(kExitViolated, 2)).exit_code, kExitViolated);
}

TEST(JudgeTwice, TellsTwoWaysByDigestAndByEnd) {
  EXPECT_EQ(JudgeTwice(Ended(kExitHeld, 1), Ended(kExitHeld, 1)).exit_code, kExitHeld);
  EXPECT_EQ(JudgeTwice(Ended(kExitUnfinished), Ended(kExitUnfinished)).exit_code, kExitUnfinished);
  const WorldReport two_ways = JudgeTwice(Ended(kExitHeld, 1), Ended(kExitHeld, 2));
  EXPECT_EQ(two_ways.exit_code, kExitNotDeterministic);
  EXPECT_EQ(two_ways.promise, "determinism");
  EXPECT_EQ(two_ways.totals.passed, 0);
  EXPECT_EQ(two_ways.totals.failed, 1);
  EXPECT_EQ(JudgeTwice(Ended(kExitHeld), Ended(kExitUnfinished)).exit_code, kExitNotDeterministic);
}

TEST(JudgeTwice, CallsNoWorldIndeterminateThatRanOutOfTime) {
  WorldReport lost = Ended(kExitUnfinished, 0);
  lost.is_lost = true;
  EXPECT_EQ(JudgeTwice(Ended(kExitHeld), lost).exit_code, kExitUnfinished);
  EXPECT_EQ(JudgeTwice(lost, Ended(kExitHeld)).exit_code, kExitUnfinished);
}

TEST(Worker, FindsOutWhatAWorldLeavesBehindInItsProcess) {
  WorkerOptions options;
  options.twice = true;
  options.run = &CountInProcess;
  const std::vector<WorldReport> reports = RunAll(3, options);
  EXPECT_EQ(reports[0].exit_code, kExitHeld);  // nothing was left behind yet
  EXPECT_EQ(reports[1].exit_code, kExitNotDeterministic);
}

TEST(Worker, RunsEachWorldTwiceThatHolds) {
  WorkerOptions options;
  options.twice = true;
  options.run = &Hold;
  for (const WorldReport& report : RunAll(5, options)) EXPECT_EQ(report.exit_code, kExitHeld);
}

TEST(Worker, TellsOfAWorldThatEndsItsProcess) {
  WorkerOptions options;
  options.run = &Die;
  const WorldReport report = RunIsolated(Profile(), options);
  EXPECT_EQ(report.exit_code, kExitViolated);
  EXPECT_EQ(report.promise, "process");
  EXPECT_TRUE(report.is_lost);
  options.twice = true;
  for (const WorldReport& one : RunAll(2, options)) EXPECT_EQ(one.exit_code, kExitViolated);
}

TEST(Worker, StopsAWorldAtItsTimeLimitAndSaysThatItDidNotFinish) {
  WorkerOptions options;
  options.run = &TakeForever;
  options.world_seconds = 1;
  const WorldReport report = RunIsolated(Profile(), options);
  EXPECT_EQ(report.exit_code, kExitUnfinished);
  EXPECT_EQ(report.promise, "finish");
  EXPECT_EQ(report.text, "the world did not finish in 1 s");
  EXPECT_TRUE(report.is_lost);
}

}  // namespace
}  // namespace assent::simulation
