// What became of a crash, and the tables of crash points.
#include "simulations/coverage.h"

#include <gtest/gtest.h>

namespace assent::simulation {
namespace {

const TransactionId kId = TransactionId::Parse("c1-1-1").value();

DecisionRecord Decision() {
  DecisionRecord record;
  record.id = kId.sequence;
  record.number = 1;
  return record;
}

TEST(CrashCoverage, SaysWhatBecameOfABatchThatWasBeingWritten) {
  CoordinatorScene scene;
  RecoveredLog log;
  EXPECT_EQ(FateOf(scene, log), Fate::kNothing);
  scene.has_more = true;
  EXPECT_EQ(FateOf(scene, log), Fate::kLost) << "what waited is lost";
  scene.batch.decisions.push_back(Decision());
  EXPECT_EQ(FateOf(scene, log), Fate::kLost);
  log.decisions.push_back({Decision(), 0});
  EXPECT_EQ(FateOf(scene, log), Fate::kPartlyKept);
  scene.has_more = false;
  EXPECT_EQ(FateOf(scene, log), Fate::kKept);
}

TEST(CrashCoverage, TellsABatchWithoutADecisionByItsFirstUpdate) {
  CoordinatorScene scene;
  RecoveredLog log;
  scene.batch.updates.push_back(AcknowledgedUpdate{kId.sequence, 2});
  log.decisions.push_back({Decision(), 1});
  EXPECT_EQ(FateOf(scene, log), Fate::kLost);
  log.decisions.back().acknowledged = 3;
  EXPECT_EQ(FateOf(scene, log), Fate::kKept);
  scene.batch.updates = {RemovalUpdate{{1, 5}, {}}};
  EXPECT_EQ(FateOf(scene, log), Fate::kLost);
  log.horizon = {1, 5};
  EXPECT_EQ(FateOf(scene, log), Fate::kKept);
  scene.batch.updates = {BindingUpdate{"p0", StoreId{1, 1}, 2}};
  EXPECT_EQ(FateOf(scene, log), Fate::kLost);
  log.bindings = {{"p0", StoreId{1, 1}, 2}};
  EXPECT_EQ(FateOf(scene, log), Fate::kKept);
  scene.batch.updates = {SupersededUpdate{"older"}};
  EXPECT_EQ(FateOf(scene, log), Fate::kLost) << "it would not have started";
}

TEST(CrashCoverage, SaysWhatBecameOfABranchsWork) {
  using S = LocalBranchState;
  const auto fate = [](S state, bool was_prepared, bool is_prepared) {
    const bool is_ending = state == S::kCommitting || state == S::kAborting;
    return FateOf(ParticipantScene::Branch{kId, state, was_prepared, is_ending}, is_prepared);
  };
  EXPECT_EQ(fate(S::kPreparing, false, true), Fate::kKept);
  EXPECT_EQ(fate(S::kPreparing, false, false), Fate::kLost);
  EXPECT_EQ(fate(S::kCommitting, true, true), Fate::kLost);
  EXPECT_EQ(fate(S::kCommitting, true, false), Fate::kKept);
  EXPECT_EQ(fate(S::kAborting, true, true), Fate::kLost);
  EXPECT_EQ(fate(S::kAborting, true, false), Fate::kKept);
  EXPECT_EQ(fate(S::kAborting, false, false), Fate::kLost);
  EXPECT_EQ(fate(S::kActive, false, false), Fate::kNothing);
  EXPECT_EQ(fate(S::kPrepared, true, true), Fate::kNothing);
}

TEST(CrashCoverage, SeesNoWorkInAnEndThatTheStoreHasNotBeenAskedFor) {
  for (const LocalBranchState state :
       {LocalBranchState::kCommitting, LocalBranchState::kAborting}) {
    ParticipantScene::Branch branch{kId, state, /*was_prepared=*/true, /*is_ending=*/false};
    EXPECT_EQ(FateOf(branch, /*is_prepared=*/true), Fate::kNothing);
    branch.is_ending = true;
    EXPECT_EQ(FateOf(branch, /*is_prepared=*/true), Fate::kLost);
  }
}

TEST(CrashCoverage, NamesTheCellsThatAreEmptyWithoutAReason) {
  CrashCoverage coverage;
  const std::vector<ReportTable> empty = coverage.Tables();
  ASSERT_EQ(empty.size(), 2u);
  const std::size_t gaps = GapsIn(empty[0]).size();
  EXPECT_EQ(gaps + empty[0].reasons.size(), empty[0].rows.size() * empty[0].columns.size());
  EXPECT_EQ(GapsIn(empty[0]).front(), "killed, nothing unsynced, ACTIVE");

  CrashCoverage more;
  more.CountTransaction(CrashCause::kKilled, Fate::kNothing, TransactionState::kActive);
  more.CountBranch(CrashCause::kInRecovery, Fate::kKept, LocalBranchState::kCommitting);
  coverage.Add(more);
  const std::vector<ReportTable> tables = coverage.Tables();
  EXPECT_EQ(GapsIn(tables[0]).size(), gaps - 1);
  EXPECT_EQ(tables[0].counts[0][0], 1);
  EXPECT_EQ(tables[1].rows.back(), "in recovery, work durable");
  EXPECT_EQ(tables[1].counts.back()[3], 1);
}

}  // namespace
}  // namespace assent::simulation
