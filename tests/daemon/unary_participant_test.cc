// A participant without our library, in another language: participant.py, dialled by the daemon.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

// participant.py on a unix socket and a database of its own.
class PythonParticipant {
 public:
  explicit PythonParticipant(std::string name) : name_(std::move(name)) {}

  void Start() {
    process_.Start({"/usr/bin/python3", "-B", PARTICIPANT_PY, PYTHON_STUBS, database(), name_,
                    address(), ready_.path()},
                   directory_ / "output");
    ASSERT_EQ(ready_.Await(process_), "ready") << ReadFile(directory_ / "output");
  }
  void Kill() {
    process_.Signal(SIGKILL);
    process_.WaitForExit();
  }
  // A new store under the old name.
  void LoseStore() { std::filesystem::remove(database()); }

  std::string address() const { return "unix:" + (directory_ / "socket"); }
  std::string database() const { return directory_ / "database"; }
  std::string Query(const std::string& query) const {
    std::string output;
    EXPECT_EQ(RunToEnd({"/usr/bin/python3", "-c",
                        "import sqlite3, sys\n"
                        "rows = sqlite3.connect(sys.argv[1]).execute(sys.argv[2])\n"
                        "print(rows.fetchone()[0], end='')",
                        database(), query},
                       &output),
              0)
        << output;
    return output;
  }
  std::string Balance() const { return Query("SELECT amount FROM accounts"); }
  std::string Prepared() const { return Query("SELECT count(*) FROM prepared"); }

 private:
  const std::string name_;
  TemporaryDirectory directory_;
  ReadyFile ready_{directory_ / "ready"};
  Process process_;
};

class UnaryParticipants : public ::testing::Test {
 protected:
  UnaryParticipants() {
    std::ofstream(daemon_.directory() / "config.toml")
        << "[participants.accounts]\naddress = \"" << accounts_.address() << "\"\n";
    accounts_.Start();
    StartDaemon();
  }

  void StartDaemon() {
    daemon_.Start({"--config", daemon_.directory() / "config.toml"});
    initiator_ = std::make_unique<Initiator>(daemon_.address());
    AwaitAttached(0);
  }

  // Until the daemon has found the participant in a higher incarnation than that.
  void AwaitAttached(std::uint64_t incarnation) {
    for (;;) {
      const auto listed = initiator_->ListParticipants();
      for (const auto& participant : listed.response.participants()) {
        if (participant.participant() == "accounts" && participant.attached() &&
            participant.incarnation() > incarnation) {
          return;
        }
      }
    }
  }

  v1::TransactionOutcome Pay(const std::string& payload) {
    const auto answer = initiator_->Commit(CommitOf(initiator_->BeginId(), {"accounts"}, payload));
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.response.outcome();
  }

  // Of the one transaction, as operators see it.
  v1::BranchState BranchOfAccounts() {
    const auto listed = initiator_->ListTransactions({});
    for (const auto& branch : listed.response.transactions(0).branches()) {
      if (branch.participant() == "accounts") return branch.state();
    }
    return v1::BRANCH_STATE_UNSPECIFIED;
  }

  // Commits with a second branch that holds its vote back.
  std::future<v1::TransactionOutcome> PayWith(const std::string& payload) {
    return std::async(std::launch::async, [this, payload] {
      return initiator_->Commit(CommitOf(initiator_->BeginId(), {"accounts", "stock"}, payload))
          .response.outcome();
    });
  }

  PythonParticipant accounts_{"accounts"};
  Daemon daemon_{{"--coordinator-id", "bank"}};
  std::unique_ptr<Initiator> initiator_;
};

TEST_F(UnaryParticipants, TakePartInACommit) {
  EXPECT_EQ(Pay("ann -30").outcome(), v1::OUTCOME_COMMITTED);
  EXPECT_EQ(accounts_.Balance(), "70");
  EXPECT_EQ(accounts_.Prepared(), "0");
}

TEST_F(UnaryParticipants, VoteNoWithAText) {
  const v1::TransactionOutcome outcome = Pay("ann -130");
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_VOTED_NO);
  EXPECT_EQ(outcome.text(), "not enough on ann");
  EXPECT_EQ(accounts_.Balance(), "100");
}

TEST_F(UnaryParticipants, ThatFailAPrepareAbortIt) {
  const v1::TransactionOutcome outcome = Pay("no payload of theirs");
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_VOTE_LOST);
}

TEST_F(UnaryParticipants, ThatDieWhilePreparedAreToldTheCommitLater) {
  Agent stock(daemon_.address(), "stock");
  ASSERT_EQ(stock.Attach().reason(), "");
  auto outcome = PayWith("ann -30");
  const v1::Prepare prepare = stock.ReceivePrepare();
  while (BranchOfAccounts() != v1::BRANCH_STATE_PREPARED) continue;
  accounts_.Kill();
  stock.Vote(prepare, v1::VOTE_KIND_YES);
  stock.Acknowledge(stock.ReceiveCommit());
  EXPECT_EQ(accounts_.Prepared(), "1");
  accounts_.Start();
  const v1::TransactionOutcome committed = outcome.get();
  EXPECT_EQ(committed.state(), v1::TRANSACTION_STATE_COMMITTED);
  EXPECT_EQ(accounts_.Prepared(), "0");
  EXPECT_EQ(accounts_.Balance(), "70");
}

TEST_F(UnaryParticipants, ThatHoldAnAbortedBranchAreToldWhenTheyAreListed) {
  Agent stock(daemon_.address(), "stock");
  ASSERT_EQ(stock.Attach().reason(), "");
  auto outcome = PayWith("ann -30");
  stock.ReceivePrepare();
  while (accounts_.Prepared() != "1") continue;
  daemon_.Kill();
  accounts_.Kill();
  outcome.wait();
  accounts_.Start();
  StartDaemon();
  while (accounts_.Prepared() != "0") continue;
  EXPECT_EQ(accounts_.Balance(), "100");
}

TEST_F(UnaryParticipants, WithAnotherStoreGetNothing) {
  EXPECT_EQ(Pay("ann -30").outcome(), v1::OUTCOME_COMMITTED);
  accounts_.Kill();
  accounts_.LoseStore();
  accounts_.Start();
  while (daemon_.Output().find("OTHER_STORE") == std::string::npos) continue;
  const v1::TransactionOutcome outcome = Pay("ann -30");
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_PARTICIPANT_UNAVAILABLE);
  EXPECT_EQ(accounts_.Balance(), "100");
}

}  // namespace
}  // namespace assent::testing
