// An initiator's life over unary calls, against the real daemon.
#include <gtest/gtest.h>

#include <cstdint>
#include <future>
#include <limits>
#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

class InitiatorCalls : public ::testing::Test {
 protected:
  InitiatorCalls() {
    daemon_.Start();
    initiator_ = std::make_unique<Initiator>(daemon_.address());
  }

  Daemon daemon_{{"--coordinator-id", "bank", "--limits-max-transaction-timeout", "60s"}};
  std::unique_ptr<Initiator> initiator_;
};

TEST_F(InitiatorCalls, BeginGivesAnIdOfThisCoordinatorAndTheTimeoutThatHolds) {
  const auto begun = initiator_->Begin();
  ASSERT_TRUE(begun.status.ok()) << begun.status.error_message();
  EXPECT_EQ(begun.response.transaction_id(), "bank-1-1");
  EXPECT_EQ(begun.response.timeout_us(), 30'000'000);
  EXPECT_EQ(initiator_->Begin(5'000'000).response.timeout_us(), 5'000'000);
}

TEST_F(InitiatorCalls, BeginCapsAnyTimeoutHoweverLarge) {
  EXPECT_EQ(initiator_->Begin(61'000'000).response.timeout_us(), 60'000'000);
  const auto longest = initiator_->Begin(std::numeric_limits<std::int64_t>::max());
  ASSERT_TRUE(longest.status.ok()) << longest.status.error_message();
  EXPECT_EQ(longest.response.timeout_us(), 60'000'000);
}

TEST_F(InitiatorCalls, CommitWithoutBranchesCommitsReadOnly) {
  const std::string id = initiator_->BeginId();
  for (int repetition = 0; repetition < 2; ++repetition) {
    const auto answer = initiator_->Commit(id);
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_EQ(answer.response.transaction_id(), id);
    EXPECT_EQ(answer.response.outcome().outcome(), v1::OUTCOME_COMMITTED);
    EXPECT_EQ(answer.response.outcome().state(), v1::TRANSACTION_STATE_COMMITTED);
    EXPECT_TRUE(answer.response.outcome().read_only());
  }
}

TEST_F(InitiatorCalls, GetTellsWhereATransactionStands) {
  const std::string id = initiator_->BeginId();
  const auto active = initiator_->Get(id).response.outcome();
  EXPECT_EQ(active.outcome(), v1::OUTCOME_UNKNOWN);
  EXPECT_EQ(active.state(), v1::TRANSACTION_STATE_ACTIVE);
  initiator_->Abort(id);
  const auto aborted = initiator_->Get(id).response.outcome();
  EXPECT_EQ(aborted.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(aborted.abort_reason(), v1::ABORT_REASON_REQUESTED);
}

TEST_F(InitiatorCalls, AbortMayBeRepeatedAndIsFinal) {
  const std::string id = initiator_->BeginId();
  for (int repetition = 0; repetition < 2; ++repetition) {
    const auto answer = initiator_->Abort(id);
    ASSERT_TRUE(answer.status.ok());
    EXPECT_EQ(answer.response.outcome().outcome(), v1::OUTCOME_ABORTED);
  }
  EXPECT_EQ(initiator_->Commit(id).response.outcome().outcome(), v1::OUTCOME_ABORTED);
}

TEST_F(InitiatorCalls, AbortOfACommittedTransactionTellsThatItIsCommitted) {
  const std::string id = initiator_->BeginId();
  initiator_->Commit(id);
  EXPECT_EQ(initiator_->Abort(id).response.outcome().outcome(), v1::OUTCOME_COMMITTED);
}

TEST_F(InitiatorCalls, ATransactionTimesOut) {
  const auto begun = initiator_->Begin(1);
  ASSERT_TRUE(begun.status.ok());
  v1::TransactionOutcome outcome;
  do {
    outcome = initiator_->Get(begun.response.transaction_id()).response.outcome();
  } while (outcome.outcome() == v1::OUTCOME_UNKNOWN);
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_TIMED_OUT);
}

TEST_F(InitiatorCalls, AnIdOfAnEarlierLifeIsAbortedForGood) {
  const std::string id = initiator_->BeginId();
  daemon_.Restart();
  Initiator initiator(daemon_.address());
  EXPECT_EQ(initiator.Get(id).response.outcome().outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(initiator.Commit(id).response.outcome().outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(initiator.BeginId(), "bank-2-1");
}

// Nobody waits for it any more, so it takes no place any more, though the transaction goes on.
TEST(CancelledCall, TakesNoPlaceAmongTheRequestsInFlight) {
  Daemon daemon({"--limits-max-requests-in-flight", "1", "--limits-prepare-timeout", "1h"});
  daemon.Start();
  Initiator initiator(daemon.address());
  Agent stock(daemon.address(), "stock");
  ASSERT_EQ(stock.Attach().reason(), "");
  const std::string id = initiator.BeginId();
  const auto stub = v1::TransactionService::NewStub(Connect(daemon.address()));
  grpc::ClientContext context;
  Prepare(&context);
  auto commit = std::async(std::launch::async, [&] {
    v1::CommitTransactionResponse response;
    return stub->CommitTransaction(&context, CommitOf(id, {"stock"}), &response);
  });
  const v1::Prepare prepare = stock.ReceivePrepare();
  EXPECT_EQ(initiator.Get(id).reason, "TOO_MANY_REQUESTS");
  context.TryCancel();
  EXPECT_EQ(commit.get().error_code(), grpc::StatusCode::CANCELLED);
  auto answer = initiator.Get(id);
  while (answer.reason == "TOO_MANY_REQUESTS") answer = initiator.Get(id);
  EXPECT_EQ(answer.response.outcome().state(), v1::TRANSACTION_STATE_PREPARING);
  stock.Vote(prepare, v1::VOTE_KIND_YES);
  stock.Acknowledge(stock.ReceiveCommit());
  while (initiator.Get(id).response.outcome().state() != v1::TRANSACTION_STATE_COMMITTED) continue;
}

TEST_F(InitiatorCalls, OperatorsSeeTransactionsPageByPage) {
  for (int i = 0; i < 3; ++i) initiator_->BeginId();
  v1::ListTransactionsRequest request;
  request.set_page_size(2);
  const auto first = initiator_->ListTransactions(request);
  ASSERT_EQ(first.response.transactions_size(), 2);
  EXPECT_EQ(first.response.transactions(0).transaction_id(), "bank-1-1");
  request.set_page_token(first.response.next_page_token());
  const auto second = initiator_->ListTransactions(request);
  ASSERT_EQ(second.response.transactions_size(), 1);
  EXPECT_EQ(second.response.transactions(0).transaction_id(), "bank-1-3");
  EXPECT_EQ(second.response.next_page_token(), "");
}

}  // namespace
}  // namespace assent::testing
