// The Attach stream, driven by agents that know only the .proto files; and what survives a crash of
// the daemon.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

using CommitAnswer = Answer<v1::CommitTransactionResponse>;

class AttachedAgents : public ::testing::Test {
 protected:
  AttachedAgents() {
    daemon_.Start();
    Reconnect(1);
    id_ = initiator_->BeginId();
  }

  // Both stores in this incarnation.
  void Reconnect(std::uint64_t incarnation) {
    initiator_ = std::make_unique<Initiator>(daemon_.address());
    stock_ = std::make_unique<Agent>(daemon_.address(), "stock", 'a', incarnation);
    till_ = std::make_unique<Agent>(daemon_.address(), "till", 'b', incarnation);
  }

  void AttachBoth() {
    ASSERT_EQ(stock_->Attach().reason(), "");
    ASSERT_EQ(till_->Attach().reason(), "");
  }

  std::future<CommitAnswer> CommitLater() {
    return std::async(std::launch::async, [this] {
      return initiator_->Commit(id_, {"stock", "till"});
    });
  }

  v1::TransactionOutcome Get() { return initiator_->Get(id_).response.outcome(); }

  Daemon daemon_{{"--coordinator-id", "bank"}};
  std::unique_ptr<Initiator> initiator_;
  std::unique_ptr<Agent> stock_;
  std::unique_ptr<Agent> till_;
  std::string id_;
};

TEST_F(AttachedAgents, AreWelcomedWithTheCoordinatorsIdentity) {
  const v1::AttachAnswer answer = stock_->Attach();
  EXPECT_EQ(answer.coordinator_id(), "bank");
  EXPECT_EQ(answer.epoch(), 1U);
  const auto listed = initiator_->ListParticipants().response;
  ASSERT_EQ(listed.participants_size(), 1);
  EXPECT_EQ(listed.participants(0).participant(), "stock");
  EXPECT_EQ(listed.participants(0).store_id(), std::string(32, 'a'));
  EXPECT_TRUE(listed.participants(0).attached());
}

TEST_F(AttachedAgents, ACommitWithTwoBranchesTakesFourMessagesEachWay) {
  AttachBoth();
  auto commit = CommitLater();
  for (Agent* agent : {stock_.get(), till_.get()}) {
    const v1::Prepare prepare = agent->ReceivePrepare();
    EXPECT_EQ(prepare.payload(), "work");
    EXPECT_EQ(prepare.stamp_incarnation(), 1U);
    EXPECT_EQ(prepare.peers_size(), 1);
    agent->Vote(prepare, v1::VOTE_KIND_YES);
  }
  for (Agent* agent : {stock_.get(), till_.get()}) {
    const v1::Commit decision = agent->ReceiveCommit();
    EXPECT_EQ(decision.decision_number(), 1U);
    agent->Acknowledge(decision);
  }
  const v1::TransactionOutcome outcome = commit.get().response.outcome();
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_COMMITTED);
  EXPECT_EQ(outcome.state(), v1::TRANSACTION_STATE_COMMITTED);
  EXPECT_EQ(outcome.unfinished_participants_size(), 0);
  EXPECT_EQ(stock_->sent() + till_->sent(), 4);
  EXPECT_EQ(stock_->received() + till_->received(), 4);
}

TEST_F(AttachedAgents, ANoAbortsEverybodyWithItsReason) {
  AttachBoth();
  auto commit = CommitLater();
  stock_->ReceivePrepare();
  till_->Vote(till_->ReceivePrepare(), v1::VOTE_KIND_NO, "no money");
  const v1::TransactionOutcome outcome = commit.get().response.outcome();
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_VOTED_NO);
  EXPECT_EQ(outcome.participant(), "till");
  EXPECT_EQ(outcome.text(), "no money");
  EXPECT_TRUE(stock_->ReceiveAbort().has_stamp_n());
}

TEST_F(AttachedAgents, ReadOnlyBranchesHearNothingMore) {
  AttachBoth();
  auto commit = CommitLater();
  for (Agent* agent : {stock_.get(), till_.get()}) {
    agent->Vote(agent->ReceivePrepare(), v1::VOTE_KIND_READ_ONLY);
  }
  const v1::TransactionOutcome outcome = commit.get().response.outcome();
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_COMMITTED);
  EXPECT_TRUE(outcome.read_only());
  EXPECT_EQ(stock_->received(), 1);
}

TEST_F(AttachedAgents, AnEndOfTheLinkBeforeTheVoteAborts) {
  AttachBoth();
  auto commit = CommitLater();
  stock_->ReceivePrepare();
  stock_ = nullptr;
  const v1::TransactionOutcome outcome = commit.get().response.outcome();
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_VOTE_LOST);
}

