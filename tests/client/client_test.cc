// The initiator's library against the real assentd.
#include "client/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/clock.h"
#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent {
namespace {

using testing::Daemon;

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override { daemon_.Start(); }

  ClientOptions Options() const {
    ClientOptions options;
    options.coordinator = daemon_.address();
    options.call_timeout = std::chrono::seconds(60);
    return options;
  }

  Daemon daemon_;
};

TEST_F(ClientTest, CommitsATransactionThatChangesNothing) {
  Client client(Options());
  Transaction transaction = client.Begin();
  ASSERT_TRUE(transaction.valid()) << transaction.error_text();
  const std::string id = transaction.id();
  const CommitReport report = transaction.Commit();
  EXPECT_EQ(report.id, id);
  EXPECT_EQ(report.outcome, Outcome::kCommitted);
  EXPECT_TRUE(report.read_only);
  EXPECT_FALSE(transaction.valid());
}

TEST_F(ClientTest, GivesTheSameAnswerAgainById) {
  Client client(Options());
  const CommitReport first = client.Begin().Commit();
  const CommitReport again = client.Get(first.id);
  EXPECT_EQ(again.outcome, Outcome::kCommitted);
  EXPECT_TRUE(again.read_only);
}

TEST_F(ClientTest, NamesTheParticipantThatIsNotThere) {
  Client client(Options());
  Transaction transaction = client.Begin();
  transaction.Add("nobody", "payload");
  const CommitReport report = transaction.Commit();
  EXPECT_EQ(report.outcome, Outcome::kAborted);
  EXPECT_EQ(report.abort_reason, AbortReason::kParticipantUnavailable);
  EXPECT_EQ(report.participant, "nobody");
}

TEST_F(ClientTest, AbortsATransactionThatIsDropped) {
  Client client(Options());
  std::string id;
  {
    Transaction transaction = client.Begin();
    id = transaction.id();
    grpc::ClientContext context;
    transaction.Join(&context);
  }
  // The abort was sent first, on the same session.
  EXPECT_EQ(client.Get(id).outcome, Outcome::kAborted);
}

TEST_F(ClientTest, AbortsWhenAnotherNumberOfBranchesIsExpected) {
  Client client(Options());
  CommitOptions options;
  options.expected_branches = 2;
  const CommitReport report = client.Begin().Commit(options);
  EXPECT_EQ(report.outcome, Outcome::kAborted);
  EXPECT_EQ(report.abort_reason, AbortReason::kWrongBranchCount);
}

TEST_F(ClientTest, RefusesAnIdThatIsNone) {
  Client client(Options());
  const CommitReport report = client.Get("no id");
  EXPECT_EQ(report.outcome, Outcome::kUnknown);
  EXPECT_EQ(report.error, Reason::kMalformedTransactionId);
}

TEST_F(ClientTest, TellsThatAnIdIsForeign) {
  Client client(Options());
  EXPECT_EQ(client.Get("other-1-1").error, Reason::kForeignTransaction);
}

TEST_F(ClientTest, CommitsManyAtOnce) {
  Client client(Options());
  constexpr int kMany = 2'000;
  std::vector<std::promise<CommitReport>> reports(kMany);
  for (auto& report : reports) {
    Transaction transaction = client.Begin();
    ASSERT_TRUE(transaction.valid()) << transaction.error_text();
    transaction.CommitAsync([&report](CommitReport done) { report.set_value(std::move(done)); });
  }
  for (auto& report : reports) {
    EXPECT_EQ(report.get_future().get().outcome, Outcome::kCommitted);
  }
}

// Whoever asks while the client's thread works does not wake it: nothing may be left lying. With
// one asker nobody else would wake it later, and the test would hang.
TEST_F(ClientTest, AnswersWhatIsAskedWhileItWorks) {
  for (const int count : {1, 8}) {
    Client client(Options());
    std::atomic<int> committed{0};
    std::vector<std::thread> askers;
    for (int t = 0; t < count; ++t) {
      askers.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          if (client.Begin().Commit().outcome == Outcome::kCommitted) ++committed;
        }
      });
    }
    for (std::thread& asker : askers) asker.join();
    EXPECT_EQ(committed, count * 500);
  }
}

