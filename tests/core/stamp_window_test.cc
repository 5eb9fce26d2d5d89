#include "core/stamp_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>

#include "core/prng.h"

namespace assent {
namespace {

TEST(StampWindow, UsesAStampOnce) {
  StampWindow window(64, 1);
  EXPECT_FALSE(window.IsUsed(1, 7));
  EXPECT_TRUE(window.Use(1, 7));
  EXPECT_TRUE(window.IsUsed(1, 7));
  EXPECT_FALSE(window.Use(1, 7));
}

TEST(StampWindow, TakesReorderedStampsOnceEach) {
  StampWindow window(64, 1);
  EXPECT_TRUE(window.Use(1, 10));
  EXPECT_TRUE(window.Use(1, 3));
  EXPECT_TRUE(window.Use(1, 0));
  EXPECT_FALSE(window.Use(1, 3));
  EXPECT_FALSE(window.IsUsed(1, 4));
}

TEST(StampWindow, CountsEverythingLeftOfTheWindowAsUsed) {
  StampWindow window(64, 1);
  EXPECT_TRUE(window.Use(1, 100));
  EXPECT_TRUE(window.IsUsed(1, 36));
  EXPECT_FALSE(window.IsUsed(1, 37));
  EXPECT_FALSE(window.Use(1, 36));
  EXPECT_TRUE(window.Use(1, 37));
}

TEST(StampWindow, ForgetsNothingWithinTheWindowAsItSlides) {
  StampWindow window(64, 1);
  EXPECT_TRUE(window.Use(1, 50));
  EXPECT_TRUE(window.Use(1, 113));
  EXPECT_TRUE(window.IsUsed(1, 50));
  EXPECT_FALSE(window.IsUsed(1, 51));
  EXPECT_FALSE(window.IsUsed(1, 114)) << "its bit was 50's";
}

TEST(StampWindow, TakesTheHighestNumbersThereAre) {
  StampWindow window(64, 1);
  constexpr std::uint64_t kHighest = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(window.Use(1, kHighest));
  EXPECT_FALSE(window.Use(1, kHighest));
  EXPECT_TRUE(window.Use(1, kHighest - 1));
  EXPECT_FALSE(window.Use(1, 1));
}

TEST(StampWindow, CountsALowerEpochAsUsed) {
  StampWindow window(64, 5);
  EXPECT_TRUE(window.IsUsed(4, 999));
  EXPECT_FALSE(window.Use(4, 999));
}

TEST(StampWindow, ANewEpochNeverMakesUsedLookUnused) {
  StampWindow window(64, 5);
  EXPECT_TRUE(window.Use(5, 7));
  EXPECT_TRUE(window.LearnEpoch(6));
  EXPECT_TRUE(window.IsUsed(5, 7));
  EXPECT_TRUE(window.IsUsed(5, 8)) << "unused, but nobody can tell any more";
  EXPECT_FALSE(window.IsUsed(6, 7));
  EXPECT_TRUE(window.Use(6, 7));
  EXPECT_FALSE(window.LearnEpoch(6));
  EXPECT_FALSE(window.Use(6, 7));
}

TEST(StampWindow, AgreesWithASetOfAllThatWasUsed) {
  Prng prng(11);
  StampWindow window(128, 1);
  std::set<std::uint64_t> used;
  std::uint64_t top = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t n = top + prng.Below(200) - std::min<std::uint64_t>(top, 180);
    const bool left = !used.empty() && n + 128 <= top;
    EXPECT_EQ(window.Use(1, n), !left && !used.contains(n)) << n;
    if (left) continue;
    used.insert(n);
    top = std::max(top, n);
  }
}

}  // namespace
}  // namespace assent
