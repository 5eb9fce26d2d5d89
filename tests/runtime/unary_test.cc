#include <gtest/gtest.h>

#include "runtime/channel.h"
#include "runtime/clock.h"
#include "runtime/errors.h"
#include "runtime/unary_client.h"
#include "tests/runtime/echo_server.h"

namespace assent::test {
namespace {

std::string BatchOf(const std::string& item) {
  assent_test::Batch batch;
  batch.add_items(item);
  return batch.SerializeAsString();
}

class UnaryTest : public testing::Test {
 protected:
  explicit UnaryTest(const EchoServerOptions& options = {})
      : server_(options), loop_(&queue_), thread_(&loop_) {}

  UnaryRequest Request(const std::string& bytes, Duration timeout = Duration::Seconds(60)) {
    UnaryRequest request;
    request.method = "/assent_test.EchoService/Ask";
    request.body = ToBuffer(bytes);
    request.deadline = MonotonicNow() + timeout;
    request.metadata = {{"who", "wallet"}};
    return request;
  }

  void Start(const UnaryRequest& request) {
    thread_.On([&] {
      call_ = StartUnaryCall(&loop_, channel_, request, [this](UnaryResult* result) {
        monitor_.Update([&] { results_.push_back(*result); });
      });
    });
  }
  bool AwaitResults(std::size_t n) {
    return monitor_.Await([&] { return results_.size() >= n; });
  }
  UnaryResult Ask(const std::string& bytes) {
    Start(Request(bytes));
    EXPECT_TRUE(AwaitResults(1));
    return results_.front();
  }

  EchoServer server_;
  grpc::CompletionQueue queue_;
  EventLoop loop_;
  std::shared_ptr<grpc::Channel> channel_ =
      Dial(server_.target(), grpc::InsecureChannelCredentials());
  Monitor monitor_;
  std::vector<UnaryResult> results_;
  UnaryClientCall* call_ = nullptr;
  LoopThread thread_;
};

TEST_F(UnaryTest, RepliesAndCarriesMetadata) {
  const UnaryResult result = Ask(BatchOf("hello"));
  EXPECT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(ToBytes(result.body), BatchOf("hello"));
  EXPECT_EQ(server_.monitor.Get([&] { return server_.last_metadata; }), "wallet");
}

TEST_F(UnaryTest, RepliesLaterFromAnotherTurn) {
  const UnaryResult result = Ask(BatchOf("later"));
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(ToBytes(result.body), BatchOf("later"));
}

TEST_F(UnaryTest, TakesAnEmptyMessage) { EXPECT_TRUE(Ask("").status.ok()); }

TEST_F(UnaryTest, FailsWithAReasonThatTravelsTwice) {
  const UnaryResult result = Ask(BatchOf("fail"));
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(result.status.error_message(), "too late to enlist");
  EXPECT_EQ(ReasonOf(result.status), "ALREADY_PREPARING");
  EXPECT_EQ(result.reason, "ALREADY_PREPARING");
}

TEST_F(UnaryTest, GarbageIsAnInvalidArgumentWithAReason) {
  const UnaryResult result = Ask("\xff\xff garbage");
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(result.reason, "MALFORMED_REQUEST");
}

TEST_F(UnaryTest, AnUnknownMethodHasNoReasonOfOurs) {
  UnaryRequest request = Request("");
  request.method = "/assent_test.EchoService/NoSuchMethod";
  Start(request);
  ASSERT_TRUE(AwaitResults(1));
  EXPECT_EQ(results_[0].status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(results_[0].reason, "");
}

TEST_F(UnaryTest, TheDeadlineEndsACallAndTheHandlerHearsOfIt) {
  const Time start = MonotonicNow();
  Start(Request(BatchOf("never"), Duration::Millis(50)));
  ASSERT_TRUE(AwaitResults(1));
  EXPECT_EQ(results_[0].status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_GE(MonotonicNow(), start + Duration::Millis(49));
  // The call may have ended before it reached the handler.
  EXPECT_TRUE(
      server_.monitor.Await([&] { return server_.unary_cancelled == server_.unary_started; }));
}

TEST_F(UnaryTest, ACancelledCallSurvivesUntilItIsAnswered) {
  Start(Request(BatchOf("never")));
  ASSERT_TRUE(server_.monitor.Await([&] { return server_.unary_started == 1; }));
  thread_.On([&] { call_->Cancel(); });
  ASSERT_TRUE(AwaitResults(1));
  EXPECT_EQ(results_[0].status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(server_.monitor.Await([&] { return server_.unary_cancelled == 1; }));
}

TEST_F(UnaryTest, HandlesManyCallsUnderWayAtOnce) {
  constexpr int kCalls = 2000;
  for (int i = 0; i < kCalls; ++i) Start(Request(BatchOf(i % 2 == 0 ? "x" : "fail")));
  ASSERT_TRUE(AwaitResults(kCalls));
  int ok = 0;
  for (const UnaryResult& result : results_) ok += result.status.ok() ? 1 : 0;
  EXPECT_EQ(ok, kCalls / 2);
}

TEST_F(UnaryTest, FailsAtOnceWithoutAServerUnlessAskedToWait) {
  server_.Stop();
  Start(Request(BatchOf("x")));
  ASSERT_TRUE(AwaitResults(1));
  EXPECT_EQ(results_[0].status.error_code(), grpc::StatusCode::UNAVAILABLE);
  UnaryRequest waits = Request(BatchOf("x"));
  waits.wait_for_ready = true;
  Start(waits);
  EchoServerOptions options;
  options.port = server_.port();
  EchoServer again(options);
  ASSERT_TRUE(AwaitResults(2));
  EXPECT_TRUE(results_[1].status.ok()) << results_[1].status.error_message();
}

TEST_F(UnaryTest, ShutdownEndsCallsThatWait) {
  Start(Request(BatchOf("never")));
  ASSERT_TRUE(server_.monitor.Await([&] { return server_.unary_started == 1; }));
  server_.Stop();
  EXPECT_TRUE(AwaitResults(1));
  EXPECT_FALSE(results_[0].status.ok());
}

EchoServerOptions SmallLimits() {
  EchoServerOptions options;
  options.calls.max_calls = 1;
  options.calls.max_request_bytes = 1000;
  return options;
}

class LimitedUnaryTest : public UnaryTest {
 protected:
  LimitedUnaryTest() : UnaryTest(SmallLimits()) {}
};

TEST_F(LimitedUnaryTest, RefusesCallsAndRequestsAboveTheLimits) {
  EXPECT_EQ(Ask(BatchOf(std::string(1001, 'x'))).reason, "FRAME_TOO_LARGE");
  Start(Request(BatchOf("never")));
  ASSERT_TRUE(server_.monitor.Await([&] { return server_.unary_started == 1; }));
  Start(Request(BatchOf("x")));
  ASSERT_TRUE(AwaitResults(2));
  EXPECT_EQ(results_[1].status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(results_[1].reason, "TOO_MANY_REQUESTS");
  server_.Stop();  // Ends the one that waits.
}

}  // namespace
}  // namespace assent::test
