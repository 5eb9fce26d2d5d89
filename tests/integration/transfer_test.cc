// Transfers between two real participants under a real coordinator: what is committed is done at
// both, what is aborted at none, whoever is killed meanwhile.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/prng.h"
#include "runtime/errors.h"
#include "runtime/mutex.h"
#include "tests/integration/bank_world.h"
#include "tests/support/test_scale.h"

namespace assent::testing {
namespace {

constexpr std::int64_t kTotal = kAccounts * kFunds;
constexpr int kInFlight = 32;
constexpr int kSuperseded = 7;  // assentd's exit code

// Commits many transfers at a time and keeps what became of each.
class Transfers {
 public:
  explicit Transfers(BankWorld* world) : world_(world) {}

  // Begins one more; waits while kInFlight are under way.
  void Next() {
    const std::int64_t amount = 1 + next_ % 7;
    Transaction transaction = world_->NewTransfer(next_, amount);
    ++next_;
    ASSERT_TRUE(transaction.valid()) << transaction.error_text();
    {
      MutexLock lock(&mutex_);
      while (under_way_ >= kInFlight) changed_.Wait(&mutex_);
      ++under_way_;
      amounts_[transaction.id()] = amount;
    }
    transaction.CommitAsync([this](CommitReport report) {
      MutexLock lock(&mutex_);
      --under_way_;
      reports_.push_back(std::move(report));
      changed_.NotifyAll();
    });
  }

  // Waits for all, asks again about what is unknown, and gives the sum of what was committed.
  std::int64_t Finish() {
    {
      MutexLock lock(&mutex_);
      while (under_way_ > 0) changed_.Wait(&mutex_);
    }
    std::int64_t sum = 0;
    EXPECT_EQ(reports_.size(), amounts_.size());
    for (CommitReport& report : reports_) {
      if (report.outcome == Outcome::kUnknown) report = world_->client().Get(report.id);
      EXPECT_NE(report.outcome, Outcome::kUnknown) << report.id << ": " << report.error_text;
      if (report.outcome == Outcome::kCommitted) {
        sum += amounts_.at(report.id);
        ++committed_;
      }
    }
    return sum;
  }

  int committed() const { return committed_; }

 private:
  BankWorld* const world_;
  int next_ = 0;
  int committed_ = 0;
  Mutex mutex_;
  CondVar changed_;
  int under_way_ = 0;
  std::map<std::string, std::int64_t> amounts_;
  std::vector<CommitReport> reports_;
};

class Transfer : public ::testing::Test {
 protected:
  Transfer() { world_.AwaitAttached(); }
  ~Transfer() override {
    if (HasFailure()) ADD_FAILURE() << world_.Output();
  }

  void ExpectMoved(std::int64_t amount) {
    world_.AwaitSettled();
    EXPECT_EQ(world_.Balance(BankWorld::kDebit), kTotal - amount);
    EXPECT_EQ(world_.Balance(BankWorld::kCredit), kTotal + amount);
  }

  // `disturb` is called now and then, while transfers are under way.
  template <class Disturb>
  void RunDisturbed(const Disturb& disturb) {
    const int rounds = Scaled(4);
    Prng prng(20);
    Transfers transfers(&world_);
    for (int round = 0; round < rounds; ++round) {
      const int before = kInFlight + static_cast<int>(prng.Below(100));
      for (int i = 0; i < before; ++i) transfers.Next();
      disturb(round);
    }
    for (int i = 0; i < kInFlight; ++i) transfers.Next();
    ExpectMoved(transfers.Finish());
    EXPECT_GT(transfers.committed(), 0);
  }

