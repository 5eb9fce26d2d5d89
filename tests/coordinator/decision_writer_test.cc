#include "coordinator/decision_writer.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "coordinator/memory_decision_log.h"

namespace assent {
namespace {

DecisionRecord Decision(std::uint64_t number) {
  return {Sequence{1, number}, number, number, {{"stock", StoreId{1, 2}}}};
}
BindingUpdate Binding(std::uint64_t incarnation) { return {"stock", StoreId{1, 2}, incarnation}; }

TEST(DecisionQueue, TakesEverythingThatWaitsAsOneSyncedBatch) {
  DecisionQueue queue({});
  queue.WriteUpdate(1, Binding(1), false);
  EXPECT_FALSE(queue.NeedsWrite());
  queue.WriteDecision(2, Decision(1));
  queue.WriteDecision(3, Decision(2));
  queue.WriteUpdate(4, Binding(2), false);
  ASSERT_TRUE(queue.NeedsWrite());
  LogTicket ticket = 0;
  const LogBatch batch = queue.Take(&ticket);
  EXPECT_EQ(ticket, 4u);
  EXPECT_TRUE(batch.sync);
  EXPECT_EQ(batch.decisions.size(), 2u);
  EXPECT_EQ(batch.updates.size(), 2u);
  EXPECT_TRUE(queue.empty());
}

TEST(DecisionQueue, WritesAnUrgentUpdateAtOnce) {
  DecisionQueue queue({});
  queue.WriteUpdate(1, Binding(1), true);
  EXPECT_TRUE(queue.NeedsWrite());
}

TEST(DecisionQueue, WritesRidingUpdatesWhenTooManyWait) {
  DecisionQueue queue({.max_riding = 2});
  queue.WriteUpdate(1, Binding(1), false);
  queue.WriteUpdate(2, Binding(2), false);
  EXPECT_FALSE(queue.NeedsWrite());
  queue.WriteUpdate(3, Binding(3), false);
  EXPECT_TRUE(queue.NeedsWrite());
}

TEST(DecisionQueue, CutsABatchAtItsLimitAndCountsRemovedIds) {
  DecisionQueue queue({.max_batch_records = 3});
  queue.WriteDecision(1, Decision(1));
  queue.WriteUpdate(2, RemovalUpdate{{1, 9}, {{1, 1}, {1, 2}, {1, 3}, {1, 4}}}, false);
  queue.WriteDecision(3, Decision(2));
  LogTicket ticket = 0;
  queue.Take(&ticket);
  EXPECT_EQ(ticket, 1u);
  queue.Take(&ticket);  // alone over the limit, and taken nevertheless
  EXPECT_EQ(ticket, 2u);
  EXPECT_TRUE(queue.NeedsWrite());
  queue.Take(&ticket);
  EXPECT_EQ(ticket, 3u);
}

// A log whose writes wait until they are let through.
class GatedLog : public DecisionLog {
 public:
  explicit GatedLog(DecisionLog* log) : log_(log) {}
  RecoveredLog TakeRecovered() override { return log_->TakeRecovered(); }
  storage::Status Write(const LogBatch& batch) override {
    MutexLock lock(&mutex_);
    ++arrived_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(&mutex_);
    return log_->Write(batch);
  }
  void AwaitWrite() {
    MutexLock lock(&mutex_);
    while (arrived_ == 0) changed_.Wait(&mutex_);
  }
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }

 private:
  DecisionLog* const log_;
  Mutex mutex_;
  CondVar changed_;
  int arrived_ ASSENT_GUARDED_BY(mutex_) = 0;
  bool open_ ASSENT_GUARDED_BY(mutex_) = false;
};

class DecisionWriterTest : public ::testing::Test {
 protected:
  DecisionWriterTest() {
    const CoordinatorId id = *CoordinatorId::Parse("c1");
    EXPECT_TRUE(MemoryDecisionLog::Create(&disk_, id).ok());
    EXPECT_TRUE(MemoryDecisionLog::Open(&disk_, id, &log_).ok());
    gate_ = std::make_unique<GatedLog>(log_.get());
    syncs_before_ = disk_.syncs();
  }

  // The callbacks write these on the writer's thread; Stop() comes before they are read.
  DecisionWriterCallbacks Callbacks() {
    return {[this](LogTicket ticket) { logged_.push_back(ticket); },
            [this](storage::Status error) { failures_.push_back(std::move(error)); }};
  }