TEST_F(AttachedAgents, EnlistByACallAndAreAnsweredInquiries) {
  AttachBoth();
  v1::FromParticipant message;
  message.mutable_enlist()->set_token(7);
  message.mutable_enlist()->set_transaction_id(id_);
  stock_->Send(message);
  const v1::EnlistAnswer answer = stock_->Receive().enlist_answer();
  EXPECT_EQ(answer.token(), 7U);
  EXPECT_EQ(answer.reason(), "");
  EXPECT_EQ(stock_->Inquire(1, 1).verdict(), v1::VERDICT_WAIT);
  EXPECT_EQ(stock_->Inquire(1, 99).verdict(), v1::VERDICT_REFUSED);
  initiator_->Abort(id_);
  EXPECT_FALSE(stock_->ReceiveAbort().has_stamp_n());
  EXPECT_EQ(stock_->Inquire(1, 1).verdict(), v1::VERDICT_ABORT);
  message.mutable_enlist()->set_transaction_id("other-1-1");
  stock_->Send(message);
  EXPECT_EQ(stock_->Receive().enlist_answer().reason(), "FOREIGN_TRANSACTION");
}

TEST_F(AttachedAgents, EnlistingAfterCommitIsRefused) {
  AttachBoth();
  auto commit = CommitLater();
  stock_->ReceivePrepare();
  EXPECT_EQ(initiator_->Enlist(id_, "stock").reason, "ALREADY_PREPARING");
  initiator_->Abort(id_);
  EXPECT_EQ(commit.get().response.outcome().outcome(), v1::OUTCOME_ABORTED);
}

TEST_F(AttachedAgents, ADecisionSurvivesTheDaemonsDeathAndIsSentAgain) {
  AttachBoth();
  auto commit = CommitLater();
  stock_->Vote(stock_->ReceivePrepare(), v1::VOTE_KIND_YES);
  till_->Vote(till_->ReceivePrepare(), v1::VOTE_KIND_YES);
  ASSERT_EQ(stock_->ReceiveCommit().decision_number(), 1U);
  daemon_.Kill();
  EXPECT_EQ(commit.get().status.error_code(), grpc::StatusCode::UNAVAILABLE);

  daemon_.Start();
  Reconnect(1);
  EXPECT_EQ(Get().outcome(), v1::OUTCOME_COMMITTED);
  EXPECT_EQ(Get().unfinished_participants_size(), 2);
  commit = CommitLater();
  AttachBoth();
  for (Agent* agent : {stock_.get(), till_.get()}) {
    const v1::Commit decision = agent->ReceiveCommit();
    EXPECT_EQ(decision.decision_number(), 1U);
    agent->Acknowledge(decision);
  }
  EXPECT_EQ(commit.get().response.outcome().state(), v1::TRANSACTION_STATE_COMMITTED);
}

TEST_F(AttachedAgents, WhatIsNotDecidedAtTheDaemonsDeathIsAborted) {
  AttachBoth();
  auto commit = CommitLater();
  stock_->Vote(stock_->ReceivePrepare(), v1::VOTE_KIND_YES);
  till_->ReceivePrepare();
  daemon_.Kill();
  EXPECT_EQ(commit.get().status.error_code(), grpc::StatusCode::UNAVAILABLE);

  daemon_.Start();
  Reconnect(1);
  EXPECT_EQ(Get().outcome(), v1::OUTCOME_ABORTED);
  ASSERT_EQ(stock_->Attach().epoch(), 2U);
  EXPECT_EQ(stock_->Inquire(1, 1).verdict(), v1::VERDICT_ABORT);
}

TEST_F(AttachedAgents, ACoordinatorThatAStoreKnowsBetterStops) {
  stock_->attach()->mutable_knowledge()->set_epoch(2);
  EXPECT_EQ(stock_->Attach().reason(), "SUPERSEDED");
  EXPECT_EQ(daemon_.process().WaitForExit(), 7);
  EXPECT_FALSE(daemon_.TryStart({})) << "until an operator has decided";
  EXPECT_EQ(daemon_.process().WaitForExit(), 7);
}

TEST_F(AttachedAgents, AnOperatorGivesANameToAnotherStore) {
  ASSERT_EQ(stock_->Attach().reason(), "");
  EXPECT_TRUE(initiator_->Replace("stock", std::string(32, 'c')).status.ok());
  EXPECT_EQ(stock_->Finish().reason, "OTHER_STORE");
  Agent successor(daemon_.address(), "stock", 'c');
  EXPECT_EQ(successor.Attach().reason(), "");
}

}  // namespace
}  // namespace assent::testing
