// What every DecisionLog promises (coordinator/decision_log.h). An implementation joins by a
// LogWorld: its disk, and what can happen to it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/decision_log.h"

namespace assent::testing {

class LogWorld {
 public:
  virtual ~LogWorld() = default;
  virtual storage::Status Create(const CoordinatorId& coordinator) = 0;
  virtual storage::Status Open(const CoordinatorId& expected,
                               std::unique_ptr<DecisionLog>* log) = 0;
  // Ends the life of `log`: its process dies, or the power fails (then what was not synced is lost,
  // as far as this disk can do that).
  virtual void Kill(std::unique_ptr<DecisionLog> log) = 0;
  virtual void LosePower(std::unique_ptr<DecisionLog> log) = 0;
  // The next write fails; whether it reaches the disk is the disk's affair. False: cannot be done.
  virtual bool FailNextWrite() = 0;
  // Whether LosePower takes away everything that was not synced.
  virtual bool loses_unsynced() const = 0;
};

struct LogWorldKind {
  std::string name;
  std::function<std::unique_ptr<LogWorld>()> make;
};

inline CoordinatorId IdNamed(const char* text) { return *CoordinatorId::Parse(text); }

class DecisionLogContract : public ::testing::TestWithParam<LogWorldKind> {
 protected:
  DecisionLogContract() : world_(GetParam().make()) {
    EXPECT_TRUE(world_->Create(IdNamed("c1")).ok());
    Reopen();
  }

  void Reopen() {
    const storage::Status status = world_->Open(IdNamed("c1"), &log_);
    ASSERT_TRUE(status.ok()) << status.ToString();
    recovered_ = log_->TakeRecovered();
  }
  void KillAndReopen() {
    world_->Kill(std::move(log_));
    Reopen();
  }
  void LosePowerAndReopen() {
    world_->LosePower(std::move(log_));
    Reopen();
  }

  DecisionRecord Decision(std::uint64_t number) const {
    return {Sequence{recovered_.epoch, number},
            number,
            0x9000 + number,
            {{"stock", StoreId{1, 2}}, {"wallet", StoreId{3, number}}}};
  }
  storage::Status WriteDecision(std::uint64_t number) {
    return log_->Write(LogBatch{{Decision(number)}, {}, false});
  }
  storage::Status WriteUpdate(LogUpdate update, bool sync = true) {
    return log_->Write(LogBatch{{}, {std::move(update)}, sync});
  }
  std::vector<std::uint64_t> RecoveredNumbers() const {
    std::vector<std::uint64_t> numbers;
    for (const RecoveredDecision& one : recovered_.decisions) numbers.push_back(one.record.number);
    return numbers;
  }