  MemoryLogDisk disk_;
  std::unique_ptr<MemoryDecisionLog> log_;
  std::unique_ptr<GatedLog> gate_;
  std::uint64_t syncs_before_ = 0;
  std::vector<LogTicket> logged_;
  std::vector<storage::Status> failures_;
};

TEST_F(DecisionWriterTest, WritesAllThatCameDuringASyncWithTheNextOne) {
  DecisionWriter writer(gate_.get(), {}, Callbacks());
  writer.WriteDecision(1, Decision(1));
  writer.HandOver();
  gate_->AwaitWrite();
  for (std::uint64_t n = 2; n <= 100; ++n) {
    writer.WriteDecision(n, Decision(n));
    writer.HandOver();
  }
  gate_->Open();
  writer.Stop();
  EXPECT_EQ(logged_, (std::vector<LogTicket>{1, 100}));
  EXPECT_EQ(writer.counts().writes, 2u);
  EXPECT_EQ(writer.counts().decisions, 100u);
  EXPECT_EQ(disk_.syncs() - syncs_before_, 2u);
}

TEST_F(DecisionWriterTest, WritesNothingBeforeItIsHandedOver) {
  gate_->Open();
  DecisionWriter writer(gate_.get(), {}, Callbacks());
  writer.WriteDecision(1, Decision(1));
  writer.Stop();
  EXPECT_TRUE(logged_.empty());
  EXPECT_EQ(writer.counts().writes, 0u);
}

// An idle writer that woke at the first of them would give it a sync of its own.
TEST_F(DecisionWriterTest, WritesWhatOneTurnDecidesWithOneSync) {
  DecisionWriter writer(gate_.get(), {}, Callbacks());
  for (std::uint64_t n = 1; n <= 100; ++n) writer.WriteDecision(n, Decision(n));
  writer.HandOver();
  gate_->AwaitWrite();
  gate_->Open();
  writer.HandOver();
  writer.Stop();
  EXPECT_EQ(logged_, (std::vector<LogTicket>{100}));
  EXPECT_EQ(disk_.syncs() - syncs_before_, 1u);
}

TEST_F(DecisionWriterTest, WritesTheFirstOfManyBeforeTheTurnIsOver) {
  DecisionWriter writer(gate_.get(), {}, Callbacks());
  for (std::uint64_t n = 1; n <= 1000; ++n) writer.WriteDecision(n, Decision(n));
  gate_->AwaitWrite();
  gate_->Open();
  writer.HandOver();
  writer.Stop();
  EXPECT_EQ(writer.counts().decisions, 1000u);
  EXPECT_EQ(logged_.back(), 1000u);
  EXPECT_LT(logged_.front(), 1000u);
}

TEST_F(DecisionWriterTest, WritesWhatRidesAlongWhenItStops) {
  gate_->Open();
  DecisionWriter writer(gate_.get(), {}, Callbacks());
  writer.WriteUpdate(1, Binding(1), false);
  writer.WriteUpdate(2, Binding(2), false);
  writer.HandOver();
  writer.Stop();
  writer.Stop();
  EXPECT_EQ(logged_, (std::vector<LogTicket>{2}));
  EXPECT_EQ(writer.counts().updates, 2u);
}

TEST_F(DecisionWriterTest, TellsAFailureOnceAndWritesNothingAfterIt) {
  disk_.SetFault(MemoryLogDisk::Fault::kFailAfter);
  DecisionWriter writer(gate_.get(), {}, Callbacks());
  writer.WriteDecision(1, Decision(1));
  writer.HandOver();
  gate_->AwaitWrite();
  writer.WriteDecision(2, Decision(2));
  writer.HandOver();
  gate_->Open();
  writer.Stop();
  EXPECT_TRUE(logged_.empty());
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].kind(), storage::StatusKind::kIoError);
  EXPECT_EQ(writer.counts().writes, 1u);
}

TEST_F(DecisionWriterTest, IgnoresWhatComesAfterItsStop) {
  gate_->Open();
  DecisionWriter writer(gate_.get(), {}, Callbacks());
  writer.Stop();
  writer.WriteDecision(1, Decision(1));
  writer.HandOver();
  writer.Stop();
  EXPECT_TRUE(logged_.empty());
}

}  // namespace
}  // namespace assent
