// assent transaction: every command in text and JSON, and each of its exit codes.
#include <gtest/gtest.h>

#include <thread>

#include "tests/tools/cli_testing.h"

namespace assent::testing {
namespace {

using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

auto Prints(const std::string& part) { return Field("output", &Ran::output, HasSubstr(part)); }
auto PrintsNo(const std::string& part) {
  return Field("output", &Ran::output, Not(HasSubstr(part)));
}

TEST(CliTransaction, AnOpenOneIsListedAndItsOutcomeIsUnknown) {
  Daemon daemon;
  daemon.Start();
  const std::string id = Initiator(daemon.address()).BeginId();
  EXPECT_THAT(RunAt(daemon, {"transaction", "list"}),
              AllOf(Ends(0, id + "  ACTIVE"), Prints("TRANSACTION")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "list", "-o", "json"}),
              AllOf(Ends(0, "\"transaction_id\":\"" + id + "\""),
                    Prints("\"state\":\"TRANSACTION_STATE_ACTIVE\"")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id}),
              AllOf(Ends(4, "outcome      UNKNOWN"), Prints("state        ACTIVE")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id, "-o", "json"}),
              Ends(4, "\"outcome\":\"OUTCOME_UNKNOWN\""));
}

TEST(CliTransaction, CommitTellsCommittedAndAbortComesTooLate) {
  Daemon daemon;
  daemon.Start();
  const std::string id = Initiator(daemon.address()).BeginId();
  EXPECT_THAT(RunAt(daemon, {"transaction", "commit", id}), Ends(0, "outcome      COMMITTED"));
  EXPECT_THAT(RunAt(daemon, {"transaction", "commit", id, "-o", "json"}),
              Ends(0, "\"outcome\":\"OUTCOME_COMMITTED\""));
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id}), Ends(0, "outcome      COMMITTED"));
  EXPECT_THAT(RunAt(daemon, {"transaction", "abort", id}),
              AllOf(Ends(5, "outcome      COMMITTED"), Prints("too late")));
}

TEST(CliTransaction, AbortTellsAbortedAndCommitDoesNotUndoIt) {
  Daemon daemon;
  daemon.Start();
  const std::string id = Initiator(daemon.address()).BeginId();
  EXPECT_THAT(RunAt(daemon, {"transaction", "abort", id}),
              AllOf(Ends(0, "outcome      ABORTED"), Prints("reason       OPERATOR")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "abort", id, "-o", "json"}),
              Ends(0, "\"abort_reason\":\"ABORT_REASON_OPERATOR\""));
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id}), Ends(3, "outcome      ABORTED"));
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id, "-o", "json"}),
              Ends(3, "\"outcome\":\"OUTCOME_ABORTED\""));
  EXPECT_THAT(RunAt(daemon, {"transaction", "commit", id}), Ends(3, "outcome      ABORTED"));
}

TEST(CliTransaction, ListLeavesOutTheFinishedAndSaysThatThereAreMore) {
  Daemon daemon;
  daemon.Start();
  Initiator initiator(daemon.address());
  const std::string finished = initiator.BeginId();
  EXPECT_TRUE(initiator.Commit(finished).status.ok());
  const std::string open = initiator.BeginId();
  EXPECT_THAT(RunAt(daemon, {"transaction", "list", "--unfinished"}),
              AllOf(Ends(0, open), PrintsNo(finished)));
  EXPECT_THAT(RunAt(daemon, {"transaction", "list", "--limit", "1"}),
              AllOf(Ends(0, finished), PrintsNo(open), Prints("There are more")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "list", "--limit", "2"}),
              AllOf(Ends(0, open), PrintsNo("There are more")));
}

TEST(CliTransaction, ListGoesOnOverPages) {
  Daemon daemon;
  daemon.Start();
  Initiator initiator(daemon.address());
  std::string last;
  for (int i = 0; i < 1001; ++i) last = initiator.BeginId();
  EXPECT_THAT(RunAt(daemon, {"transaction", "list", "--limit", "5000"}),
              AllOf(Ends(0, last + " "), PrintsNo("There are more")));
}

TEST(CliTransaction, AVoteThatDoesNotComeLeavesTheOutcomeUnknownAndATextIsEscaped) {
  Daemon daemon;
  daemon.Start();
  Initiator initiator(daemon.address());
  Agent agent(daemon.address(), "stock");
  agent.Attach();
  const std::string id = initiator.BeginId();
  ASSERT_TRUE(initiator.Enlist(id, "stock").status.ok());
  EXPECT_THAT(RunAt(daemon, {"transaction", "commit", id, "--timeout", "300ms"}),
              AllOf(Ends(4, "outcome      UNKNOWN"), Prints("state        PREPARING")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "list"}), Ends(0, "stock PREPARING"));

  ASSERT_TRUE(agent.Vote(agent.ReceivePrepare(), v1::VOTE_KIND_NO, "\x1b[31mempty"));
  EXPECT_EQ(initiator.Commit(id).response.outcome().outcome(), v1::OUTCOME_ABORTED);
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id}),
              AllOf(Ends(3, "text         \\x1b[31mempty"), Prints("participant  stock"),
                    Prints("reason       VOTED_NO"), PrintsNo("\x1b")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id, "-o", "json"}),
              AllOf(Ends(3, "\\u001b[31mempty"), PrintsNo("\x1b")));
}

