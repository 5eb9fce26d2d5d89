// Virtual time: one order for all, and clocks that differ.
#include <gtest/gtest.h>

#include <vector>

#include "simulations/local_clock.h"
#include "simulations/random.h"
#include "simulations/scheduler.h"

namespace assent::simulation {
namespace {

TEST(Scheduler, RunsActionsInTheOrderOfTimeAndThenOfScheduling) {
  Scheduler scheduler;
  std::vector<int> ran;
  scheduler.At(Time{20}, [&] { ran.push_back(3); });
  scheduler.At(Time{10}, [&] { ran.push_back(1); });
  scheduler.At(Time{10}, [&] {
    ran.push_back(2);
    scheduler.At(Time{5}, [&] { ran.push_back(9); });
  });
  while (scheduler.RunOne()) {
  }
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 9, 3}));
  EXPECT_EQ(scheduler.Now(), Time{20});
}

TEST(Scheduler, TellsDifferentWaysApartByTheirDigest) {
  Scheduler one;
  Scheduler other;
  EXPECT_EQ(one.digest(), other.digest());
  one.At(Time{1}, [] {});
  other.At(Time{2}, [] {});
  one.RunOne();
  other.RunOne();
  EXPECT_NE(one.digest(), other.digest());
}

TEST(LocalClock, RunsAtItsOwnRate) {
  LocalClock clock;
  clock.Restart(Time{1000}, Time{50}, 900'000);
  EXPECT_EQ(clock.Local(Time{1000}), Time{50});
  EXPECT_EQ(clock.Local(Time{1'001'000}), Time{900'050});
}

TEST(LocalClock, HasReachedADeadlineAtTheInstantThatItNames) {
  Random random(9);
  for (int i = 0; i < 10'000; ++i) {
    LocalClock clock;
    clock.Restart(Time{random.Below(1'000'000)}, Time{random.Below(1'000'000)},
                  random.Between(700'000, 1'300'000));
    const Time deadline{random.Below(100'000'000)};
    const Time global = clock.Global(deadline);
    EXPECT_GE(clock.Local(global), deadline);
  }
}

TEST(LocalClock, JumpsAheadAndNeverBack) {
  LocalClock clock;
  clock.Restart(Time{}, Time{}, 1'100'000);
  const Time before = clock.Local(Time{500});
  clock.JumpAhead(Time{500}, Duration::Seconds(60));
  EXPECT_EQ(clock.Local(Time{500}), before + Duration::Seconds(60));
  EXPECT_EQ(clock.Global(Time::Never()), Time::Never());
}

TEST(Random, GivesTheSameNumbersForTheSameSeed) {
  Random one(4);
  Random other(4);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.Next(), other.Next());
  EXPECT_FALSE(one.Chance(0));
  EXPECT_TRUE(one.Chance(kAlways));
  for (int i = 0; i < 100; ++i) {
    const std::int64_t value = one.Between(-3, 3);
    EXPECT_TRUE(value >= -3 && value <= 3);
  }
}

}  // namespace
}  // namespace assent::simulation
