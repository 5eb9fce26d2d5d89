// The simulated disks: what was synced stays, what was not may go, and every fault happens.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "coordinator/memory_decision_log.h"
#include "simulations/level_db_files.h"
#include "simulations/log_disk.h"
#include "simulations/simulated_file_system.h"
#include "simulations/store_disk.h"

namespace assent::simulation {
namespace {

const CoordinatorId kCoordinator = CoordinatorId::Parse("c1").value();
const StoreId kStore{1, 7};

DecisionRecord Decision(Epoch epoch, std::uint64_t number) {
  return {Sequence{epoch, number}, number, number, {{"p0", kStore}}};
}

TransactionId Id(std::uint64_t number) { return {kCoordinator, {1, number}}; }

class LogDiskTest
    : public ::testing::TestWithParam<std::unique_ptr<LogDisk> (*)(const CoordinatorId&)> {
 protected:
  void Open() {
    ASSERT_TRUE(disk->Open(&log).ok());
    recovered = log->TakeRecovered();
  }
  std::size_t Recovered() {
    Open();
    return recovered.decisions.size();
  }
  LogBatch Batch(std::uint64_t number) const {
    return LogBatch{{Decision(recovered.epoch, number)}, {}, true};
  }
  void Crash(bool power_loss, const LogBatch* in_flight = nullptr) {
    disk->Crash(std::move(log), in_flight, CrashKind{power_loss, false, in_flight != nullptr},
                &random);
  }

  std::unique_ptr<LogDisk> disk = GetParam()(kCoordinator);
  std::unique_ptr<DecisionLog> log;
  RecoveredLog recovered;
  Random random{3};
};

TEST_P(LogDiskTest, KeepsWhatWasSyncedThroughPowerLoss) {
  Open();
  ASSERT_TRUE(log->Write(Batch(1)).ok());
  Crash(/*power_loss=*/true);
  EXPECT_EQ(Recovered(), 1u);
}

TEST_P(LogDiskTest, LosesWhatWasNotSyncedInSomePowerLossAndNeverInAKill) {
  bool lost = false;
  bool kept = false;
  for (std::uint64_t number = 1; number <= 40; ++number) {
    Open();
    ASSERT_TRUE(log->Write(Batch(number)).ok());
    const Sequence id{recovered.epoch, number};
    const LogBatch riding{{}, {AcknowledgedUpdate{id, 1}}, false};
    ASSERT_TRUE(log->Write(riding).ok());
    const bool power_loss = number % 2 == 0;
    Crash(power_loss);
    Open();
    const bool is_there = recovered.decisions.back().acknowledged == 1;
    lost = lost || !is_there;
    kept = kept || is_there;
    EXPECT_TRUE(is_there || power_loss) << "a kill loses nothing";
    Crash(false);
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(kept);
}

TEST_P(LogDiskTest, LeavesAWriteDoneOrUndoneWhenItIsCutOff) {
  bool done = false;
  bool undone = false;
  for (std::uint64_t number = 1; number <= 60; ++number) {
    Open();
    const std::size_t before = recovered.decisions.size();
    const LogBatch batch = Batch(number);
    Crash(/*power_loss=*/true, &batch);
    const bool grew = Recovered() > before;
    done = done || grew;
    undone = undone || !grew;
    Crash(false);
  }
  EXPECT_TRUE(done);
  EXPECT_TRUE(undone);
}

TEST_P(LogDiskTest, FailsAWriteThatIsToFailWhateverReachedTheDisk) {
  bool reached = false;
  bool missed = false;
  for (std::uint64_t number = 1; number <= 60; ++number) {
    Open();
    const std::size_t before = recovered.decisions.size();
    disk->FailNextWrite(&random);
    EXPECT_TRUE(disk->has_pending_fault());
    const bool failed = !log->Write(Batch(number)).ok();
    Crash(/*power_loss=*/true);
    disk->MendFaults();
    const bool grew = Recovered() > before;
    EXPECT_TRUE(failed || grew) << "acknowledged and lost";
    reached = reached || (failed && grew);
    missed = missed || !grew;
    Crash(false);
  }
  EXPECT_TRUE(reached);
  EXPECT_TRUE(missed);
}

TEST_P(LogDiskTest, FailsOnceAndIsGoodAgainForTheNextProcessUntilItIsToFailAgain) {
  CrashKind kind;
  kind.write_failed = true;
  std::uint64_t number = 0;
  for (int life = 0; life < 20; ++life) {
    Open();
    disk->FailNextWrite(&random);
    while (log->Write(Batch(++number)).ok()) ASSERT_LT(number, 100u);
    EXPECT_TRUE(disk->has_pending_fault()) << "the failure has its excuse until the process ends";
    disk->Crash(std::move(log), nullptr, kind, &random);
    EXPECT_FALSE(disk->has_pending_fault());
    Open();
    ASSERT_TRUE(log->Write(Batch(++number)).ok());
    Crash(false);
  }
}

TEST_P(LogDiskTest, PutsAnOlderCopyInPlaceAndTheRightOneBack) {
  Open();
  ASSERT_TRUE(log->Write(Batch(1)).ok());
  Crash(false);
  disk->KeepCopy();
  Open();
  ASSERT_TRUE(log->Write(Batch(2)).ok());
  Crash(false);
  disk->SwapWithCopy();
  EXPECT_EQ(Recovered(), 1u);
  Crash(false);
  disk->SwapWithCopy();
  EXPECT_EQ(Recovered(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Every, LogDiskTest,
                         ::testing::Values(&MakeMemoryLogDisk, &MakeLevelDbLogDisk));

// ---------------------------------------------------------------------------------------------

class StoreDiskTest
    : public ::testing::TestWithParam<std::unique_ptr<StoreDisk> (*)(const StoreId&)> {
 protected:
  StartResult Start() {
    store = disk->MakeStore();
    ResourceHandlers handlers;
    handlers.completed = [this](std::vector<ResourceCompletion> done) { completed += done.size(); };
    handlers.failed = [this](const std::string&) { ++failed; };
    return store->Start(handlers);
  }
  // True if the branch is durable.
  bool Prepare(std::uint64_t number) {
    completed = failed = 0;
    store->Submit({PrepareStep{
        Id(number), Operations().Add("money/" + std::to_string(number), 1).Encode(), {}}});
    store->RunPending();
    return completed == 1;
  }
  void Crash(bool power_loss) {
    disk->Crash(std::move(store), CrashKind{power_loss, false, false}, &random);
  }

  std::unique_ptr<StoreDisk> disk = GetParam()(kStore);
  std::unique_ptr<KeyValueStore> store;
  Random random{5};
  std::size_t completed = 0;
  std::size_t failed = 0;
};

TEST_P(StoreDiskTest, KeepsAPreparedBranchThroughPowerLoss) {
  ASSERT_TRUE(Start().ok());
  ASSERT_TRUE(Prepare(1));
  Crash(/*power_loss=*/true);
  const StartResult started = Start();
  ASSERT_TRUE(started.ok()) << started.error;
  EXPECT_EQ(started.recovered.prepared.size(), 1u);
  EXPECT_EQ(started.recovered.incarnation, 2u);
}

TEST_P(StoreDiskTest, LosesAnUnsyncedAbortInSomePowerLoss) {
  bool lost = false;
  bool kept = false;
  for (std::uint64_t number = 1; number <= 40; ++number) {
    ASSERT_TRUE(Start().ok());
    ASSERT_TRUE(Prepare(number));
    store->Submit({AbortStep{Id(number)}});
    store->RunPending();
    Crash(/*power_loss=*/true);
    const StartResult started = Start();
    ASSERT_TRUE(started.ok()) << started.error;
    (started.recovered.prepared.empty() ? kept : lost) = true;
    for (const TransactionId& id : started.recovered.prepared) store->Submit({AbortStep{id}});
    store->RunPending();
    Crash(/*power_loss=*/false);
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(kept);
}

TEST_P(StoreDiskTest, FailsAWriteThatIsToFail) {
  bool any = false;
  for (std::uint64_t number = 1; number <= 30; ++number) {
    ASSERT_TRUE(Start().ok());
    disk->FailNextWrite(&random);
    any = any || !Prepare(number);
    Crash(/*power_loss=*/false);
    disk->MendFaults();
  }
  EXPECT_TRUE(any);
}

TEST_P(StoreDiskTest, FailsOnceAndIsGoodAgainForTheNextProcessUntilItIsToFailAgain) {
  CrashKind kind;
  kind.write_failed = true;
  std::uint64_t number = 0;
  for (int life = 0; life < 20; ++life) {
    ASSERT_TRUE(Start().ok());
    disk->FailNextWrite(&random);
    while (Prepare(++number)) ASSERT_LT(number, 100u);
    EXPECT_TRUE(disk->has_pending_fault()) << "the failure has its excuse until the process ends";
    disk->Crash(std::move(store), kind, &random);
    EXPECT_FALSE(disk->has_pending_fault());
    ASSERT_TRUE(Start().ok());
    ASSERT_TRUE(Prepare(++number));
    Crash(false);
  }
}

TEST_P(StoreDiskTest, StartsOnAnEmptyStoreOfAnotherIdAndOnTheRightOneAgain) {
  ASSERT_TRUE(Start().ok());
  ASSERT_TRUE(Prepare(1));
  Crash(false);
  disk->Wipe(StoreId{2, 2});
  EXPECT_EQ(Start().recovered.store, (StoreId{2, 2}));
  Crash(false);
  disk->SwapWithCopy();
  const StartResult started = Start();
  EXPECT_EQ(started.recovered.store, kStore);
  EXPECT_EQ(started.recovered.prepared.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Every, StoreDiskTest,
                         ::testing::Values(&MakeMemoryStoreDisk, &MakeLevelDbStoreDisk));

// ---------------------------------------------------------------------------------------------

std::unique_ptr<leveldb::WritableFile> NewFile(SimulatedFileSystem* files) {
  leveldb::WritableFile* file = nullptr;
  EXPECT_TRUE(files->NewWritableFile("/file", &file).ok());
  EXPECT_TRUE(files->SyncDirectory("/").ok());
  return std::unique_ptr<leveldb::WritableFile>(file);
}

TEST(SimulatedFileSystem, KeepsUnsyncedBytesThroughAKillButNotThroughAPowerLossAfterIt) {
  SimulatedFileSystem files;
  const auto file = NewFile(&files);
  ASSERT_TRUE(file->Append("synced").ok());
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(file->Append(" not").ok());
  const auto killed = files.AfterCrash(Loss::kNothing, 1);
  EXPECT_EQ(killed->Content("/file"), "synced not");
  EXPECT_EQ(killed->AfterCrash(Loss::kAllUnsynced, 1)->Content("/file"), "synced");
}

TEST(SimulatedFileSystem, NeverWritesWhatAFailedSyncHasLost) {
  SimulatedFileSystem files;
  const auto file = NewFile(&files);
  ASSERT_TRUE(file->Append("lost").ok());
  files.FailAt(files.operations() + 1, FailureEffect::kNothing);
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_TRUE(file->Sync().ok()) << "as Linux does: the pages count as written";
  EXPECT_EQ(files.Content("/file"), "lost");
  EXPECT_EQ(files.AfterCrash(Loss::kAllUnsynced, 1)->Content("/file"), "");
}

TEST(MemoryLogDisk, KeepsAWriteWhoseSyncFailedUntilThePowerFails) {
  for (const bool power_loss : {false, true}) {
    MemoryLogDisk disk;
    const CoordinatorId id = *CoordinatorId::Parse("c1");
    ASSERT_TRUE(MemoryDecisionLog::Create(&disk, id).ok());
    std::unique_ptr<MemoryDecisionLog> log;
    ASSERT_TRUE(MemoryDecisionLog::Open(&disk, id, &log).ok());
    disk.SetFault(MemoryLogDisk::Fault::kFailUnsynced);
    const LogBatch batch{{{Sequence{1, 1}, 1, 1, {{"p1", StoreId{1, 2}}}}}, {}, true};
    EXPECT_FALSE(log->Write(batch).ok());
    log.reset();
    if (power_loss) disk.LosePower();
    ASSERT_TRUE(MemoryDecisionLog::Open(&disk, id, &log).ok());
    EXPECT_EQ(log->TakeRecovered().decisions.size(), power_loss ? 0u : 1u);
  }
}

TEST(LevelDbStoreDisk, RefusesAFlippedBitOrIsWholeAllTheSame) {
  Random random(11);
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    const auto disk = MakeLevelDbStoreDisk(kStore);
    ResourceHandlers ignore{[](std::vector<ResourceCompletion>) {}, [](const std::string&) {}};
    auto store = disk->MakeStore();
    ASSERT_TRUE(store->Start(ignore).ok());
    store->Submit({PrepareStep{Id(1), Operations().Add("money/1", 1).Encode(), {}}});
    store->RunPending();
    disk->Crash(std::move(store), CrashKind(), &random);
    if (!disk->FlipBit(&random)) continue;
    store = disk->MakeStore();
    const StartResult started = store->Start(ignore);
    refused += started.ok() ? 0 : 1;
    if (started.ok()) {
      EXPECT_EQ(started.recovered.prepared.size(), 1u);
    }
    disk->Crash(std::move(store), CrashKind(), &random);
    if (started.ok()) continue;
    disk->Repair();
    store = disk->MakeStore();
    EXPECT_EQ(store->Start(ignore).recovered.prepared.size(), 1u);
  }
  EXPECT_GT(refused, 0);
}

TEST(LevelDbLogDisk, FailsWhenItIsFullAndStartsWhenThereIsRoom) {
  Random random(1);
  const auto disk = MakeLevelDbLogDisk(kCoordinator);
  std::unique_ptr<DecisionLog> log;
  ASSERT_TRUE(disk->Open(&log).ok());
  const Epoch epoch = log->TakeRecovered().epoch;
  ASSERT_TRUE(disk->Fill());
  std::uint64_t number = 1;
  while (number < 1000 && log->Write(LogBatch{{Decision(epoch, number)}, {}, true}).ok()) ++number;
  EXPECT_LT(number, 1000u);
  disk->Crash(std::move(log), nullptr, CrashKind(), &random);
  EXPECT_FALSE(disk->Open(&log).ok());
  disk->Crash(nullptr, nullptr, CrashKind(), &random);
  disk->MendFaults();
  ASSERT_TRUE(disk->Open(&log).ok());
  EXPECT_GE(log->TakeRecovered().decisions.size(), number - 1);
}

}  // namespace
}  // namespace assent::simulation
