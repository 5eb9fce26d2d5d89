#include "tools/bench/figures.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "tools/bench/latencies.h"
#include "tools/bench/small_bank.h"

namespace assent::bench {
namespace {

Figures Of(double first, double second) {
  Figures figures;
  figures.Set("first", first);
  figures.Set("second", second);
  return figures;
}

TEST(Figures, SpreadsTakeEachFigureOnItsOwn) {
  const auto spreads = SpreadsOf({Of(1, 30), Of(3, 10), Of(2, 20)});
  ASSERT_EQ(spreads.size(), 2u);
  EXPECT_EQ(spreads[0].name, "first");
  EXPECT_EQ(spreads[0].median, 2);
  EXPECT_EQ(spreads[1].median, 20);
  EXPECT_EQ(spreads[1].min, 10);
  EXPECT_EQ(spreads[1].max, 30);
}

TEST(Figures, MedianOfAnEvenNumberIsTheMeanOfTheTwoInTheMiddle) {
  const Spread spread = SpreadsOf({Of(4, 0), Of(1, 0), Of(9, 0), Of(2, 0)})[0];
  EXPECT_EQ(spread.median, 3);
  EXPECT_EQ(spread.min, 1);
  EXPECT_EQ(spread.max, 9);
}

TEST(Figures, OfNoRunsThereIsNothing) { EXPECT_TRUE(SpreadsOf({}).empty()); }

TEST(Latencies, PercentilesAreWithinTheError) {
  Latencies latencies;
  for (int i = 1; i <= 100'000; ++i) latencies.Add(Duration::Micros(i));
  for (const double part : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(latencies.Percentile(part), part * 100'000, part * 100'000 * 0.016) << part;
  }
  EXPECT_EQ(latencies.max(), 100'000);
  EXPECT_EQ(latencies.count(), 100'000u);
}

TEST(Latencies, SmallOnesAreExact) {
  Latencies latencies;
  for (int i = 0; i < 100; ++i) latencies.Add(Duration::Micros(i));
  EXPECT_EQ(latencies.Percentile(0.5), 49);
  EXPECT_EQ(latencies.Percentile(1), 99);
}

TEST(Latencies, OneThatNeverEndsIsNotLost) {
  Latencies latencies;
  latencies.Add(Duration::Seconds(100'000'000));
  EXPECT_EQ(latencies.count(), 1u);
  EXPECT_GT(latencies.Percentile(0.5), 0);
}

TEST(Latencies, AddUp) {
  Latencies all;
  Latencies others;
  for (int i = 0; i < 60; ++i) (i < 20 ? all : others).Add(Duration::Micros(i));
  all.Add(others);
  EXPECT_EQ(all.count(), 60u);
  EXPECT_EQ(all.Percentile(0.5), 29);
  EXPECT_EQ(all.max(), 59);
}

TEST(Latencies, OfNoneThereIsZero) { EXPECT_EQ(Latencies().Percentile(0.99), 0); }

TEST(SmallBank, MovesNothingOutOfTheBankButDepositsAndChecks) {
  SmallBank bank(1);
  std::map<std::size_t, int> by_size;
  for (int i = 0; i < 10'000; ++i) {
    const auto operations = bank.Next();
    ++by_size[operations.size()];
    std::int64_t change = 0;
    for (const BankOperation& operation : operations) {
      EXPECT_LT(operation.store, 2u);
      change += operation.change;
    }
    EXPECT_LE(std::abs(change), 5);
  }
  // Two kinds of six touch one account; they are 30 of 100.
  EXPECT_NEAR(by_size[1], 3'000, 300);
  EXPECT_NEAR(by_size[2], 7'000, 300);
}

TEST(SmallBank, PrefersFewCustomers) {
  SmallBank bank(1);
  int first = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string account = bank.Next().front().account;
    if (account == "checking0" || account == "savings0") ++first;
  }
  // Uniform would be 0.1.
  EXPECT_GT(first, 50);
}

TEST(SmallBank, TheSameSeedGivesTheSameTransactions) {
  SmallBank one(7);
  SmallBank other(7);
  for (int i = 0; i < 100; ++i) {
    const auto first = one.Next();
    const auto second = other.Next();
    ASSERT_EQ(first.size(), second.size());
    EXPECT_EQ(first.front().account, second.front().account);
  }
}

}  // namespace
}  // namespace assent::bench