  std::unique_ptr<LogWorld> world_;
  std::unique_ptr<DecisionLog> log_;
  RecoveredLog recovered_;
};

using Numbers = std::vector<std::uint64_t>;

TEST_P(DecisionLogContract, StartsEmptyInItsFirstEpoch) {
  EXPECT_EQ(recovered_.coordinator, IdNamed("c1"));
  EXPECT_EQ(recovered_.epoch, 1u);
  EXPECT_EQ(recovered_.last_decision_number, 0u);
  EXPECT_EQ(recovered_.horizon, Sequence{});
  EXPECT_TRUE(recovered_.decisions.empty());
  EXPECT_TRUE(recovered_.bindings.empty());
}

TEST_P(DecisionLogContract, RaisesTheEpochDurablyAtEachOpen) {
  LosePowerAndReopen();
  EXPECT_EQ(recovered_.epoch, 2u);
  LosePowerAndReopen();
  EXPECT_EQ(recovered_.epoch, 3u);
  KillAndReopen();
  EXPECT_EQ(recovered_.epoch, 4u);
}

TEST_P(DecisionLogContract, KeepsAcknowledgedDecisionAfterPowerLoss) {
  const DecisionRecord first = Decision(1);
  ASSERT_TRUE(WriteDecision(1).ok());
  LosePowerAndReopen();
  ASSERT_EQ(recovered_.decisions.size(), 1u);
  EXPECT_EQ(recovered_.decisions[0].record, first);
  EXPECT_EQ(recovered_.decisions[0].acknowledged, 0u);
  EXPECT_EQ(recovered_.last_decision_number, 1u);
}

TEST_P(DecisionLogContract, KeepsWhatWasNotSyncedWhenOnlyTheProcessDies) {
  ASSERT_TRUE(WriteDecision(1).ok());
  ASSERT_TRUE(WriteUpdate(AcknowledgedUpdate{Decision(1).id, 3}, false).ok());
  KillAndReopen();
  EXPECT_EQ(recovered_.decisions.at(0).acknowledged, 3u);
}

TEST_P(DecisionLogContract, LosesUnsyncedUpdatesButNoDecisionByPowerLoss) {
  if (!world_->loses_unsynced()) GTEST_SKIP() << "the real disk cannot be made to lose power here";
  ASSERT_TRUE(WriteDecision(1).ok());
  ASSERT_TRUE(WriteUpdate(AcknowledgedUpdate{Decision(1).id, 3}, false).ok());
  LosePowerAndReopen();
  EXPECT_EQ(RecoveredNumbers(), Numbers{1});
  EXPECT_EQ(recovered_.decisions.at(0).acknowledged, 0u);
}

TEST_P(DecisionLogContract, SyncsEarlierUpdatesWithTheNextDecision) {
  ASSERT_TRUE(WriteDecision(1).ok());
  ASSERT_TRUE(WriteUpdate(AcknowledgedUpdate{Decision(1).id, 3}, false).ok());
  ASSERT_TRUE(WriteUpdate(BindingUpdate{"stock", StoreId{1, 2}, 5}, false).ok());
  ASSERT_TRUE(WriteDecision(2).ok());
  LosePowerAndReopen();
  EXPECT_EQ(RecoveredNumbers(), (Numbers{1, 2}));
  EXPECT_EQ(recovered_.decisions.at(0).acknowledged, 3u);
  EXPECT_EQ(recovered_.bindings.size(), 1u);
}

TEST_P(DecisionLogContract, SyncsEarlierUpdatesWithAnEmptySyncedBatch) {
  ASSERT_TRUE(WriteUpdate(BindingUpdate{"stock", StoreId{1, 2}, 5}, false).ok());
  ASSERT_TRUE(log_->Write(LogBatch{{}, {}, true}).ok());
  LosePowerAndReopen();
  EXPECT_EQ(recovered_.bindings.size(), 1u);
}

TEST_P(DecisionLogContract, GivesDurablyWhatItRecovered) {
  ASSERT_TRUE(WriteUpdate(BindingUpdate{"stock", StoreId{1, 2}, 5}, false).ok());
  KillAndReopen();
  ASSERT_EQ(recovered_.bindings.size(), 1u);  // was only in the page cache until now
  LosePowerAndReopen();
  EXPECT_EQ(recovered_.bindings.size(), 1u);
}

TEST_P(DecisionLogContract, RecoversDecisionsInTheOrderOfTheirIds) {
  for (const std::uint64_t number : {1, 2, 300, 70000}) ASSERT_TRUE(WriteDecision(number).ok());
  KillAndReopen();
  DecisionRecord next_life = Decision(70001);
  next_life.id.number = 1;
  ASSERT_TRUE(log_->Write(LogBatch{{next_life}, {}, true}).ok());
  KillAndReopen();
  EXPECT_EQ(RecoveredNumbers(), (Numbers{1, 2, 300, 70000, 70001}));
}

TEST_P(DecisionLogContract, ReplacesBindingsAndKeepsReleasedNames) {
  ASSERT_TRUE(WriteUpdate(BindingUpdate{"wallet", StoreId{9, 9}, 1}).ok());
  ASSERT_TRUE(WriteUpdate(BindingUpdate{"stock", StoreId{1, 2}, 5}).ok());
  ASSERT_TRUE(WriteUpdate(BindingUpdate{"stock", StoreId{1, 2}, 6}).ok());
  ASSERT_TRUE(WriteUpdate(BindingUpdate{"wallet", StoreId{}, 1}).ok());
  LosePowerAndReopen();
  EXPECT_EQ(recovered_.bindings,
            (std::vector<BindingUpdate>{{"stock", StoreId{1, 2}, 6}, {"wallet", StoreId{}, 1}}));
}

TEST_P(DecisionLogContract, RemovesInOneBatchWithTheHorizon) {
  for (const std::uint64_t number : {1, 2, 3}) ASSERT_TRUE(WriteDecision(number).ok());
  ASSERT_TRUE(WriteUpdate(AcknowledgedUpdate{Decision(1).id, 1}).ok());
  ASSERT_TRUE(WriteUpdate(AcknowledgedUpdate{Decision(1).id, 3}).ok());
  const Sequence horizon{recovered_.epoch, 3};
  const RemovalUpdate removal{horizon, {Decision(1).id, Decision(2).id}};
  ASSERT_TRUE(WriteUpdate(removal, false).ok());
  LosePowerAndReopen();
  if (world_->loses_unsynced()) {
    EXPECT_EQ(RecoveredNumbers(), (Numbers{1, 2, 3}));
    EXPECT_EQ(recovered_.horizon, Sequence{});
    ASSERT_TRUE(WriteUpdate(removal, true).ok());
    LosePowerAndReopen();
  }
  EXPECT_EQ(RecoveredNumbers(), Numbers{3});
  EXPECT_EQ(recovered_.horizon, horizon);
}

TEST_P(DecisionLogContract, KeepsUnfinishedDecisionsBelowTheHorizon) {
  for (const std::uint64_t number : {1, 2}) ASSERT_TRUE(WriteDecision(number).ok());
  ASSERT_TRUE(WriteUpdate(RemovalUpdate{Sequence{1, 3}, {Decision(2).id}}).ok());
  LosePowerAndReopen();
  EXPECT_EQ(RecoveredNumbers(), Numbers{1});
}

inline LogBatch Together(const std::vector<DecisionRecord>& decisions) {
  return {decisions, {}, true};
}

TEST_P(DecisionLogContract, KeepsEachDecisionOfABatchThatIsNotRemoved) {
  std::vector<DecisionRecord> decisions;
  for (std::uint64_t number = 1; number <= 1500; ++number) decisions.push_back(Decision(number));
  ASSERT_TRUE(log_->Write(Together(decisions)).ok());
  LogBatch acknowledgements{{}, {}, true};
  for (const DecisionRecord& decision : decisions) {
    acknowledgements.updates.push_back(AcknowledgedUpdate{decision.id, decision.number % 4});
  }
  ASSERT_TRUE(log_->Write(acknowledgements).ok());
  std::vector<RecoveredDecision> kept;
  RemovalUpdate removal{{recovered_.epoch, 1400}, {}};
  for (const DecisionRecord& decision : decisions) {
    if (decision.number < 1400 && decision.number % 100 != 7) {
      removal.removed.push_back(decision.id);
    } else {
      kept.push_back({decision, decision.number % 4});
    }
  }
  ASSERT_TRUE(WriteUpdate(removal).ok());
  for (int life = 0; life < 2; ++life) {
    LosePowerAndReopen();
    ASSERT_EQ(recovered_.decisions.size(), kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_EQ(recovered_.decisions[i].record, kept[i].record);
      EXPECT_EQ(recovered_.decisions[i].acknowledged, kept[i].acknowledged);
    }
  }
}

TEST_P(DecisionLogContract, TakesTheLastOfSeveralAcknowledgementsOfADecision) {
  ASSERT_TRUE(log_->Write(Together({Decision(1), Decision(2)})).ok());
  ASSERT_TRUE(WriteUpdate(AcknowledgedUpdate{Decision(1).id, 1}).ok());
  LogBatch twice{{}, {}, true};
  for (const std::uint64_t branches : {1, 2, 3}) {
    twice.updates.push_back(AcknowledgedUpdate{Decision(2).id, branches});
    twice.updates.push_back(AcknowledgedUpdate{Decision(1).id, branches});
  }
  ASSERT_TRUE(log_->Write(twice).ok());
  LosePowerAndReopen();
  EXPECT_EQ(recovered_.decisions.at(0).acknowledged, 3u);
  EXPECT_EQ(recovered_.decisions.at(1).acknowledged, 3u);
  ASSERT_TRUE(WriteUpdate(RemovalUpdate{{1, 2}, {Sequence{1, 1}}}).ok());
  ASSERT_TRUE(WriteUpdate(AcknowledgedUpdate{Sequence{1, 2}, 1}).ok());
  LosePowerAndReopen();
  EXPECT_EQ(RecoveredNumbers(), Numbers{2});
  EXPECT_EQ(recovered_.decisions.at(0).acknowledged, 1u);
}

TEST_P(DecisionLogContract, NeverForgetsTheHighestDecisionNumber) {
  for (const std::uint64_t number : {1, 2}) ASSERT_TRUE(WriteDecision(number).ok());
  ASSERT_TRUE(WriteUpdate(RemovalUpdate{Sequence{1, 3}, {Decision(1).id, Decision(2).id}}).ok());
  LosePowerAndReopen();
  EXPECT_TRUE(recovered_.decisions.empty());
  EXPECT_EQ(recovered_.last_decision_number, 2u);
  LosePowerAndReopen();
  EXPECT_EQ(recovered_.last_decision_number, 2u);
}

TEST_P(DecisionLogContract, FailsForGoodAfterOneFailedWrite) {
  if (!world_->FailNextWrite()) GTEST_SKIP() << "the real disk cannot be made to fail here";
  ASSERT_FALSE(WriteDecision(1).ok());
  EXPECT_EQ(WriteDecision(2).kind(), storage::StatusKind::kIoError);
  EXPECT_EQ(WriteUpdate(BindingUpdate{"stock", StoreId{1, 2}, 5}).kind(),
            storage::StatusKind::kIoError);
  KillAndReopen();
  // The failed one may or may not be there; what came after it is not.
  const Numbers found = RecoveredNumbers();
  EXPECT_TRUE(found.empty() || found == Numbers{1});
  EXPECT_TRUE(recovered_.bindings.empty());
}

TEST_P(DecisionLogContract, IsNotOpenedTwice) {
  std::unique_ptr<DecisionLog> second;
  EXPECT_EQ(world_->Open(IdNamed("c1"), &second).kind(), storage::StatusKind::kLocked);
  EXPECT_EQ(second, nullptr);
}

TEST_P(DecisionLogContract, RefusesAnotherCoordinatorsLogByName) {
  world_->Kill(std::move(log_));
  const storage::Status status = world_->Open(IdNamed("other"), &log_);
  EXPECT_EQ(status.kind(), storage::StatusKind::kForeign);
  EXPECT_NE(status.message().find("c1"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("other"), std::string::npos) << status.message();
}

TEST_P(DecisionLogContract, TakesAnyLogIfNoCoordinatorIsExpected) {
  world_->Kill(std::move(log_));
  ASSERT_TRUE(world_->Open(CoordinatorId(), &log_).ok());
  EXPECT_EQ(log_->TakeRecovered().coordinator, IdNamed("c1"));
}

TEST_P(DecisionLogContract, IsNotCreatedOverAnother) {
  world_->Kill(std::move(log_));
  EXPECT_EQ(world_->Create(IdNamed("c2")).kind(), storage::StatusKind::kAlreadyExists);
}

TEST_P(DecisionLogContract, DoesNotOpenAgainOnceSuperseded) {
  ASSERT_TRUE(WriteUpdate(SupersededUpdate{"stock has met epoch 7"}, false).ok());
  EXPECT_EQ(WriteDecision(1).kind(), storage::StatusKind::kSuperseded);
  world_->LosePower(std::move(log_));
  const storage::Status status = world_->Open(IdNamed("c1"), &log_);
  EXPECT_EQ(status.kind(), storage::StatusKind::kSuperseded);
  EXPECT_NE(status.message().find("stock has met epoch 7"), std::string::npos);
}

}  // namespace assent::testing