TEST(CliTransaction, ACommitThatIsNotAcknowledgedNamesWhoIsWaitedFor) {
  Daemon daemon;
  daemon.Start();
  Initiator initiator(daemon.address());
  Agent agent(daemon.address(), "stock");
  agent.Attach();
  const std::string id = initiator.BeginId();
  ASSERT_TRUE(initiator.Enlist(id, "stock").status.ok());
  v1::CommitTransactionRequest request;
  request.set_transaction_id(id);
  request.set_call_timeout_us(1);  // asks, and does not wait
  EXPECT_TRUE(initiator.Commit(request).status.ok());
  ASSERT_TRUE(agent.Vote(agent.ReceivePrepare(), v1::VOTE_KIND_YES));
  agent.ReceiveCommit();
  EXPECT_THAT(RunAt(daemon, {"transaction", "commit", id, "--timeout", "300ms"}),
              AllOf(Ends(0, "outcome      COMMITTED"), Prints("waits for    stock")));
  EXPECT_THAT(RunAt(daemon, {"transaction", "list", "--unfinished"}), Ends(0, "stock COMMITTING"));
}

TEST(CliTransaction, IdsThatCannotBeAreWrongUsage) {
  Daemon daemon;
  daemon.Start();
  for (const char* command : {"show", "commit", "abort"}) {
    EXPECT_THAT(RunAt(daemon, {"transaction", command, "nonsense"}),
                Ends(2, "is not a transaction id"));
    EXPECT_THAT(RunAt(daemon, {"transaction", command, "stranger-1-1"}),
                Ends(2, "FOREIGN_TRANSACTION"));
  }
  std::string id = Initiator(daemon.address()).BeginId();
  EXPECT_THAT(RunAt(daemon, {"transaction", "show", id + "99"}), Ends(2, "FUTURE_TRANSACTION"));
}

TEST(CliTransaction, AnExpiredOutcomeIsRefusedNotGuessed) {
  Daemon daemon({"--limits-max-remembered", "0", "--limits-retention", "0us"});
  daemon.Start();
  Initiator initiator(daemon.address());
  const std::string id = initiator.BeginId();
  EXPECT_TRUE(initiator.Commit(id).status.ok());
  for (const char* command : {"show", "commit", "abort"}) {
    EXPECT_THAT(RunAt(daemon, {"transaction", command, id}), Ends(5, "OUTCOME_EXPIRED"));
  }
}

TEST(CliTransaction, NothingIsAskedOfACoordinatorThatIsNotThere) {
  Daemon daemon;
  daemon.Start();
  const std::string id = Initiator(daemon.address()).BeginId();
  daemon.Kill();
  EXPECT_THAT(RunAt(daemon, {"transaction", "list"}), Ends(6, "no answer from a coordinator"));
  for (const char* command : {"show", "commit", "abort"}) {
    EXPECT_THAT(RunAt(daemon, {"transaction", command, id}), Ends(6, "no answer"));
  }
}

#if defined(ASSENT_CRASH_POINTS)
TEST(CliTransaction, AnAnswerThatIsLostLeavesTheOutcomeUnknown) {
  Daemon daemon;
  ASSERT_TRUE(daemon.TryStart({"--create-log"},
                              {"/usr/bin/env", "ASSENT_CRASH=coordinator.decision.after_write"}));
  Initiator initiator(daemon.address());
  Agent agent(daemon.address(), "stock");
  agent.Attach();
  const std::string id = initiator.BeginId();
  ASSERT_TRUE(initiator.Enlist(id, "stock").status.ok());
  std::thread voter([&] { EXPECT_TRUE(agent.Vote(agent.ReceivePrepare(), v1::VOTE_KIND_YES)); });
  EXPECT_THAT(RunAt(daemon, {"transaction", "commit", id}), Ends(4, "is not known: ask again"));
  voter.join();
  EXPECT_EQ(daemon.process().WaitForExit(), 137);
}
#endif

TEST(CliTransaction, OutputThatCannotBeWrittenIsAnError) {
  Daemon daemon;
  daemon.Start();
  EXPECT_THAT(RunAssent({"transaction", "list", "--address", daemon.address()},
                        {"/bin/sh", "-c", "\"$0\" \"$@\" >/dev/full"}),
              Ends(10, "cannot write to standard output"));
}

}  // namespace
}  // namespace assent::testing