  BankWorld world_;
};

TEST_F(Transfer, MovesTheAmountAtBothOrAtNone) {
  const CommitReport report = world_.NewTransfer(0, 10).Commit();
  EXPECT_EQ(report.outcome, Outcome::kCommitted) << report.text << report.error_text;
  EXPECT_TRUE(report.unfinished.empty());
  ExpectMoved(10);
}

TEST_F(Transfer, ThatOneRefusesAbortsAtBothAndNamesWhoAndWhy) {
  const CommitReport report = world_.NewTransfer(0, kFunds + 1).Commit();
  EXPECT_EQ(report.outcome, Outcome::kAborted);
  EXPECT_EQ(report.abort_reason, AbortReason::kVotedNo);
  EXPECT_EQ(report.participant, "debit");
  EXPECT_NE(report.text, "");
  ExpectMoved(0);
}

TEST_F(Transfer, ByCallsThatCarryTheTransactionCommitsTheirWork) {
  Transaction transaction = world_.client().Begin();
  for (const int node : {BankWorld::kDebit, BankWorld::kCredit}) {
    grpc::ClientContext context;
    transaction.Join(&context);
    assent_test::AddRequest request;
    request.set_account("account1");
    request.set_delta(node == BankWorld::kDebit ? -25 : 25);
    assent_test::AddResponse response;
    const grpc::Status status = world_.bank(node).Add(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.balance(), kFunds + request.delta());
  }
  CommitOptions options;
  options.expected_branches = 2;
  const CommitReport report = transaction.Commit(options);
  EXPECT_EQ(report.outcome, Outcome::kCommitted) << report.text << report.error_text;
  ExpectMoved(25);
}

TEST_F(Transfer, ByACallIsRolledBackWithItsTransaction) {
  Transaction transaction = world_.client().Begin();
  grpc::ClientContext context;
  transaction.Join(&context);
  assent_test::AddRequest request;
  request.set_account("account1");
  request.set_delta(25);
  assent_test::AddResponse response;
  ASSERT_TRUE(world_.bank(BankWorld::kCredit).Add(&context, request, &response).ok());
  EXPECT_EQ(transaction.Abort().outcome, Outcome::kAborted);
  ExpectMoved(0);
}

TEST_F(Transfer, ByACallWithoutATransactionIsRefusedWithTheReason) {
  for (const std::string& id :
       {std::string(), std::string("nonsense"), std::string("bank-999-1")}) {
    grpc::ClientContext context;
    if (!id.empty()) context.AddMetadata(kTransactionMetadata, id);
    assent_test::AddResponse response;
    const grpc::Status status = world_.bank(BankWorld::kCredit).Add(&context, {}, &response);
    const std::string expected = id.empty()         ? "NO_TRANSACTION_IN_CALL"
                                 : id == "nonsense" ? "MALFORMED_TRANSACTION_ID"
                                                    : "NOT_ATTACHED";
    EXPECT_EQ(ReasonOf(status), expected) << status.error_message();
  }
}

TEST_F(Transfer, SurvivesTheCoordinatorBeingKilledWithTransfersUnderWay) {
  RunDisturbed([this](int) { world_.RestartCoordinator(); });
}

TEST_F(Transfer, SurvivesAParticipantBeingKilledWithTransfersUnderWay) {
  RunDisturbed([this](int round) { world_.RestartNode(round % 2); });
}

TEST_F(Transfer, IsAnsweredWhenTheCoordinatorStopsInOrder) {
  RunDisturbed([this](int) {
    world_.AwaitAttached();  // before that it might not listen to signals yet
    world_.coordinator().Signal(SIGTERM);
    EXPECT_EQ(world_.coordinator().WaitForExit(), 0);
    world_.StartCoordinator();
  });
}

TEST_F(Transfer, IsAnsweredWhenAParticipantStopsInOrder) {
  RunDisturbed([this](int round) {
    world_.AwaitAttached();  // before that it might not listen to signals yet
    world_.node(round % 2).Signal(SIGTERM);
    EXPECT_EQ(world_.node(round % 2).WaitForExit(), 0);
    world_.StartNode(round % 2);
  });
}

// R3: only what the participants remember can tell, and they remember it over a restart.
TEST_F(Transfer, IsRefusedByACoordinatorOnAnOlderCopyOfItsLog) {
  const std::string log = world_.log_directory();
  const std::string copy = log + ".copy";
  const auto stop = [this] {
    world_.coordinator().Signal(SIGTERM);
    ASSERT_EQ(world_.coordinator().WaitForExit(), 0);
  };
  stop();
  std::filesystem::copy(log, copy, std::filesystem::copy_options::recursive);
  world_.StartCoordinator();
  world_.AwaitAttached();
  ASSERT_EQ(world_.NewTransfer(0, 10).Commit().outcome, Outcome::kCommitted);
  world_.AwaitSettled();
  stop();
  for (const int node : {BankWorld::kDebit, BankWorld::kCredit}) {
    world_.node(node).Signal(SIGTERM);
    ASSERT_EQ(world_.node(node).WaitForExit(), 0);
    world_.StartNode(node);
  }
  std::filesystem::remove_all(log);
  std::filesystem::rename(copy, log);
  world_.StartCoordinator();
  EXPECT_EQ(world_.coordinator().WaitForExit(), kSuperseded);
  world_.StartCoordinator();
  EXPECT_NE(world_.coordinator().WaitForExit(), 0) << "what is marked does not start again";
}

}  // namespace
}  // namespace assent::testing
