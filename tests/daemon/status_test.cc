// What GetStatus tells, against what was done.
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

class Status : public ::testing::Test {
 protected:
  Status() {
    daemon_.Start({"--coordinator-id", "bank"});
    initiator_.emplace(daemon_.address());
  }

  v1::GetStatusResponse Get() {
    const auto answer = initiator_->Status();
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.response;
  }

  // With one branch that votes yes and acknowledges.
  void CommitOne(Agent* agent) {
    const std::string id = initiator_->BeginId();
    auto commit =
        std::async(std::launch::async, [&] { return initiator_->Commit(CommitOf(id, {"stock"})); });
    agent->Vote(agent->ReceivePrepare(), v1::VOTE_KIND_YES);
    agent->Acknowledge(agent->ReceiveCommit());
    EXPECT_EQ(commit.get().response.outcome().outcome(), v1::OUTCOME_COMMITTED);
  }

  Daemon daemon_;
  std::optional<Initiator> initiator_;
};

TEST_F(Status, TellsTheIdAndTheEpoch) {
  const auto first = Get();
  EXPECT_EQ(first.coordinator_id(), "bank");
  daemon_.Restart();
  initiator_.emplace(daemon_.address());
  EXPECT_EQ(Get().epoch(), first.epoch() + 1);
}

TEST_F(Status, CountsTransactionsAndTheirSyncs) {
  Agent stock(daemon_.address(), "stock");
  ASSERT_EQ(stock.Attach().reason(), "");
  const auto before = Get();
  CommitOne(&stock);
  CommitOne(&stock);
  initiator_->Abort(initiator_->BeginId());
  const auto after = Get();
  EXPECT_EQ(after.transactions().committed() - before.transactions().committed(), 2u);
  EXPECT_EQ(after.transactions().aborted() - before.transactions().aborted(), 1u);
  EXPECT_EQ(after.log().decisions() - before.log().decisions(), 2u);
  EXPECT_EQ(after.log().syncs() - before.log().syncs(), 2u);
  EXPECT_GT(after.log().bytes(), before.log().bytes());
}

TEST_F(Status, CountsEachMessageOnce) {
  const auto before = Get().traffic();
  initiator_->BeginId();
  const auto after = Get().traffic();
  EXPECT_EQ(after.frames_received() - before.frames_received(), 2u);  // Begin, GetStatus
  EXPECT_EQ(after.frames_sent() - before.frames_sent(), 2u);          // their answers
  EXPECT_GT(after.bytes_sent(), before.bytes_sent());
}

TEST_F(Status, CountsFramesOfStreams) {
  const auto before = Get().traffic();
  Agent stock(daemon_.address(), "stock");
  ASSERT_EQ(stock.Attach().reason(), "");
  const auto after = Get().traffic();
  EXPECT_EQ(after.frames_received() - before.frames_received(), 2u);  // Attach, GetStatus
  EXPECT_EQ(after.frames_sent() - before.frames_sent(), 2u);
  EXPECT_GT(after.bytes_received(), before.bytes_received());
}

TEST_F(Status, TellsWhatIsOpen) {
  EXPECT_EQ(Get().open_transactions(), 0u);
  initiator_->BeginId();
  EXPECT_EQ(Get().open_transactions(), 1u);
  EXPECT_EQ(Get().requests_in_flight(), 0u);
}

}  // namespace
}  // namespace assent::testing
