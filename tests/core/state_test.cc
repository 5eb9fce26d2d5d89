// DescribeState(): what an exhaustive search compares states by.
#include <gtest/gtest.h>

#include <string>

#include "core/coordinator.h"
#include "core/participant.h"
#include "core/state_text.h"

namespace assent {
namespace {

constexpr Duration kGrain = Duration::Seconds(1);

CoordinatorId Id() { return CoordinatorId::Parse("c").value(); }

RecoveredLog FreshLog() {
  RecoveredLog log;
  log.coordinator = Id();
  log.epoch = 1;
  return log;
}

struct CoordinatorRun {
  Coordinator core{CoordinatorLimits{}, FreshLog(), 7, 1, Time{}};
  CoordinatorEffects effects;

  std::string Do(CoordinatorInput input) {
    core.Step(std::move(input), Time{}, &effects);
    return core.DescribeState(kGrain);
  }
  void Attach(LinkId link, const std::string& name) {
    Do(coordinator_input::LinkOpened{link});
    Do(coordinator_input::Received{link, assent::Attach{name, StoreId{1, link}, 1, 9, {}}});
  }
};

CommitRequest CommitOfFirst() {
  CommitRequest commit;
  commit.id = {Id(), {1, 1}};
  commit.branches = {{"a", "work"}, {"b", "work"}};
  return commit;
}

TEST(CoordinatorState, ReadsAlikeAfterTheSameInputs) {
  CoordinatorRun one;
  CoordinatorRun other;
  for (CoordinatorRun* run : {&one, &other}) {
    run->Attach(1, "a");
    run->Do(coordinator_input::Requested{1, BeginRequest{}});
  }
  EXPECT_EQ(one.core.DescribeState(kGrain), other.core.DescribeState(kGrain));
}

TEST(CoordinatorState, TellsEveryStepOfATransactionApart) {
  CoordinatorRun run;
  run.Attach(1, "a");
  run.Attach(2, "b");
  std::string before = run.Do(coordinator_input::Requested{1, BeginRequest{}});
  const auto differs = [&](CoordinatorInput input) {
    const std::string after = run.Do(std::move(input));
    EXPECT_NE(after, before);
    before = after;
  };
  differs(coordinator_input::Requested{2, CommitOfFirst()});
  differs(coordinator_input::Received{1, Vote{{1, 1}, VoteKind::kYes, ""}});
  differs(coordinator_input::Received{2, Vote{{1, 1}, VoteKind::kReadOnly, ""}});
  differs(coordinator_input::Logged{3});
  differs(coordinator_input::Received{1, Acknowledge{{1, 1}}});
  differs(coordinator_input::Logged{4});
  differs(coordinator_input::LinkClosed{1});
}

TEST(CoordinatorState, DoesNotChangeByWhatIsIgnored) {
  CoordinatorRun run;
  run.Attach(1, "a");
  const std::string before = run.Do(coordinator_input::Requested{1, BeginRequest{}});
  EXPECT_EQ(run.Do(coordinator_input::Received{1, Acknowledge{{1, 1}}}), before);
  EXPECT_EQ(run.Do(coordinator_input::Requested{2, GetRequest{{Id(), {1, 1}}}}), before);
}

TEST(ParticipantState, TellsEveryStepOfABranchApart) {
  RecoveredStore store;
  store.store = {1, 1};
  store.incarnation = 1;
  Participant core(ParticipantLimits{}, store, 1, Time{});
  ParticipantEffects effects;
  const TransactionId id{Id(), {1, 1}};
  std::string before = core.DescribeState(kGrain);
  const auto differs = [&](ParticipantInput input) {
    core.Step(std::move(input), Time{}, &effects);
    EXPECT_NE(core.DescribeState(kGrain), before);
    before = core.DescribeState(kGrain);
  };
  differs(participant_input::Attached{1, {Reason::kNone, "", Id(), 1, 7}});
  differs(participant_input::Received{1, Prepare{id.sequence, {1, 1, 1}, "work", {1, 1}, {}}});
  differs(participant_input::Prepared{id, {VoteKind::kYes, ""}});
  differs(participant_input::Received{1, Commit{id.sequence, 1, {1, 1}}});
  differs(participant_input::Committed{id, CommitResult::kCommitted});
  differs(participant_input::Detached{1});
}

TEST(StateText, TellsTimesRelativeToItsNowInWholeGrains) {
  StateText one(Time{5}, kGrain);
  StateText other(Time{105}, kGrain);
  EXPECT_EQ(one.AddTime("due", Time{10}).AddTime("none", Time::Never()).Take(),
            other.AddTime("due", Time{300}).AddTime("none", Time::Never()).Take());
  StateText later(Time{5}, kGrain);
  EXPECT_EQ(later.AddTime("due", Time{5} + kGrain + kGrain).Take(), "due=2 ");
}

}  // namespace
}  // namespace assent
