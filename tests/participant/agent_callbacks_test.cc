// What the agent makes of a user's callbacks that throw or hang, against the real assentd.
#include <functional>
#include <stdexcept>
#include <thread>

#include "gmock/gmock.h"
#include "participant/blocking_resource_manager.h"
#include "tests/participant/agent_testing.h"

namespace assent {
namespace {

using testing::Daemon;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A user's code: counts its calls, and does what it is told in each.
class ToldManager : public BlockingResourceManager {
 public:
  // Told of a call, with its number from 1 on.
  using Hook = std::function<void(int call)>;

  explicit ToldManager(const BlockingResourceManagerOptions& options)
      : BlockingResourceManager(options) {}
  ~ToldManager() override { Stop(); }

  // Before Start.
  Hook on_prepare, on_commit, on_abort;

  // Blocks until each was called so often.
  void AwaitCalls(int prepares, int commits, int aborts) {
    EXPECT_TRUE(watched_.Await([&] {
      return prepares_ >= prepares && commits_ >= commits && aborts_ >= aborts;
    })) << prepares_
        << " " << commits_ << " " << aborts_;
  }

 protected:
  PrepareResult Prepare(const TransactionId&, const std::optional<std::string>&) override {
    Call(&prepares_, on_prepare);
    return {VoteKind::kYes, ""};
  }
  CommitResult Commit(const TransactionId&) override {
    Call(&commits_, on_commit);
    return CommitResult::kCommitted;
  }
  bool Abort(const TransactionId&) override {
    Call(&aborts_, on_abort);
    return true;
  }
  std::vector<TransactionId> ListPrepared() override { return {}; }

 private:
  void Call(int* count, const Hook& hook) {
    int call = 0;
    watched_.Update([&] { call = ++*count; });
    if (hook) hook(call);
  }

  Watched watched_;
  int prepares_ = 0;
  int commits_ = 0;
  int aborts_ = 0;
};

// What a callback hangs on.
class Gate {
 public:
  ~Gate() { Open(); }
  void Open() {
    watched_.Update([this] { open_ = true; });
  }
  void Pass() {
    EXPECT_TRUE(watched_.Await([this] { return open_; }));
  }

 private:
  Watched watched_;
  bool open_ = false;
};

class AgentCallbacks : public ::testing::Test {
 protected:
  AgentCallbacks() {
    daemon_.Start();
    BlockingResourceManagerOptions options;
    options.state.directory = directory_ / "agent";
    EXPECT_EQ(AgentState::Create(options.state, DrawStoreId()), "");
    manager_ = std::make_unique<ToldManager>(options);
    agent_ = std::make_unique<TestedAgent>("till", std::vector<std::string>{daemon_.address()},
                                           manager_.get());
    agent_->options()->hung_after = std::chrono::milliseconds(100);
  }

  CommitReport Commit() { return CommitOne(daemon_, "till", Operations()); }

  testing::TemporaryDirectory directory_;
  Daemon daemon_{{"--limits-prepare-timeout", "1s"}};
  std::unique_ptr<ToldManager> manager_;
  std::unique_ptr<TestedAgent> agent_;
};

TEST_F(AgentCallbacks, ThatThrowInPrepareVoteNoWithTheReasonAndAreRolledBack) {
  manager_->on_prepare = [](int) { throw std::runtime_error("the drawer is stuck"); };
  agent_->StartAttached();
  const CommitReport report = Commit();
  EXPECT_EQ(report.outcome, Outcome::kAborted);
  EXPECT_EQ(report.abort_reason, AbortReason::kVotedNo);
  EXPECT_EQ(report.participant, "till");
  EXPECT_EQ(report.text, "the drawer is stuck");
  manager_->AwaitCalls(1, 0, 1);
  const auto lines = agent_->log()->Await("Prepare of " + report.id);
  ASSERT_THAT(lines, ::testing::Not(IsEmpty()));
  EXPECT_EQ(lines[0].level, AgentLogLevel::kWarning);
}

TEST_F(AgentCallbacks, ThatThrowInCommitAreAskedAgainUntilTheyHaveCommitted) {
  manager_->on_commit = [](int call) {
    if (call < 3) throw std::runtime_error("no connection");
  };
  agent_->StartAttached();
  const CommitReport report = Commit();
  EXPECT_EQ(report.outcome, Outcome::kCommitted);
  EXPECT_THAT(report.unfinished, IsEmpty());
  manager_->AwaitCalls(1, 3, 0);
  agent_->log()->Await("Commit of " + report.id + " threw an exception: no connection", 2);
}

TEST_F(AgentCallbacks, ThatThrowInAbortAreAskedAgainUntilTheyHaveAborted) {
  manager_->on_prepare = [](int) { throw std::runtime_error("the drawer is stuck"); };
  manager_->on_abort = [](int call) {
    if (call < 4) throw std::runtime_error("no connection");
  };
  agent_->StartAttached();
  EXPECT_EQ(Commit().outcome, Outcome::kAborted);
  manager_->AwaitCalls(1, 0, 4);
  agent_->log()->Await("threw an exception: no connection", 3);
}

TEST_F(AgentCallbacks, ThatHangInPrepareAreNoYesAreSeenAndEndNobodyElsesWork) {
  Gate gate;
  manager_->on_prepare = [&gate](int call) {
    if (call == 1) gate.Pass();
  };
  agent_->StartAttached();
  const CommitReport report = Commit();
  EXPECT_EQ(report.outcome, Outcome::kAborted);
  EXPECT_EQ(report.abort_reason, AbortReason::kPrepareTimedOut);
  agent_->log()->Await("the resource manager has been at " + report.id);
  const auto hung = (*agent_)->RunningAtLeast(std::chrono::milliseconds(100));
  ASSERT_THAT(hung, SizeIs(1));
  EXPECT_EQ(hung[0].id, report.id);
  EXPECT_EQ(hung[0].state, LocalBranchState::kPreparing);
  EXPECT_EQ((*agent_)->counts().prepared, 0U);
  EXPECT_EQ(Commit().outcome, Outcome::kCommitted) << "the hung one has its own worker";
  // A yes that comes too late is rolled back.
  gate.Open();
  manager_->AwaitCalls(2, 1, 1);
}

TEST_F(AgentCallbacks, ThatHangDoNotHangAStopWithATimeLimit) {
  Gate gate;
  manager_->on_prepare = [&gate](int) { gate.Pass(); };
  agent_->StartAttached();
  std::thread initiator([this] {
    const CommitReport report = Commit();
    EXPECT_EQ(report.outcome, Outcome::kAborted);
  });
  manager_->AwaitCalls(1, 0, 0);
  EXPECT_FALSE((*agent_)->StopWithin(std::chrono::milliseconds(50)));
  EXPECT_FALSE((*agent_)->attached());
  // The coordinator has noticed: what hangs does not hold it up.
  initiator.join();
  EXPECT_FALSE((*agent_)->StopWithin(std::chrono::milliseconds(0)));
  gate.Open();
  EXPECT_TRUE((*agent_)->StopWithin(kPatience));
  EXPECT_TRUE((*agent_)->StopWithin(std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace assent
