// Whole worlds: a slice of them holds all promises, every fault happens, the same seed gives the
// same world, and worlds on broken disks are found out.
#include "simulations/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>

#include "simulations/print.h"
#include "simulations/run.h"
#include "simulations/settings.h"
#include "simulations/worker.h"
#include "tests/simulations/broken_disks.h"
#include "tests/support/test_scale.h"

namespace assent::simulation {
namespace {

Profile ProfileOf(const std::string& scenario, std::uint64_t seed) {
  const std::optional<Profile> profile = DrawProfile(scenario, seed);
  EXPECT_TRUE(profile) << scenario;
  return profile.value_or(Profile());
}

// Runs `count` worlds of a scenario; all must hold.
Totals RunSlice(const std::string& scenario, int count) {
  Totals totals;
  for (int seed = 1; seed <= count; ++seed) {
    const WorldReport report = RunWorld(ProfileOf(scenario, static_cast<std::uint64_t>(seed)));
    EXPECT_EQ(report.exit_code, kExitHeld)
        << "assent-sim replay " << seed << " --scenario " << scenario << ": " << report.promise
        << ": " << report.text;
    totals.Add(report.totals);
  }
  return totals;
}

class Slice : public ::testing::TestWithParam<const char*> {};

TEST_P(Slice, KeepsEveryPromise) {
  const Totals totals = RunSlice(GetParam(), Scaled(150, 5));
  EXPECT_GT(totals.outcomes.committed, 0);
  EXPECT_GT(totals.outcomes.aborted, 0);
}

INSTANTIATE_TEST_SUITE_P(OfTheScenario, Slice,
                         ::testing::Values("swarm", "memory", "leveldb", "network", "crashes",
                                           "unary", "overload", "between-calls", "outrun",
                                           "failing-disks"),
                         [](const auto& scenario) {
                           std::string name = scenario.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Worlds, KeepEveryPromiseWithoutOneFaultAndCommitMostly) {
  const Totals totals = RunSlice("calm", Scaled(20, 2));
  EXPECT_GT(totals.outcomes.committed * 10, totals.outcomes.transactions * 7);
  EXPECT_EQ(totals.outcomes.unknown, 0);
}

// Everything that a profile can name happens in one world that has all of it.
TEST(Worlds, HaveEveryFaultThatTheirProfileNames) {
  Totals totals;
  for (int seed = 1; seed <= 12; ++seed) {
    Profile profile;
    const std::string error = ReadProfile(
        "coordinators = 2\ninitiators = 8\ntransactions = 4000\nunary = 1\nwindow = 2\n"
        "think_us = 100000\n"
        "coordinator_crash_every_ms = 1500\nparticipant_crash_every_ms = 1500\n"
        "initiator_crash_every_ms = 3000\npause_every_ms = 2000\npause_ms = 200\n"
        "partition_every_ms = 6000\npartition_ms = 30000\nreset_every_ms = 1000\nloss_ppm = 20000\n"
        "duplicate_ppm = 20000\nclock_jump_every_ms = 2000\nwrite_fails_every_ms = 2000\n"
        "refuse_end_ppm = 20000\n"
        "full_every_ms = 3000\nflip_every_ms = 3000\nout_of_order_ppm = 300000\n"
        "move_ppm = 500000\nrolling_every_ms = 4000\ncrash_in_recovery_ppm = 300000\n"
        "wrong_store_every_ms = 1500\noutrun_ppm = 400000\nwrong_log_every_ms = 4000\nlog_leveldb "
        "= 1\n"
        "store_leveldb = 1\nfaults_ms = 60000\n",
        &profile);
    ASSERT_EQ(error, "");
    profile.seed = seed;
    const WorldReport report = RunWorld(profile);
    EXPECT_EQ(report.exit_code, kExitHeld) << seed << ": " << report.promise << ": " << report.text;
    totals.Add(report.totals);
  }
  for (const FaultCountName& name : FaultCountNames()) {
    if (name.count == &FaultCounts::names_rebound) continue;  // a consequence, and a rare one
    EXPECT_GT(totals.faults.*name.count, 0) << name.name << " never happens";
  }
  for (const NetworkCountName& name : NetworkCountNames()) {
    EXPECT_GT(totals.network.*name.count, 0u) << name.name << " never happens";
  }
}

// docs/simulation.md; where fewer worlds run, as under a sanitizer, most of the cells must do.
TEST(Worlds, CrashAtEveryPointInEveryState) {
  const Totals totals = RunSlice("crash-points", Scaled(400, 10));
  std::size_t gaps = 0;
  std::string names;
  for (const ReportTable& table : totals.coverage.Tables()) {
    for (const std::string& gap : GapsIn(table)) {
      ++gaps;
      names += table.title + ": " + gap + "\n";
    }
    for (const auto& [cell, reason] : table.reasons) {
      EXPECT_EQ(table.counts[cell.first][cell.second], 0)
          << table.rows[cell.first] << ", " << table.columns[cell.second] << ": " << reason;
    }
  }
  EXPECT_LE(gaps, Scaled(400, 10) == 400 ? 0u : 60u) << names;
}

TEST(Worlds, TakeTheSameWayForTheSameSeed) {
  for (int seed = 1; seed <= Scaled(40, 4); ++seed) {
    const Profile profile = ProfileOf("swarm", static_cast<std::uint64_t>(seed));
    const WorldReport report = JudgeTwice(RunWorld(profile), RunWorld(profile));
    EXPECT_EQ(report.exit_code, kExitHeld) << seed << ": " << report.text;
  }
}

TEST(Worlds, TakeAnotherWayForAnotherSeedAndTheSameWithATranscript) {
  Profile profile = ProfileOf("memory", 5);
  const WorldResult silent = World(profile, LogLevel::kNone).Run();
  const WorldResult told = World(profile, LogLevel::kFull).Run();
  EXPECT_EQ(silent.digest, told.digest);
  EXPECT_TRUE(silent.events.empty());
  EXPECT_FALSE(told.events.empty());
  ++profile.seed;
  EXPECT_NE(World(profile, LogLevel::kNone).Run().digest, silent.digest);
}

// Not that an effect is missing where it is only late.
TEST(Worlds, BlameWhatIsUnfinishedOnThatAlone) {
  for (int seed = 1; seed <= Scaled(30, 10); ++seed) {
    for (const std::int64_t heal_ms : {0, 1, 5, 20}) {
      Profile profile = ProfileOf("calm", static_cast<std::uint64_t>(seed));
      profile.sync_us = 2'000;
      profile.faults_ms = 50;
      profile.heal_ms = heal_ms;
      const WorldResult result = World(profile, LogLevel::kNone).Run();
      if (!result.violation) continue;
      EXPECT_EQ(result.violation->promise, "P5") << seed << ": " << result.violation->text;
    }
  }
}

// What is told of them ends in neither a separator nor a blank: people read it.
TEST(Worlds, SayWhatIsUnfinishedWhenTheFaultsHaveHealed) {
  Profile profile = ProfileOf("calm", 1);
  profile.faults_ms = 1;
  profile.heal_ms = 0;
  const WorldResult result = World(profile, LogLevel::kNone).Run();
  ASSERT_TRUE(result.violation);
  EXPECT_EQ(result.violation->promise, "P5");
  EXPECT_NE(result.violation->text.find("initiator-1 waits at step "), std::string::npos);
  EXPECT_TRUE(std::isdigit(result.violation->text.back())) << result.violation->text;
}

TEST(Worlds, SayThatTheyDoNotFinishWithinTheirActions) {
  Profile profile = ProfileOf("calm", 1);
  profile.max_actions = 500;
  EXPECT_EQ(World(profile, LogLevel::kNone).Run().verdict, Verdict::kUnfinished);
}

TEST(Worlds, DoNotHoldWhereNothingWasTried) {
  Profile profile = ProfileOf("calm", 1);
  profile.transactions = 0;
  const WorldReport report = RunWorld(profile);
  EXPECT_EQ(report.exit_code, kExitUnfinished);
  EXPECT_EQ(report.totals.failed, 1);
  EXPECT_NE(report.text.find("no transaction began"), std::string::npos) << report.text;
}

// The first promise that is found broken on such disks within some worlds.
std::string FoundBroken(const Disks& disks) {
  for (int seed = 1; seed <= 40; ++seed) {
    Profile profile = ProfileOf("calm", static_cast<std::uint64_t>(seed));
    profile.think_us = 20'000;
    profile.coordinator_crash_every_ms = 300;
    profile.participant_crash_every_ms = 300;
    profile.faults_ms = 5'000;
    profile.heal_ms = 100'000;
    const WorldResult result = World(profile, LogLevel::kNone, disks).Run();
    if (result.violation) return result.violation->promise;
  }
  return "";
}

TEST(Worlds, FindOutALogThatForgetsDecisions) { EXPECT_EQ(FoundBroken(kForgetfulLog), "P2"); }

TEST(Worlds, FindOutAStoreThatForgetsBranches) { EXPECT_NE(FoundBroken(kForgetfulStore), ""); }

TEST(Worlds, HoldOnGoodDisks) { EXPECT_EQ(FoundBroken(kGoodDisks), ""); }

// ---------------------------------------------------------------------------------------------

TEST(Profile, KnowsNoScenarioThatIsNotListed) { EXPECT_FALSE(DrawProfile("storm", 1)); }

}  // namespace
}  // namespace assent::simulation
