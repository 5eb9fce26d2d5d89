// The documented sets of bounds, explored.
#include "simulations/explorer/explorer.h"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test_scale.h"

namespace assent::explorer {
namespace {

// Every state is visited at full scale only, and not under a sanitizer.
bool VisitsAll() {
#ifdef ASSENT_EXPLORE_ALL
  return TestScale() >= 1;
#else
  return false;
#endif
}

Bounds Limited(Bounds bounds) {
  if (!VisitsAll()) bounds.max_states = static_cast<std::uint64_t>(Scaled(60'000, 5'000));
  return bounds;
}

class EverySet : public testing::TestWithParam<Bounds> {};

TEST_P(EverySet, KeepsAllPromisesInEveryState) {
  const Report report = Explore(Limited(GetParam()), &std::cout);
  std::ostringstream told;
  Print(report, &told);
  EXPECT_TRUE(report.held) << told.str();
  EXPECT_TRUE(report.complete || !VisitsAll()) << told.str();
  std::cout << told.str();
}

std::string NameOf(const testing::TestParamInfo<Bounds>& info) {
  std::string name = info.param.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Documented, EverySet, testing::ValuesIn(KnownBounds()), NameOf);

TEST(Explorer, FindsTheSameStatesEveryTime) {
  Bounds bounds = *FindBounds("three");
  bounds.max_states = 20'000;
  const Report first = Explore(bounds, &std::cout);
  const Report second = Explore(bounds, &std::cout);
  EXPECT_EQ(first.states, second.states);
  EXPECT_EQ(first.transitions, second.transitions);
  EXPECT_EQ(first.core_steps, second.core_steps);
}

TEST(Explorer, CommitsAndAbortsAndFindsEndsToHeal) {
  const Report report = Explore(*FindBounds("expected"), &std::cout);
  EXPECT_TRUE(report.complete);
  EXPECT_GT(report.aborted, 0u);
  EXPECT_GT(report.quiet_states, 0u);
  Bounds small = *FindBounds("payload");
  small.faults = 0;
  small.ticks = 0;
  const Report calm = Explore(small, &std::cout);
  EXPECT_TRUE(calm.complete && calm.held);
  EXPECT_GT(calm.committed, 0u);
}

TEST(Explorer, IsNotCompleteWhenItMayNotVisitEveryState) {
  Bounds bounds = *FindBounds("payload");
  bounds.max_states = 1'000;
  const Report report = Explore(bounds, &std::cout);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(report.held);
  EXPECT_EQ(report.states, 1'000u);
}

// A cell that can be reached and is not is a defect of the bounds.
TEST(Explorer, CrashesAtEveryPointInEveryState) {
  if (!VisitsAll()) GTEST_SKIP() << "not all states are visited, so not all cells are reached";
  std::map<std::pair<std::string, std::string>, CoverageCell> cells;
  for (const char* const set : {"calls", "disks", "horizon"}) {
    for (const CoverageCell& cell : Explore(*FindBounds(set), &std::cout).coverage) {
      CoverageCell& sum = cells.try_emplace({cell.crash, cell.state}, cell).first->second;
      if (&sum != &cell) sum.count += cell.count;
    }
  }
  for (const auto& [key, cell] : cells) {
    EXPECT_EQ(cell.count > 0, cell.reason.empty()) << key.first << " in " << key.second;
  }
}

TEST(ExploreCommand, SaysWhatIsWrongWithItsArguments) {
  std::ostringstream out;
  EXPECT_EQ(RunExplore({"nonsense"}, &out), 64);
  EXPECT_EQ(RunExplore({"--max-states"}, &out), 64);
  EXPECT_EQ(RunExplore({"--max-states", "0"}, &out), 64);
  EXPECT_EQ(RunExplore({"--mutant", "answer_before_sync"}, &out), 64);
  EXPECT_NE(out.str().find("nonsense"), std::string::npos);
}

TEST(ExploreCommand, ListsTheSetsAndTellsCompleteFromIncomplete) {
  std::ostringstream out;
  EXPECT_EQ(RunExplore({"--list"}, &out), 0);
  EXPECT_NE(out.str().find("three-faults"), std::string::npos);
  EXPECT_EQ(RunExplore({"expected", "--json"}, &out), 0);
  EXPECT_NE(out.str().find("\"complete\":true"), std::string::npos);
  EXPECT_EQ(RunExplore({"payload", "--max-states", "100", "--no-coverage"}, &out), 2);
}

}  // namespace
}  // namespace assent::explorer
