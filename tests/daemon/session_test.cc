// The Session stream, as a client without the library sees it.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

class Session {
 public:
  explicit Session(const std::string& address)
      : stub_(v1::TransactionService::NewStub(Connect(address))) {
    Prepare(&context_);
    stream_ = stub_->Session(&context_);
  }
  ~Session() {
    if (finished_) return;
    context_.TryCancel();
    stream_->Finish();
  }

  std::string ReadHello() {
    v1::SessionResponse frame;
    EXPECT_TRUE(stream_->Read(&frame));
    EXPECT_EQ(frame.items_size(), 0);
    return frame.coordinator_id();
  }

  void Send(const v1::SessionRequest& frame) { EXPECT_TRUE(stream_->Write(frame)); }

  // Until the answer to `correlation_id` has come.
  v1::SessionResponseItem Await(std::uint64_t correlation_id) {
    v1::SessionResponse frame;
    while (!answers_.contains(correlation_id) && stream_->Read(&frame)) {
      for (const auto& item : frame.items()) answers_[item.correlation_id()] = item;
    }
    return answers_[correlation_id];
  }

  // In order, and the daemon has seen it.
  grpc::Status End() {
    stream_->WritesDone();
    v1::SessionResponse frame;
    while (stream_->Read(&frame)) continue;
    finished_ = true;
    return stream_->Finish();
  }

 private:
  std::unique_ptr<v1::TransactionService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  std::map<std::uint64_t, v1::SessionResponseItem> answers_;
  bool finished_ = false;
};

class SessionCalls : public ::testing::Test {
 protected:
  SessionCalls() { daemon_.Start(); }
  Daemon daemon_{{"--coordinator-id", "bank"}};
};

v1::SessionRequestItem* AddItem(v1::SessionRequest* frame, std::uint64_t correlation_id,
                                std::uint64_t number = 0) {
  auto* item = frame->add_items();
  item->set_correlation_id(correlation_id);
  if (number != 0) item->set_epoch(1);
  item->set_number(number);
  return item;
}

v1::SessionResponseItem OpenBlock(Session* session, std::uint32_t count) {
  v1::SessionRequest frame;
  AddItem(&frame, 1)->mutable_open_block()->set_count(count);
  session->Send(frame);
  return session->Await(1);
}

TEST_F(SessionCalls, TheFirstFrameComesAtOnceAndNamesTheCoordinator) {
  Session session(daemon_.address());
  EXPECT_EQ(session.ReadHello(), "bank");
}

TEST_F(SessionCalls, EachItemOfABatchIsAnsweredUnderItsOwnNumber) {
  Session session(daemon_.address());
  ASSERT_EQ(OpenBlock(&session, 100).block().count(), 100U);
  v1::SessionRequest frame;
  for (std::uint64_t n = 1; n <= 100; ++n) {
    auto* item = AddItem(&frame, 1000 + n, n);
    if (n % 2 == 0) {
      item->mutable_commit();
    } else {
      item->mutable_abort();
    }
  }
  session.Send(frame);
  for (std::uint64_t n = 1; n <= 100; ++n) {
    const auto answer = session.Await(1000 + n);
    EXPECT_EQ(answer.number(), n);
    EXPECT_EQ(answer.outcome().outcome(), n % 2 == 0 ? v1::OUTCOME_COMMITTED : v1::OUTCOME_ABORTED);
  }
}

TEST_F(SessionCalls, ARefusedItemHarmsNoOtherOfItsFrame) {
  Session session(daemon_.address());
  v1::SessionRequest frame;
  AddItem(&frame, 1)->mutable_begin()->set_timeout_us(-1);
  AddItem(&frame, 2)->mutable_open_block();
  AddItem(&frame, 3);
  AddItem(&frame, 4, 99)->mutable_get();
  AddItem(&frame, 5)->mutable_begin();
  session.Send(frame);
  EXPECT_EQ(session.Await(1).error().reason(), "INVALID_TIMEOUT");
  EXPECT_EQ(session.Await(2).error().reason(), "INVALID_BLOCK_SIZE");
  EXPECT_EQ(session.Await(3).error().reason(), "MALFORMED_REQUEST");
  EXPECT_EQ(session.Await(4).error().reason(), "FUTURE_TRANSACTION");
  EXPECT_EQ(session.Await(4).error().code(), 3U);
  EXPECT_EQ(session.Await(5).begun().timeout_us(), 30'000'000);
}

TEST_F(SessionCalls, IdsOfABlockAreActiveUntilTheSessionEndsThenAborted) {
  auto session = std::make_unique<Session>(daemon_.address());
  ASSERT_EQ(OpenBlock(session.get(), 2).number(), 1U);
  Initiator initiator(daemon_.address());
  EXPECT_EQ(initiator.Get("bank-1-1").response.outcome().state(), v1::TRANSACTION_STATE_ACTIVE);
  EXPECT_TRUE(session->End().ok());
  for (const char* id : {"bank-1-1", "bank-1-2"}) {
    const auto outcome = initiator.Commit(id).response.outcome();
    EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
    EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_NOT_OPENED);
  }
}

TEST_F(SessionCalls, AnOpenTransactionOutlivesItsSession) {
  Session session(daemon_.address());
  v1::SessionRequest frame;
  AddItem(&frame, 1)->mutable_begin();
  session.Send(frame);
  ASSERT_EQ(session.Await(1).number(), 1U);
  EXPECT_TRUE(session.End().ok());
  Initiator initiator(daemon_.address());
  EXPECT_EQ(initiator.Commit("bank-1-1").response.outcome().outcome(), v1::OUTCOME_COMMITTED);
}

TEST(SessionThatEnds, LeavesNothingThatWaits) {
  Daemon daemon({"--limits-max-requests-in-flight", "1", "--limits-prepare-timeout", "1h",
                 "--coordinator-id", "bank"});
  daemon.Start();
  Agent stock(daemon.address(), "stock");
  ASSERT_EQ(stock.Attach().reason(), "");
  Session session(daemon.address());
  ASSERT_EQ(OpenBlock(&session, 1).number(), 1U);
  v1::SessionRequest frame;
  auto* commit = AddItem(&frame, 2, 1)->mutable_commit();
  commit->add_branches()->set_participant("stock");
  session.Send(frame);
  stock.ReceivePrepare();
  Initiator initiator(daemon.address());
  EXPECT_EQ(initiator.Get("bank-1-1").reason, "TOO_MANY_REQUESTS");
  EXPECT_TRUE(session.End().ok());
  auto answer = initiator.Get("bank-1-1");
  while (answer.reason == "TOO_MANY_REQUESTS") answer = initiator.Get("bank-1-1");
  EXPECT_EQ(answer.response.outcome().state(), v1::TRANSACTION_STATE_PREPARING);
}

}  // namespace
}  // namespace assent::testing
