// Which runs are kept when others use the machine.
#include "tools/bench/turns.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace assent::bench {
namespace {

// Takes turns in which others keep so many processors busy, one after another.
Line LineOf(int runs, int repeats, const std::vector<double>& foreign_cpus, bool by_the_floor) {
  Settings settings;
  settings.runs = runs;
  settings.repeats = repeats;
  Line line;
  std::size_t taken = 0;
  const auto take = [&](Turn* turn) {
    turn->run.Set("foreign_cpus", by_the_floor ? 0 : foreign_cpus.at(taken));
    turn->run.Set("number", static_cast<double>(taken));
    if (by_the_floor) turn->floor.emplace().Set("foreign_cpus", foreign_cpus.at(taken));
    ++taken;
    return std::string();
  };
  EXPECT_EQ(TakeTurns(settings, take, &line), "");
  EXPECT_EQ(taken, foreign_cpus.size()) << "no more are taken than need be";
  return line;
}

TEST(Turns, ThatAreDisturbedAreTakenAgainAndLeftOut) {
  for (const bool by_the_floor : {false, true}) {
    const Line line = LineOf(2, 3, {0.01, 1.5, 0.02}, by_the_floor);
    ASSERT_EQ(line.runs.size(), 2u);
    EXPECT_EQ(line.runs[1].Get("number"), 2);
    EXPECT_EQ(line.floor.size(), by_the_floor ? 2u : 0u);
    EXPECT_EQ(line.disturbed, 0u);
    EXPECT_EQ(line.repeated, 1u);
  }
}

TEST(Turns, ThatAreDisturbedAreKeptAndCountedIfThereAreNoOthers) {
  const Line line = LineOf(3, 1, {1.5, 0.01, 1.5, 1.5}, false);
  EXPECT_EQ(line.runs.size(), 3u);
  EXPECT_EQ(line.disturbed, 2u);
  EXPECT_EQ(line.repeated, 1u);
}

TEST(Turns, OfSeveralLinesAreTakenRoundByRound) {
  std::string taken;
  const auto taker = [&taken](char name, int turns) {
    return [&taken, name, turns]() mutable {
      if (turns == 0) return false;
      --turns;
      taken += name;
      return true;
    };
  };
  TakeRounds({taker('a', 2), taker('b', 4), taker('c', 3)});
  EXPECT_EQ(taken, "abcabcbcb");
  TakeRounds({});
}

TEST(Turns, EndWithTheFirstError) {
  Line line;
  int taken = 0;
  const auto take = [&taken](Turn*) { return ++taken == 2 ? "broken" : ""; };
  EXPECT_EQ(TakeTurns(Settings(), take, &line), "broken");
  EXPECT_EQ(taken, 2);
}

}  // namespace
}  // namespace assent::bench
