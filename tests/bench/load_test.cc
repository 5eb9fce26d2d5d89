// Loads on a rig in this process: what is counted, and from when.
#include "tools/bench/load.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "runtime/clock.h"

namespace assent::bench {
namespace {

// Ends every transaction at once, but while it stalls: then when the stall is over.
class StallingRig final : public Rig {
 public:
  StallingRig() = default;
  // Stalls from `after` for `length`, counted from Start.
  StallingRig(Duration after, Duration length) : after_(after), length_(length) {}

  std::string Start(Completions* completions) override {
    completions_ = completions;
    started_ = MonotonicNow();
    return "";
  }
  void Begin(int slot) override {
    EXPECT_TRUE(under_way_.insert(slot).second) << "one at a time in a slot";
    const Duration since = MonotonicNow() - started_;
    if (after_ <= since && since < after_ + length_) {
      WaitUntil(started_ + after_ + length_);
    }
    under_way_.erase(slot);
    completions_->Add(slot, ending_);
  }
  std::vector<Part> Parts() const override { return {}; }
  WorkDone Done() override { return {}; }

  void set_ending(Ending ending) { ending_ = ending; }

 private:
  // As a caller that is blocked.
  static void WaitUntil(Time time) {
    Completions none;
    std::vector<Completions::Done> done;
    none.Take(time, &done);
  }

