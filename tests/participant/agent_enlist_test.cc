// Calls that work for a transaction, through the agent and the embedded store, against the real
// assentd.
#include <sys/wait.h>

#include <csignal>

#include "gmock/gmock.h"
#include "runtime/errors.h"
#include "tests/participant/agent_testing.h"

namespace assent {
namespace {

using testing::Daemon;
using ::testing::HasSubstr;

class AgentEnlist : public ::testing::Test {
 protected:
  AgentEnlist() : store_(NewStoreIn(directory_ / "store")) {
    daemon_.Start();
    client_ = std::make_unique<Client>(ClientOf(daemon_));
    agent_ = std::make_unique<TestedAgent>("wallet", std::vector<std::string>{daemon_.address()},
                                           &store_);
    agent_->options()->hung_after = std::chrono::milliseconds(50);
    agent_->StartAttached();
  }

  // A transaction that calls carry.
  Transaction Begin() {
    Transaction transaction = client_->Begin();
    grpc::ClientContext context;
    transaction.Join(&context);
    return transaction;
  }
  // The coordinator is there, but does nothing until SIGCONT.
  void Freeze() {
    daemon_.process().Signal(SIGSTOP);
    siginfo_t stopped;
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(daemon_.process().pid()), &stopped, WSTOPPED), 0);
  }
  Agent& agent() { return *agent_->operator->(); }
  // The work of one call, from its beginning to its answer.
  grpc::Status Call(const std::string& id) {
    Enlistment work = agent().Enlist(id);
    if (!work.ok()) return work.ToStatus();
    const StoreResult added = store_.Branch(work.transaction()).Add("a", 1);
    if (!added.ok()) return {grpc::StatusCode::FAILED_PRECONDITION, added.text};
    return work.Wait(kPatience);
  }

  testing::TemporaryDirectory directory_;
  Daemon daemon_;
  std::unique_ptr<Client> client_;
  KeyValueStore store_;
  std::unique_ptr<TestedAgent> agent_;
};

TEST_F(AgentEnlist, CommitsTheWorkOfAllCallsWithTheirTransaction) {
  Transaction transaction = Begin();
  EXPECT_TRUE(Call(transaction.id()).ok());
  EXPECT_TRUE(Call(transaction.id()).ok());
  EXPECT_EQ(store_.ReadCommitted("a").value, std::nullopt);
  EXPECT_EQ(transaction.Commit().outcome, Outcome::kCommitted);
  EXPECT_EQ(store_.ReadCommitted("a").value, "2");
}

// R6: what a call still does would be left out.
TEST_F(AgentEnlist, VotesNoWhileACallOfTheBranchIsRunning) {
  Transaction transaction = Begin();
  Enlistment running = agent().Enlist(transaction.id());
  ASSERT_TRUE(running.ok()) << running.text();
  ASSERT_TRUE(running.Wait(kPatience).ok());
  const CommitReport report = transaction.Commit();
  EXPECT_EQ(report.outcome, Outcome::kAborted);
  EXPECT_EQ(report.abort_reason, AbortReason::kVotedNo);
  EXPECT_THAT(report.text, HasSubstr("still running"));
}

TEST_F(AgentEnlist, RefusesACallOfATransactionThatIsOver) {
  Transaction transaction = Begin();
  const std::string id = transaction.id();
  ASSERT_TRUE(Call(id).ok());
  ASSERT_EQ(transaction.Commit().outcome, Outcome::kCommitted);
  EXPECT_EQ(ReasonOf(Call(id)), NameOf(Reason::kBranchNotActive));
  EXPECT_EQ(ReasonOf(Call("no id")), NameOf(Reason::kMalformedTransactionId));
  EXPECT_EQ(store_.ReadCommitted("a").value, "1");
}

TEST_F(AgentEnlist, RefusesACallWhoseCoordinatorIsAwayAndSaysHowLong) {
  const Transaction transaction = Begin();
  daemon_.Kill();
  agent_->log()->Await("link to the coordinator at " + daemon_.address() + " ended");
  const Enlistment work = agent().Enlist(transaction.id());
  EXPECT_EQ(work.reason(), Reason::kNotAttached);
  EXPECT_THAT(work.text(), HasSubstr("try again"));
  agent_->log()->Await("not attached to the coordinator at " + daemon_.address() + " for ", 2);
}

TEST_F(AgentEnlist, GivesUpOnAnAcknowledgementThatDoesNotComeInTime) {
  const Transaction transaction = Begin();
  Freeze();
  Enlistment work = agent().Enlist(transaction.id());
  ASSERT_TRUE(work.ok()) << "the work may go on meanwhile";
  EXPECT_EQ(work.Wait(std::chrono::milliseconds(50)).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  daemon_.process().Signal(SIGCONT);
  EXPECT_TRUE(work.Wait(kPatience).ok());
}

TEST_F(AgentEnlist, AConflictIsANoThatNamesTheKeyAndItsHolder) {
  Transaction holder = Begin();
  ASSERT_TRUE(Call(holder.id()).ok());
  const CommitReport report = CommitOne(daemon_, "wallet", Operations().Add("a", 5));
  EXPECT_EQ(report.outcome, Outcome::kAborted);
  EXPECT_EQ(report.abort_reason, AbortReason::kVotedNo);
  EXPECT_EQ(report.text, "key 'a' is locked by " + holder.id());
  EXPECT_EQ(holder.Commit().outcome, Outcome::kCommitted);
  EXPECT_EQ(store_.ReadCommitted("a").value, "1");
}

// An aborted, a timed-out and a lost transaction leave no lock behind.
TEST_F(AgentEnlist, ReleasesTheLocksOfWhatEndsWithoutACommit) {
  {
    Transaction dropped = Begin();
    ASSERT_TRUE(Call(dropped.id()).ok());
  }
  Transaction aborted = Begin();
  const std::string id = aborted.id();
  aborted.Abort();
  EXPECT_FALSE(Call(id).ok());
  Transaction lost = Begin();
  while (!Call(lost.id()).ok()) {  // until the one that was dropped has let go
    lost = Begin();
  }
  daemon_.Restart();
  ASSERT_TRUE(agent().WaitUntilAttached(kPatience));
  while (CommitOne(daemon_, "wallet", Operations().Add("a", 1)).outcome != Outcome::kCommitted) {
  }
  EXPECT_EQ(store_.ReadCommitted("a").value, "1");
}

TEST_F(AgentEnlist, AHandleMayOutliveItsAgent) {
  Transaction transaction = Begin();
  Freeze();  // the enlistment stays unanswered
  Enlistment work = agent().Enlist(transaction.id());
  ASSERT_TRUE(work.ok());
  agent_.reset();
  EXPECT_EQ(ReasonOf(work.Wait(kPatience)), NameOf(Reason::kDraining));
  work.Finish();
  daemon_.process().Signal(SIGCONT);
}

}  // namespace
}  // namespace assent