TEST_F(ClientTest, AnswersWhatACallbackAsks) {
  Client client(Options());
  std::vector<Transaction> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(client.Begin());
  std::promise<Outcome> last;
  std::function<void(CommitReport)> next = [&](const CommitReport& report) {
    if (waiting.empty() || report.outcome != Outcome::kCommitted) {
      return last.set_value(report.outcome);
    }
    Transaction transaction = std::move(waiting.back());
    waiting.pop_back();
    transaction.CommitAsync(next);
  };
  client.Begin().CommitAsync(next);
  EXPECT_EQ(last.get_future().get(), Outcome::kCommitted);
  EXPECT_TRUE(waiting.empty());
}

// At a coordinator that lets two commits wait for a participant's vote, and that has them.
class OverloadedClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    daemon_.Start();
    client_.emplace(ClientOptions{.coordinator = daemon_.address()});
    stock_.emplace(daemon_.address(), "stock");
    ASSERT_EQ(stock_->Attach().reason(), "");
    for (std::promise<CommitReport>& report : let_in_) {
      Begin({"stock"}).CommitAsync([&report](CommitReport done) { report.set_value(done); });
      prepares_.push_back(stock_->ReceivePrepare());
    }
  }

  Transaction Begin(const std::vector<std::string>& participants) {
    Transaction transaction = client_->Begin();
    EXPECT_TRUE(transaction.valid()) << transaction.error_text();
    for (const std::string& name : participants) transaction.Add(name, "work");
    return transaction;
  }
  std::uint64_t RefusedByTheCoordinator() {
    return testing::Initiator(daemon_.address()).Status().response.transactions().refused();
  }
  std::uint64_t BytesReceivedByTheCoordinator() {
    return testing::Initiator(daemon_.address()).Status().response.traffic().bytes_received();
  }

  // Has one more refused by the coordinator, after which the client refuses by itself for a second.
  void MakeWindow() {
    refused_ = RefusedByTheCoordinator();
    const std::uint64_t before = refused_;
    while (refused_ == before) {
      ASSERT_EQ(Begin({"stock"}).Commit().error, Reason::kTooManyTransactions);
      refused_ = RefusedByTheCoordinator();
    }
  }
  // Does it while such a window holds; again, if the machine was too slow to say so.
  void WhileItRefuses(const std::function<void()>& action) {
    Time holds_until;
    do {
      holds_until = MonotonicNow() + Duration::Seconds(1);
      MakeWindow();
      action();
    } while (MonotonicNow() >= holds_until);
  }

  void FinishWhatWasLetIn() {
    for (const v1::Prepare& prepare : prepares_) stock_->Vote(prepare, v1::VOTE_KIND_YES);
    for (std::size_t n = let_in_.size(); n > 0; --n) stock_->Acknowledge(stock_->ReceiveCommit());
    for (std::promise<CommitReport>& report : let_in_) {
      EXPECT_EQ(report.get_future().get().outcome, Outcome::kCommitted);
    }
  }
  void ExpectThatOneCommits(testing::Agent* stock) {
    std::promise<CommitReport> report;
    Begin({"stock"}).CommitAsync([&report](CommitReport done) { report.set_value(done); });
    stock->Vote(stock->ReceivePrepare(), v1::VOTE_KIND_YES);
    stock->Acknowledge(stock->ReceiveCommit());
    EXPECT_EQ(report.get_future().get().outcome, Outcome::kCommitted);
  }

  Daemon daemon_{{"--limits-max-awaited-branches", "2", "--limits-prepare-timeout", "1h"}};
  std::uint64_t refused_ = 0;  // by the coordinator, until the window was made
  std::vector<v1::Prepare> prepares_;
  std::vector<std::promise<CommitReport>> let_in_{2};  // the client ends what it has not answered
  std::optional<Client> client_;
  std::optional<testing::Agent> stock_;
};

TEST_F(OverloadedClientTest, RefusesWhatComesOnTopWithoutAskingTheCoordinator) {
  CommitReport report;
  std::uint64_t refused = 0;
  WhileItRefuses([&] {
    report = Begin({"bank", "stock"}).Commit();
    refused = RefusedByTheCoordinator();
  });
  EXPECT_EQ(report.outcome, Outcome::kUnknown);
  EXPECT_EQ(report.error, Reason::kTooManyTransactions);
  EXPECT_EQ(report.participant, "stock");
  EXPECT_NE(report.error_text.find("of this client"), std::string::npos) << report.error_text;
  EXPECT_EQ(refused, refused_);
}