  const Duration after_;
  const Duration length_;
  Completions* completions_ = nullptr;
  Time started_;
  std::set<int> under_way_;
  Ending ending_ = Ending::kCommitted;
};

LoadResult RunLoad(StallingRig* rig, const LoadOptions& options, Duration length) {
  Completions completions;
  EXPECT_EQ(rig->Start(&completions), "");
  Load load(rig, &completions, options);
  load.Measure(length);
  return load.Drain().front();
}

TEST(OpenLoop, BeginsAsManyAsWereMeantTo) {
  StallingRig rig;
  const LoadResult result = RunLoad(&rig, {1000, 1000}, Duration::Millis(300));
  EXPECT_NEAR(static_cast<double>(result.committed), 300, 1);
  EXPECT_EQ(result.length, Duration::Millis(300));
}

// Those of half a millisecond are begun together.
TEST(OpenLoop, BeginsAsManyAsWereMeantToThoughItDoesNotWakeUpForEach) {
  StallingRig rig;
  const LoadResult result = RunLoad(&rig, {1000, 20'000}, Duration::Millis(300));
  EXPECT_EQ(result.committed + result.not_begun, 6000u);
  EXPECT_GE(result.committed, 5000u);
}

TEST(Completions, TakesAtATimeWhatHasEndedUntilThenAndNotBefore) {
  Completions completions;
  completions.Add(1, Ending::kCommitted);
  const Time when = MonotonicNow() + Duration::Millis(20);
  std::vector<Completions::Done> done;
  completions.TakeAt(when, &done);
  EXPECT_GE(MonotonicNow(), when);
  ASSERT_EQ(done.size(), 1u);
  completions.TakeAt(when, &done);
  EXPECT_TRUE(done.empty());
}

// Half a second of two is lost: a quarter of all transactions is late by up to as much, though only
// one was held up itself.
TEST(OpenLoop, CountsAStallForAllThatItHoldsUp) {
  StallingRig rig(Duration::Millis(500), Duration::Millis(500));
  const LoadResult result = RunLoad(&rig, {1000, 1000}, Duration::Seconds(2));
  EXPECT_NEAR(static_cast<double>(result.committed), 2000, 1);
  EXPECT_GE(result.latencies.Percentile(0.8), 50'000);
  EXPECT_GE(result.latencies.Percentile(0.95), 350'000);
  EXPECT_GE(result.latencies.max(), 490'000);
}

TEST(OpenLoop, CountsWhatAStallAtTheEndHoldsUp) {
  StallingRig rig(Duration::Millis(100), Duration::Seconds(1));
  const LoadResult result = RunLoad(&rig, {1000, 1000}, Duration::Millis(500));
  EXPECT_NEAR(static_cast<double>(result.committed), 500, 1);
  EXPECT_GE(result.latencies.Percentile(0.5), 500'000);
}

TEST(OpenLoop, GoesOnAtANewRateWithoutAGap) {
  StallingRig rig(Duration::Millis(100), Duration::Millis(200));
  Completions completions;
  EXPECT_EQ(rig.Start(&completions), "");
  Load load(&rig, &completions, {1000, 1000});
  load.Measure(Duration::Millis(200));
  load.set_rate(500);
  load.Measure(Duration::Millis(200));
  const std::vector<LoadResult> results = load.Drain();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_NEAR(static_cast<double>(results[0].committed), 200, 1);
  // What was meant to begin while the one before was held up counts too, and late.
  EXPECT_NEAR(static_cast<double>(results[1].committed), 100, 1);
  EXPECT_GE(results[1].latencies.max(), 80'000);
}

// Ends nothing until it is told to.
class HoldingRig final : public Rig {
 public:
  std::string Start(Completions* completions) override {
    completions_ = completions;
    return "";
  }
  void Begin(int slot) override { begun_.push_back(slot); }
  std::vector<Part> Parts() const override { return {}; }
  WorkDone Done() override { return {}; }

  void EndAll() {
    for (const int slot : begun_) completions_->Add(slot, Ending::kCommitted);
  }

 private:
  Completions* completions_ = nullptr;
  std::vector<int> begun_;
};

TEST(OpenLoop, CountsWhatItCouldNotBegin) {
  HoldingRig rig;
  Completions completions;
  EXPECT_EQ(rig.Start(&completions), "");
  Load load(&rig, &completions, {10, 1000});
  load.Measure(Duration::Millis(100));
  rig.EndAll();
  const LoadResult result = load.Drain().front();
  EXPECT_EQ(result.committed, 10u);
  EXPECT_NEAR(static_cast<double>(result.not_begun), 90, 1);
}

TEST(OpenLoop, CountsWhatEndsLaterWhereItWasMeantToBegin) {
  HoldingRig rig;
  Completions completions;
  EXPECT_EQ(rig.Start(&completions), "");
  Load load(&rig, &completions, {1000, 1000});
  load.WarmUp(Duration::Millis(50));
  load.Measure(Duration::Millis(100));
  load.set_rate(500);
  load.Measure(Duration::Millis(100));
  rig.EndAll();
  const std::vector<LoadResult> results = load.Drain();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_NEAR(static_cast<double>(results[0].committed), 100, 1);
  EXPECT_NEAR(static_cast<double>(results[1].committed), 50, 1);
  EXPECT_EQ(results[0].latencies.count(), results[0].committed);
  EXPECT_GE(results[0].latencies.Percentile(0.01), 98'000) << "none of the second's is among them";
}

TEST(OpenLoop, TellsTheLongestTimeWithoutACommit) {
  StallingRig rig(Duration::Millis(100), Duration::Millis(200));
  const LoadResult result = RunLoad(&rig, {1000, 1000}, Duration::Millis(500));
  EXPECT_GE(result.longest_gap, Duration::Millis(190));
}

// What a closed loop hides: only the one that was held up is late.
TEST(ClosedLoop, CountsAStallOnce) {
  StallingRig rig(Duration::Millis(100), Duration::Millis(200));
  const LoadResult result = RunLoad(&rig, {1, 0}, Duration::Millis(500));
  EXPECT_GE(result.latencies.max(), 190'000);
  EXPECT_LT(result.latencies.Percentile(0.5), 100'000);
}

TEST(ClosedLoop, CountsEachEndingAsWhatItIs) {
  for (const Ending ending :
       {Ending::kCommitted, Ending::kAborted, Ending::kUnknown, Ending::kRefused}) {
    StallingRig rig;
    rig.set_ending(ending);
    const LoadResult result = RunLoad(&rig, {4, 0}, Duration::Millis(50));
    EXPECT_EQ(result.committed > 0, ending == Ending::kCommitted);
    EXPECT_EQ(result.aborted > 0, ending == Ending::kAborted);
    EXPECT_EQ(result.unknown > 0, ending == Ending::kUnknown);
    EXPECT_EQ(result.refused > 0, ending == Ending::kRefused);
    EXPECT_EQ(result.latencies.count(), result.committed);
  }
}

TEST(WarmUp, IsNotCounted) {
  StallingRig rig(Duration(), Duration::Seconds(1));
  Completions completions;
  EXPECT_EQ(rig.Start(&completions), "");
  Load load(&rig, &completions, {1, 0});
  load.WarmUp(Duration::Millis(100));
  load.Measure(Duration::Millis(100));
  const LoadResult result = load.Drain().front();
  EXPECT_LT(result.latencies.max(), 900'000);
  EXPECT_GT(load.all_committed(), result.committed);
}

}  // namespace
}  // namespace assent::bench
