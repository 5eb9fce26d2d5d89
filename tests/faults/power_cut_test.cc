// The power of a real file system fails under transfers: ext4 on a loop device is shut down without
// a flush, so that nothing is left but what was synced.
//
// The writer is frozen first: a sync that races the shutdown may return as if it had been done,
// which is the fault's doing and not a real disk's.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/prng.h"
#include "tests/faults/audit.h"
#include "tests/faults/machine.h"
#include "tests/faults/transfers.h"
#include "tests/integration/bank_world.h"
#include "tests/support/test_scale.h"

namespace assent::testing {
namespace {

constexpr int kDiskMebibytes = 96;
constexpr std::uint64_t kMostPerCut = 150;

// Whose disk loses its power.
enum class Victim { kCoordinator, kParticipant, kBoth };

class PowerCut : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string refusal = UseOwnMounts();
    if (refusal.empty()) refusal = disk_.Mount();
    if (!refusal.empty()) GTEST_SKIP() << "power cuts cannot be tried here: " << refusal;
  }

  LoopDisk disk_{kDiskMebibytes};
};

// That the fault is one: else none of these tests could fail.
TEST_F(PowerCut, TakesAwayWhatWasNotSyncedAndNothingElse) {
  const std::string synced = disk_.path() + "/synced";
  const std::string unsynced = disk_.path() + "/unsynced";
  std::ofstream(synced) << "kept";
  sync();
  std::ofstream(unsynced) << "lost";
  disk_.Cut();
  EXPECT_FALSE(std::ofstream(disk_.path() + "/later") << "lost" << std::flush);
  disk_.Remount();
  EXPECT_EQ(ReadFile(synced), "kept");
  EXPECT_EQ(ReadFile(unsynced), "");
}

class PowerCuts : public PowerCut, public ::testing::WithParamInterface<Victim> {
 protected:
  // What is not on the disk under test is on an ordinary one.
  BankOptions Options() const {
    BankOptions options;
    options.coordinator_arguments = {"--log-min-free-bytes", "0B"};
    if (HasCoordinator()) options.log_directory = disk_.path() + "/log";
    if (HasParticipant()) options.node_directories[BankWorld::kCredit] = disk_.path() + "/store";
    return options;
  }

  bool HasCoordinator() const { return GetParam() != Victim::kParticipant; }
  bool HasParticipant() const { return GetParam() != Victim::kCoordinator; }

  void CutPower(BankWorld* world) {
    if (HasCoordinator()) Freeze(world->coordinator());
    if (HasParticipant()) Freeze(world->node(BankWorld::kCredit));
    disk_.Cut();
    if (HasCoordinator()) Kill(&world->coordinator());
    if (HasParticipant()) Kill(&world->node(BankWorld::kCredit));
    disk_.Remount();
    if (HasCoordinator()) world->StartCoordinator();
    if (HasParticipant()) world->StartNode(BankWorld::kCredit);
  }
};

TEST_P(PowerCuts, LoseNothingThatWasAcknowledged) {
  const int cuts = Scaled(10, 2);
  BankWorld world(Options());
  world.AwaitAttached();
  Transfers transfers({world.address()});
  transfers.Start();
  Prng prng(5 + static_cast<std::uint64_t>(GetParam()));
  for (int cut = 0; cut < cuts; ++cut) {
    if (prng.Below(4) != 0) world.AwaitAttached();
    transfers.Grant(static_cast<int>(1 + prng.Below(kMostPerCut)));
    transfers.AwaitAnswers(static_cast<int>(prng.Below(kMostPerCut)));
    CutPower(&world);
  }
  world.AwaitAttached();
  transfers.Grant(50);
  EXPECT_EQ(transfers.Stop(), 0);
  ExpectHonest(&world, transfers.journal());
  const std::uint64_t committed = transfers.journal().committed();
  EXPECT_GT(committed, 0U);
  std::printf("%d power cuts, %zu transfers begun, %llu told to be committed\n", cuts,
              transfers.journal().told().size(), static_cast<unsigned long long>(committed));
  if (HasFailure()) ADD_FAILURE() << world.Output();
}

INSTANTIATE_TEST_SUITE_P(Victims, PowerCuts,
                         ::testing::Values(Victim::kCoordinator, Victim::kParticipant,
                                           Victim::kBoth));

}  // namespace
}  // namespace assent::testing
