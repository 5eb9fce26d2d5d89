// The log's disk fails under the real daemon: strace makes its syncs fail.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include "coordinator/options.h"
#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

// Calls of one kind fail on the log of a daemon that runs, from the constructor on.
class FailingCalls {
 public:
  FailingCalls(Daemon* victim, const std::string& calls) : attached_(directory_ / "told") {
    Arguments command = {"strace", "-f",
                         "-p",     std::to_string(victim->process().pid()),
                         "-o",     directory_ / "trace",
                         "-e",     "trace=" + calls,
                         "-e",     "inject=" + calls + ":error=EIO"};
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(victim->data_directory())) {
      if (file.path().extension() == ".log") command.insert(command.end(), {"-P", file.path()});
    }
    strace_.Start(command, attached_.path());
    told_ = attached_.Await(strace_);
  }
  // "strace: Process 7 attached ...", or why not.
  bool attached() const { return told_.find("attached") != std::string::npos; }
  const std::string& told() const { return told_; }

 private:
  TemporaryDirectory directory_;
  ReadyFile attached_;
  Process strace_;
  std::string told_;
};

// Commits; both agents vote yes and acknowledge what they are told.
v1::TransactionOutcome CommitWith(Initiator* initiator, const std::string& id, Agent* stock,
                                  bool expect_decision) {
  auto commit =
      std::async(std::launch::async, [&] { return initiator->Commit(CommitOf(id, {"stock"})); });
  stock->Vote(stock->ReceivePrepare(), v1::VOTE_KIND_YES);
  if (expect_decision) stock->Acknowledge(stock->ReceiveCommit());
  const auto answer = commit.get();
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  return answer.response.outcome();
}

class LogFailure : public ::testing::TestWithParam<const char*> {};

TEST_P(LogFailure, IsToldAsUnknownEndsTheDaemonAndLosesNothing) {
  std::string version;
  if (RunToEnd({"strace", "-V"}, &version) != 0) GTEST_SKIP() << "strace is not installed";
  // For the daemon: the leak check of a build with the address sanitizer cannot run while traced.
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  Daemon daemon;
  daemon.Start();
  auto initiator = std::make_unique<Initiator>(daemon.address());
  auto stock = std::make_unique<Agent>(daemon.address(), "stock");
  ASSERT_EQ(stock->Attach().reason(), "");
  const std::string kept = initiator->BeginId();
  ASSERT_EQ(CommitWith(initiator.get(), kept, stock.get(), true).outcome(), v1::OUTCOME_COMMITTED);
  const std::string id = initiator->BeginId();
  {
    const FailingCalls failing(&daemon, GetParam());
    if (!failing.attached()) GTEST_SKIP() << "strace may not trace here: " << failing.told();
    EXPECT_EQ(CommitWith(initiator.get(), id, stock.get(), false).outcome(), v1::OUTCOME_UNKNOWN);
    EXPECT_EQ(daemon.process().WaitForExit(), static_cast<int>(ExitCode::kLogFailed))
        << daemon.Output();
  }
  EXPECT_EQ(stock->Receive().message_case(), v1::ToParticipant::MESSAGE_NOT_SET)
      << "nobody is told a decision that may not be durable";

  daemon.Start();
  initiator = std::make_unique<Initiator>(daemon.address());
  EXPECT_EQ(initiator->Get(kept).response.outcome().outcome(), v1::OUTCOME_COMMITTED);
  const v1::Outcome outcome = initiator->Get(id).response.outcome().outcome();
  ASSERT_NE(outcome, v1::OUTCOME_UNKNOWN) << "the next start reads what is there";
  stock = std::make_unique<Agent>(daemon.address(), "stock");
  ASSERT_EQ(stock->Attach().reason(), "");
  EXPECT_EQ(stock->Inquire(1, 2).verdict(),
            outcome == v1::OUTCOME_COMMITTED ? v1::VERDICT_COMMIT : v1::VERDICT_ABORT);
}

INSTANTIATE_TEST_SUITE_P(Calls, LogFailure, ::testing::Values("fdatasync", "write"));

}  // namespace
}  // namespace assent::testing
