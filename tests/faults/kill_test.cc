// `kill -9` of every process at random, with transfers under way.
#include <gtest/gtest.h>

#include <cstdio>

#include "core/prng.h"
#include "tests/faults/audit.h"
#include "tests/faults/transfers.h"
#include "tests/integration/bank_world.h"
#include "tests/support/test_scale.h"

namespace assent::testing {
namespace {

constexpr std::uint64_t kMostPerRound = 120;
constexpr std::uint64_t kVictims = 4;  // the coordinator, two nodes, the driver

class RandomKills : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  RandomKills() : transfers_({world_.address()}) {
    world_.AwaitAttached();
    transfers_.Start();
  }
  ~RandomKills() override {
    if (HasFailure()) ADD_FAILURE() << world_.Output();
  }

  void KillOne(std::uint64_t victim) {
    if (victim == 0) world_.RestartCoordinator();
    if (victim == 1) world_.RestartNode(BankWorld::kDebit);
    if (victim == 2) world_.RestartNode(BankWorld::kCredit);
    if (victim == 3) transfers_.Restart();
  }

  BankWorld world_;
  Transfers transfers_;
};

TEST_P(RandomKills, LoseNothingThatWasToldAndLeaveNothingInDoubt) {
  const int rounds = Scaled(30, 3);
  Prng prng(GetParam());
  for (int round = 0; round < rounds; ++round) {
    if (prng.Below(2) == 0) world_.AwaitAttached();
    const auto more = static_cast<int>(1 + prng.Below(kMostPerRound));
    transfers_.Grant(more);
    transfers_.AwaitAnswers(static_cast<int>(prng.Below(kMostPerRound)));
    const std::uint64_t victim = prng.Below(kVictims);
    KillOne(victim);
    // Now and then another one, while the first is on its way back.
    if (prng.Below(3) == 0) KillOne((victim + 1 + prng.Below(kVictims - 1)) % kVictims);
  }
  world_.AwaitAttached();
  transfers_.Grant(100);
  EXPECT_EQ(transfers_.Stop(), 0);
  ExpectHonest(&world_, transfers_.journal());
  const std::uint64_t committed = transfers_.journal().committed();
  EXPECT_GT(committed, 0U);
  std::printf("%d kills, %zu transfers begun, %llu told to be committed\n", rounds,
              transfers_.journal().told().size(), static_cast<unsigned long long>(committed));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomKills, ::testing::Values(1, 2));

}  // namespace
}  // namespace assent::testing