// Who tries again at once would keep a processor busy with nothing else.
TEST_F(OverloadedClientTest, TellsARefusalAfterFiveMilliseconds) {
  CommitReport report;
  Duration taken;
  WhileItRefuses([&] {
    const Time begun = MonotonicNow();
    report = Begin({"stock"}).Commit();
    taken = MonotonicNow() - begun;
  });
  EXPECT_NE(report.error_text.find("of this client"), std::string::npos) << report.error_text;
  EXPECT_GE(taken, Duration::Millis(5));
}

TEST_F(OverloadedClientTest, RefusesWithinTheTimeThatItHas) {
  CommitOptions options;
  options.timeout = std::chrono::milliseconds(1);
  Reason error = Reason::kNone;
  WhileItRefuses([&] { error = Begin({"stock"}).Commit(options).error; });
  EXPECT_EQ(error, Reason::kTooManyTransactions);
}

TEST_F(OverloadedClientTest, TellsRefusalsWhenItEnds) {
  Transaction second = Begin({"stock"});
  std::promise<void> asked;
  std::promise<CommitReport> report;
  Begin({"stock"}).CommitAsync([&](const CommitReport&) {  // in the turn that makes the window
    second.CommitAsync([&report](CommitReport done) { report.set_value(done); });
    asked.set_value();
  });
  asked.get_future().wait();
  client_.reset();
  const std::string text = report.get_future().get().error_text;
  EXPECT_NE(text.find("of this client"), std::string::npos) << text;
}

// Else they would be out until their block's end, and hold up what waits for older ids.
TEST_F(OverloadedClientTest, GivesBackTheIdsOfWhatItHasRefusedTogether) {
  std::vector<std::string> ids;
  std::optional<Transaction> kept;
  std::uint64_t bytes = 0;
  WhileItRefuses([&] {
    std::vector<Transaction> transactions;  // more than an Abort names
    for (std::uint32_t i = 0; i <= kMaxFollowing + 200; ++i)
      transactions.push_back(Begin({"stock"}));
    kept = std::move(transactions[50]);
    transactions.erase(transactions.begin() + 50);
    std::vector<std::promise<CommitReport>> refused(transactions.size());
    const std::uint64_t before = BytesReceivedByTheCoordinator();
    for (std::size_t i = 0; i < transactions.size(); ++i) {
      transactions[i].CommitAsync([&refused, i](CommitReport done) { refused[i].set_value(done); });
    }
    ids.clear();
    for (auto& report : refused) ids.push_back(report.get_future().get().id);
    bytes = BytesReceivedByTheCoordinator() - before;
  });
  EXPECT_LT(bytes, 2 * ids.size()) << "no message for each";
  for (const std::string& id : ids) ASSERT_EQ(client_->Get(id).outcome, Outcome::kAborted) << id;
  EXPECT_EQ(client_->Get(kept->id()).outcome, Outcome::kUnknown) << "it may still be asked for";
}

TEST_F(OverloadedClientTest, AsksForWhatDoesNotListThatParticipant) {
  MakeWindow();
  EXPECT_EQ(Begin({"bank"}).Commit().abort_reason, AbortReason::kParticipantUnavailable);
  EXPECT_EQ(Begin({}).Commit().outcome, Outcome::kCommitted);
}

// A service may have worked on it.
TEST_F(OverloadedClientTest, AsksForWhatWasJoinedOrExpectsBranches) {
  MakeWindow();
  Transaction joined = Begin({"stock"});
  grpc::ClientContext context;
  joined.Join(&context);
  EXPECT_EQ(joined.Commit().error, Reason::kTooManyTransactions);
  EXPECT_EQ(RefusedByTheCoordinator(), refused_ + 1);
  CommitOptions options;
  options.expected_branches = 2;
  EXPECT_EQ(Begin({"stock"}).Commit(options).error, Reason::kTooManyTransactions);
  EXPECT_EQ(RefusedByTheCoordinator(), refused_ + 2);
}

