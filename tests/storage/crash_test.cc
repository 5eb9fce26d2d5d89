// Power loss at every file operation, and an error of every file operation.
#include "tests/storage/workload.h"
#include "tests/support/test_scale.h"

namespace assent::storage {
namespace {

using assent::testing::FailureEffect;
using assent::testing::Loss;
using assent::testing::SimulatedFileSystem;

constexpr int kBatches = 60;
constexpr size_t kSmallestBuffer = 64 << 10;  // LevelDB's lower limit: rotations come soon

// A database that opens again must stand the next power loss as well.
void ExpectThatItGoesOn(Workload* workload, SimulatedFileSystem* disk) {
  EXPECT_TRUE(workload->last_reopen_was_right());
  const auto at_once = disk->AfterCrash(Loss::kAllUnsynced, 1);
  ASSERT_THAT(workload->Reopen(at_once.get()), IsOk());
  EXPECT_TRUE(workload->last_reopen_was_right()) << "what Open handed out was not durable";
  workload->WriteSome(3);
  EXPECT_THAT(workload->last_error(), IsOk());
  const auto later = at_once->AfterCrash(Loss::kAllUnsynced, 1);
  ASSERT_THAT(workload->Reopen(later.get()), IsOk());
  EXPECT_TRUE(workload->last_reopen_was_right());
  workload->Kill();
}

// Whatever a creation left behind, it is not taken for a database that has lost everything.
void ExpectThatCreationCanBeRepeated(Workload* workload, SimulatedFileSystem* disk) {
  const Status status = workload->Reopen(disk);
  workload->Kill();
  if (status.ok()) return;
  EXPECT_THAT(status, HasKind(StatusKind::kMissing));
  Workload again(99);
  again.Run(disk, 6);
  EXPECT_THAT(again.last_error(), IsOk());
}

uint64_t OperationsOfAWholeRun(uint64_t seed) {
  SimulatedFileSystem disk;
  Workload workload(seed);
  workload.options()->write_buffer_bytes = kSmallestBuffer;
  workload.Run(&disk, kBatches);
  EXPECT_THAT(workload.last_error(), IsOk());
  workload.Kill();
  return disk.operations();
}

class CrashTest : public ::testing::TestWithParam<Loss> {};

TEST_P(CrashTest, LosesNoSyncedBatchWhereverThePowerFails) {
  int refused = 0;
  for (const uint64_t seed : {1, 2}) {
    const uint64_t operations = OperationsOfAWholeRun(seed);
    ASSERT_GT(operations, 300u);
    for (uint64_t at = 1; at <= operations; ++at) {
      SimulatedFileSystem disk;
      Workload workload(seed);
      workload.options()->write_buffer_bytes = kSmallestBuffer;
      disk.CrashAt(at);
      workload.Run(&disk, kBatches);
      workload.Kill();
      SCOPED_TRACE("operation " + std::to_string(at) + ", seed " + std::to_string(seed));
      const auto after = disk.AfterCrash(GetParam(), at);
      if (!workload.created()) {
        ExpectThatCreationCanBeRepeated(&workload, after.get());
        continue;
      }
      const Status status = workload.Reopen(after.get());
      if (!status.ok()) {
        ++refused;
        EXPECT_THAT(status, HasKind(StatusKind::kDamaged));
        continue;
      }
      ExpectThatItGoesOn(&workload, after.get());
      if (HasFailure()) return;
    }
  }
  // Pieces lost out of order may be refused, never silently.
  if (GetParam() != Loss::kOutOfOrder) {
    EXPECT_EQ(refused, 0);
  }
  RecordProperty("refused", refused);
}

INSTANTIATE_TEST_SUITE_P(Losses, CrashTest,
                         ::testing::Values(Loss::kNothing, Loss::kAllUnsynced, Loss::kTail,
                                           Loss::kOutOfOrder));

class ErrorTest : public ::testing::TestWithParam<FailureEffect> {};

// Workload checks that nothing is acknowledged after the error.
TEST_P(ErrorTest, OneFailedOperationLosesNothingAndEndsEverything) {
  constexpr uint64_t kSeed = 3;
  const uint64_t operations = OperationsOfAWholeRun(kSeed);
  int unnoticed = 0;
  for (uint64_t at = 1; at <= operations; ++at) {
    for (const Loss loss : {Loss::kNothing, Loss::kAllUnsynced, Loss::kTail}) {
      SimulatedFileSystem disk;
      Workload workload(kSeed);
      workload.options()->write_buffer_bytes = kSmallestBuffer;
      disk.FailAt(at, GetParam());
      workload.Run(&disk, kBatches);
      if (disk.failed_or_crashed() && workload.last_error().ok()) ++unnoticed;
      workload.Kill();
      SCOPED_TRACE("operation " + std::to_string(at) + " of " + std::to_string(operations));
      const auto after = disk.AfterCrash(loss, at);
      if (!workload.created()) {
        ExpectThatCreationCanBeRepeated(&workload, after.get());
      } else {
        ASSERT_THAT(workload.Reopen(after.get()), IsOk());
        ExpectThatItGoesOn(&workload, after.get());
      }
      if (HasFailure()) return;
    }
  }
  EXPECT_EQ(unnoticed, 0);
}

INSTANTIATE_TEST_SUITE_P(Effects, ErrorTest,
                         ::testing::Values(FailureEffect::kNothing, FailureEffect::kHalf,
                                           FailureEffect::kAll));

TEST(SimulatedRun, IsTheSameEveryTime) {
  SimulatedFileSystem disks[2];
  for (SimulatedFileSystem& disk : disks) {
    Workload workload(7);
    workload.options()->write_buffer_bytes = kSmallestBuffer;
    workload.Run(&disk, kBatches);
    workload.Kill();
  }
  EXPECT_EQ(disks[0].operations(), disks[1].operations());
  EXPECT_EQ(disks[0].digest(), disks[1].digest());
}

// LevelDB drops a full log without a sync, so that a batch synced into the next log could outlive
// one before it.
TEST(SimulatedRun, AnUnsyncedBatchNeverGetsLostBeforeALaterSyncedOne) {
  const auto seeds = static_cast<uint64_t>(Scaled(200));
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SimulatedFileSystem disk;
    Workload workload(seed);
    workload.options()->write_buffer_bytes = kSmallestBuffer;
    workload.Run(&disk, 4);
    ASSERT_THAT(workload.last_error(), IsOk());
    std::string last;
    // Up to the batch whose write makes LevelDB begin a new log, and one synced batch beyond.
    for (int i = 0; i < 20; ++i) {
      last = "big" + std::to_string(i);
      const std::string value(3000 + seed * 17, 'v');
      ASSERT_THAT(workload.database()->Write(PutOne(last, value), false), IsOk());
    }
    ASSERT_THAT(workload.database()->Write(PutOne("synced", "1"), true), IsOk());
    const auto after = disk.AfterCrash(Loss::kAllUnsynced, seed);
    ASSERT_THAT(workload.Reopen(after.get()), IsOk());
    EXPECT_EQ(workload.found().count(last), 1u);
    EXPECT_EQ(workload.found().count("synced"), 1u);
    workload.Kill();
  }
}

}  // namespace
}  // namespace assent::storage
