// The agent against real coordinators: refusals, a store that fails, and two coordinators at once.
#include "participant/agent.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "participant/memory_store.h"
#include "tests/daemon/clients.h"
#include "tests/participant/agent_testing.h"

namespace assent {
namespace {

using ::testing::AllOf;
using testing::Daemon;
using ::testing::HasSubstr;

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() { daemon_.Start(); }

  std::string Path(const std::string& name) const { return directory_ / name; }

  testing::TemporaryDirectory directory_;
  Daemon daemon_;
};

TEST_F(AgentTest, RefusedWithAnotherStoreSaysSoAsksAgainSlowlyAndLeavesTheStoreAlone) {
  {
    KeyValueStore owner(NewStoreIn(Path("owner")));
    TestedAgent agent("wallet", {daemon_.address()}, &owner);
    agent.StartAttached();
  }
  const KeyValueStoreOptions other = NewStoreIn(Path("other"));
  StoreId id;
  {
    KeyValueStore store(other);
    const StartResult start = store.Start({[](std::vector<ResourceCompletion>) {}, nullptr});
    ASSERT_EQ(start.error, "");
    id = start.recovered.store;
  }
  KeyValueStore store(other);
  TestedAgent agent("wallet", {daemon_.address()}, &store);
  agent.options()->refused_retry = std::chrono::milliseconds(1'500);
  ASSERT_EQ(agent.Start(), "");
  const auto refusals = agent.log()->Await("OTHER_STORE", 2);
  ASSERT_EQ(refusals.size(), 2U);
  EXPECT_EQ(refusals[0].level, AgentLogLevel::kError);
  EXPECT_THAT(refusals[0].text, HasSubstr("let an operator replace the participant"));
  EXPECT_GE(refusals[1].time - refusals[0].time, Duration::Millis(1'500));
  EXPECT_FALSE(agent->attached());
  const AgentCoordinatorStatus status = agent->coordinators()[0];
  EXPECT_EQ(status.refused, Reason::kOtherStore);
  EXPECT_THAT(status.text, HasSubstr("is bound to store"));
  EXPECT_EQ(store.failure(), "");
  // The operator does as told, and it attaches by itself: the store is as good as ever.
  ASSERT_TRUE(testing::Initiator(daemon_.address()).Replace("wallet", id.ToText()).status.ok());
  ASSERT_TRUE(agent->WaitUntilAttached(kPatience));
  EXPECT_EQ(CommitOne(daemon_, "wallet", Operations().Add("a", 1)).outcome, Outcome::kCommitted);
  EXPECT_EQ(store.ReadCommitted("a").value, "1");
}

// Each link would replace the other, as fast as they are dialled.
TEST_F(AgentTest, SaysThatTwoAddressesLeadToOneCoordinatorAndTriesThemSlowly) {
  KeyValueStore store(NewStoreIn(Path("store")));
  TestedAgent agent("wallet", {daemon_.address(), "ipv4:" + daemon_.address()}, &store);
  agent.options()->refused_retry = std::chrono::milliseconds(500);
  ASSERT_EQ(agent.Start(), "");
  const auto refusals = agent.log()->Await("ALREADY_ATTACHED", 3);
  ASSERT_EQ(refusals.size(), 3U);
  EXPECT_THAT(refusals[0].text, HasSubstr("replaced by a newer link of the same participant"));
  EXPECT_THAT(refusals[0].text, HasSubstr("do two addresses lead to it?"));
  EXPECT_GE(refusals[2].time - refusals[0].time, Duration::Millis(500));
}

class CopiedStore : public AgentTest {
 protected:
  CopiedStore() : original_(NewStoreIn(Path("original"))), copy_(StoreIn(Path("copy"))) {}

  // A life of the store: attached, and one transaction.
  void LiveOnce(const KeyValueStoreOptions& options) {
    KeyValueStore store(options);
    TestedAgent agent("wallet", {daemon_.address()}, &store);
    agent.StartAttached();
    EXPECT_EQ(CommitOne(daemon_, "wallet", Operations().Add("a", 1)).outcome, Outcome::kCommitted);
  }
  void Copy() {
    std::filesystem::copy(original_.directory, copy_.directory,
                          std::filesystem::copy_options::recursive);
  }
  // Refused for `reason`, it marks itself; asked to start again, it says so.
  void ExpectThatTheCopyMarksItself(const std::string& reason, const std::string& why) {
    {
      KeyValueStore store(copy_);
      TestedAgent agent("wallet", {daemon_.address()}, &store);
      ASSERT_EQ(agent.Start(), "");
      EXPECT_THAT(agent.AwaitFailure(), AllOf(HasSubstr("is now marked SUPERSEDED"),
                                              HasSubstr(daemon_.address()), HasSubstr(why)));
      agent.log()->Await(reason);
      EXPECT_EQ(agent->coordinators()[0].refused, *ReasonNamed(reason));
    }
    for (int start = 0; start < 3; ++start) {
      KeyValueStore store(copy_);
      TestedAgent agent("wallet", {daemon_.address()}, &store);
      EXPECT_THAT(agent.Start(), AllOf(HasSubstr("SUPERSEDED"), HasSubstr(why),
                                       HasSubstr("Start that one; only if it is gone for good"),
                                       HasSubstr("KeyValueStoreOptions::clear_superseded"),
                                       HasSubstr("replace the participant")));
    }
  }

  const KeyValueStoreOptions original_;
  KeyValueStoreOptions copy_;
};

// R3. Started often enough, it would have had the highest incarnation.
TEST_F(CopiedStore, ThatIsOlderIsRefusedAndMarksItselfForGood) {
  LiveOnce(original_);
  Copy();
  LiveOnce(original_);
  LiveOnce(original_);
  ExpectThatTheCopyMarksItself("STALE_INCARNATION", "has been seen in incarnation 3, this is 2");
  LiveOnce(original_);
}

TEST_F(CopiedStore, ThatRunsBesideItsOriginalIsRefusedAndMarksItself) {
  Copy();
  KeyValueStore store(original_);
  TestedAgent agent("wallet", {daemon_.address()}, &store);
  agent.StartAttached();
  ExpectThatTheCopyMarksItself("SAME_INCARNATION_OTHER_LIFE", "two processes run on copies");
  EXPECT_EQ(CommitOne(daemon_, "wallet", Operations().Add("a", 1)).outcome, Outcome::kCommitted);
}

TEST_F(CopiedStore, ThatAnOperatorHasDecidedForIsUsedAgain) {
  Copy();
  LiveOnce(original_);
  LiveOnce(original_);
  ExpectThatTheCopyMarksItself("STALE_INCARNATION", "older copy");
  testing::Initiator operators(daemon_.address());
  StoreId id;
  copy_.clear_superseded = true;
  {
    KeyValueStore store(copy_);
    const StartResult start = store.Start({[](std::vector<ResourceCompletion>) {}, nullptr});
    ASSERT_EQ(start.error, "");
    id = start.recovered.store;
  }
  copy_.clear_superseded = false;
  ASSERT_TRUE(operators.Replace("wallet", id.ToText()).status.ok());
  LiveOnce(copy_);
}

// R8: what cannot be made durable is never a yes, and nothing is done after it.
TEST_F(AgentTest, WhoseStoreFailsNeverAnswersYesAndStopsForGood) {
  const auto disk = std::make_shared<MemoryStoreDisk>(StoreId{1, 2});
  {
    const auto store = MakeMemoryStore({}, disk);
    TestedAgent agent("wallet", {daemon_.address()}, store.get());
    agent.StartAttached();
    disk->Fail();
    const CommitReport report = CommitOne(daemon_, "wallet", Operations().Put("a", "1"));
    EXPECT_EQ(report.outcome, Outcome::kAborted);
    EXPECT_EQ(report.abort_reason, AbortReason::kVoteLost);
    EXPECT_THAT(agent.AwaitFailure(), HasSubstr("restart the process"));
    agent.log()->Await("this process must exit");
    EXPECT_FALSE(agent->attached());
    EXPECT_EQ(agent->counts().prepared, 0U);
    EXPECT_EQ(agent->coordinators()[0].text, "the agent has stopped");
    EXPECT_FALSE(agent->Enlist(report.id).ok());
  }
  disk->Heal();
  const auto store = MakeMemoryStore({}, disk);
  TestedAgent agent("wallet", {daemon_.address()}, store.get());
  agent.StartAttached();
  EXPECT_EQ(agent->in_doubt(), 0U);
  EXPECT_EQ(CommitOne(daemon_, "wallet", Operations().Put("a", "2")).outcome, Outcome::kCommitted);
}

TEST_F(AgentTest, ReleasesTheLocksOfACoordinatorThatStaysAwayForTheOthers) {
  Daemon other;
  other.Start();
  KeyValueStore store(NewStoreIn(Path("store")));
  TestedAgent agent("wallet", {daemon_.address(), other.address()}, &store);
  agent.options()->drop_after_away = std::chrono::milliseconds(50);
  agent.StartAttached();
  Client client(ClientOf(daemon_));
  Transaction transaction = client.Begin();
  grpc::ClientContext context;
  transaction.Join(&context);
  {
    Enlistment work = agent->Enlist(transaction.id());
    ASSERT_TRUE(work.ok()) << work.text();
    ASSERT_TRUE(store.Branch(work.transaction()).Add("a", 1).ok());
    ASSERT_TRUE(work.Wait(kPatience).ok());
  }
  const auto add = [&] { return CommitOne(other, "wallet", Operations().Add("a", 1)); };
  EXPECT_THAT(add().text, HasSubstr("is locked by"));
  daemon_.Kill();
  agent.log()->Await("dropped " + transaction.id());
  while (agent->counts().aborted < 2) {  // the other's, and this one
  }
  EXPECT_EQ(add().outcome, Outcome::kCommitted);
}

// R3. A power loss may leave a prepared branch and take what was noted of its coordinator.
TEST_F(AgentTest, StopsACoordinatorThatIsOlderThanABranchThatItHasPrepared) {
  Daemon bank({"--coordinator-id", "bank"});
  bank.Start();
  for (const Epoch epoch : {1, 2}) {
    const KeyValueStoreOptions options = NewStoreIn(Path("store" + std::to_string(epoch)));
    {
      KeyValueStore store(options);
      ASSERT_EQ(store.Start({[](std::vector<ResourceCompletion>) {}, nullptr}).error, "");
      const TransactionId id{*CoordinatorId::Parse("bank"), {epoch, 1}};
      store.Submit({PrepareStep{id, Operations().Add("a", 1).Encode(), {}}});
    }
    KeyValueStore store(options);
    TestedAgent agent("wallet" + std::to_string(epoch), {bank.address()}, &store);
    ASSERT_EQ(agent.Start(), "");
    if (epoch == 1) {
      EXPECT_TRUE(agent->WaitUntilAttached(kPatience)) << "it may be the very same life";
    } else {
      agent.log()->Await("SUPERSEDED");
      EXPECT_EQ(bank.process().WaitForExit(), 7);
    }
  }
}

TEST_F(AgentTest, ServesTwoCoordinatorsAndLosesNoneOfThemWithTheOther) {
  Daemon other;
  other.Start();
  KeyValueStore store(NewStoreIn(Path("store")));
  TestedAgent agent("wallet", {daemon_.address(), other.address()}, &store);
  agent.StartAttached();
  const auto add = [](const Daemon& daemon, const std::string& key) {
    return CommitOne(daemon, "wallet", Operations().Add(key, 1).Add("both", 1)).outcome;
  };
  EXPECT_EQ(add(daemon_, "one"), Outcome::kCommitted);
  EXPECT_EQ(add(other, "two"), Outcome::kCommitted);
  daemon_.Kill();
  agent.log()->Await("link to the coordinator at " + daemon_.address() + " ended");
  EXPECT_FALSE(agent->attached());
  EXPECT_EQ(add(other, "two"), Outcome::kCommitted);
  daemon_.Start();
  ASSERT_TRUE(agent->WaitUntilAttached(kPatience));
  EXPECT_EQ(add(daemon_, "one"), Outcome::kCommitted);
  EXPECT_EQ(store.ReadCommitted("one").value, "2");
  EXPECT_EQ(store.ReadCommitted("two").value, "2");
  EXPECT_EQ(store.ReadCommitted("both").value, "4");
  const auto status = agent->coordinators();
  EXPECT_NE(status[0].coordinator, status[1].coordinator);
  EXPECT_EQ(status[0].epoch, 2U);
  EXPECT_EQ(status[1].epoch, 1U);
}

}  // namespace
}  // namespace assent