// A mistake of one caller does not shut out the others: it is under way when the window is made.
TEST_F(OverloadedClientTest, GoesOnAfterACommitThatListsAParticipantTwice) {
  Transaction refused = Begin({"stock"});
  Transaction mistaken = Begin({"stock", "stock"});
  std::promise<CommitReport> first;
  std::promise<CommitReport> second;
  Begin({}).CommitAsync([&](const CommitReport&) {  // so that both are sent at once
    refused.CommitAsync([&first](CommitReport done) { first.set_value(done); });
    mistaken.CommitAsync([&second](CommitReport done) { second.set_value(done); });
  });
  EXPECT_EQ(first.get_future().get().error, Reason::kTooManyTransactions);
  EXPECT_EQ(second.get_future().get().error, Reason::kDuplicateParticipant);
  FinishWhatWasLetIn();
  ExpectThatOneCommits(&*stock_);
}

TEST_F(OverloadedClientTest, AsksAgainOnceWhatWasLetInHasEnded) {
  MakeWindow();
  FinishWhatWasLetIn();
  ExpectThatOneCommits(&*stock_);
}

TEST_F(OverloadedClientTest, AsksAnyCoordinatorThatComesAfterThatOne) {
  MakeWindow();
  daemon_.Restart();
  testing::Agent stock(daemon_.address(), "stock", 'a', 2, 2);
  ASSERT_EQ(stock.Attach().reason(), "");
  for (auto& report : let_in_) {
    EXPECT_EQ(report.get_future().get().outcome, Outcome::kAborted) << "the life before has ended";
  }
  ExpectThatOneCommits(&stock);
}

TEST_F(ClientTest, AsksAgainAfterTheCoordinatorWasKilled) {
  Client client(Options());
  Transaction before = client.Begin();
  const std::string id = before.id();
  daemon_.Kill();
  std::promise<CommitReport> report;
  before.CommitAsync([&report](CommitReport done) { report.set_value(std::move(done)); });
  daemon_.Start();
  // The id was of the life before, and nothing of it was written: it is aborted for good.
  EXPECT_EQ(report.get_future().get().outcome, Outcome::kAborted);
  EXPECT_EQ(client.Get(id).outcome, Outcome::kAborted);
  EXPECT_EQ(client.Begin().Commit().outcome, Outcome::kCommitted);
}

TEST_F(ClientTest, GivesUpWithUnknownWhenNobodyAnswers) {
  Client client(Options());
  Transaction transaction = client.Begin();
  ASSERT_TRUE(transaction.valid()) << transaction.error_text();
  daemon_.Kill();
  CommitOptions options;
  options.timeout = std::chrono::milliseconds(50);
  const CommitReport report = transaction.Commit(options);
  EXPECT_EQ(report.outcome, Outcome::kUnknown);
  EXPECT_EQ(report.error, Reason::kNotAttached);
}

TEST_F(ClientTest, SaysWhyNoTransactionCanBegin) {
  daemon_.Kill();
  ClientOptions options = Options();
  options.call_timeout = std::chrono::milliseconds(100);
  Client client(options);
  const Transaction transaction = client.Begin();
  EXPECT_FALSE(transaction.valid());
  EXPECT_EQ(transaction.error(), Reason::kNotAttached);
}

TEST_F(ClientTest, EndsCommitsUnderWayAsUnknown) {
  daemon_.Kill();
  std::promise<CommitReport> report;
  Transaction transaction;
  {
    daemon_.Start();
    Client client(Options());
    transaction = client.Begin();
    daemon_.Kill();
    transaction.CommitAsync([&report](CommitReport done) { report.set_value(std::move(done)); });
  }
  EXPECT_EQ(report.get_future().get().outcome, Outcome::kUnknown);
}

TEST_F(ClientTest, TakesAnyTimeout) {
  ClientOptions options = Options();
  options.call_timeout = std::chrono::milliseconds::max();
  options.transaction_timeout = std::chrono::milliseconds::max();
  Client client(options);
  EXPECT_EQ(client.Begin().Commit().outcome, Outcome::kCommitted);
}

TEST_F(ClientTest, LetsACallbackDropATransactionWhileTheClientEnds) {
  bool called = false;
  {
    Client client(Options());
    Transaction first = client.Begin();
    auto second = std::make_shared<Transaction>(client.Begin());
    grpc::ClientContext context;
    second->Join(&context);
    daemon_.Kill();
    first.CommitAsync([second, &called](CommitReport) mutable {
      *second = Transaction();  // aborts it: there is nobody to tell any more
      called = true;
    });
  }
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace assent
