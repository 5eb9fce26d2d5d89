#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "runtime/channel.h"
#include "runtime/errors.h"
#include "runtime/server.h"
#include "runtime/watch_server.h"
#include "tests/runtime/raw_client.h"

namespace assent::test {
namespace {

using grpc::health::v1::Health;

// Shows what was asked and a number: only the method is that of the health service.
class WatchTest : public testing::Test {
 protected:
  static constexpr std::size_t kMaxCalls = 2;

  WatchTest() {
    grpc::ServerBuilder builder;
    ApplyServerSettings(&builder);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    loop_ = std::make_unique<EventLoop>(queue_.get());
    watches_ = std::make_unique<WatchAcceptor>(
        loop_.get(), queue_.get(),
        [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
          service_.RequestWatch(context, request, writer, queue, queue, tag);
        },
        [this](const grpc::ByteBuffer& request) {
          return ToBuffer(ToBytes(request) + std::string(filling_, '\0') + Shown());
        },
        kMaxCalls);
    watches_->Start();
    thread_ = std::make_unique<LoopThread>(loop_.get());
  }
  ~WatchTest() override {
    ShutdownServer(server_.get(), Duration::Millis(50));
    thread_->CloseAndJoin();
    EXPECT_EQ(loop_->holds(), 0U);
  }

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

  void Show(int number) {
    thread_->On([this, number] {
      number_ = number;
      watches_->Changed();
    });
  }
  std::string Shown() const { return std::to_string(number_); }

  Health::WithRawMethod_Watch<Health::Service> service_;
  int port_ = 0;
  int number_ = 0;
  std::size_t filling_ = 0;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<WatchAcceptor> watches_;
  std::unique_ptr<LoopThread> thread_;
};

constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

// One call of Watch: it says which, and says no more.
class Watching {
 public:
  explicit Watching(const std::string& target) : stream_(target, kWatch) {
    EXPECT_TRUE(stream_.Write("who"));
    EXPECT_TRUE(stream_.WritesDone());
  }

  // Empty: the call has ended.
  std::string Next() {
    std::string bytes;
    return stream_.Read(&bytes) ? bytes : "";
  }
  grpc::Status Finish() { return stream_.Finish(); }

 private:
  RawStream stream_;
};

TEST_F(WatchTest, ShowsWhatIsTrueAtOnceAndEachChange) {
  Watching first(target());
  EXPECT_EQ(first.Next(), "who0");
  Show(1);
  EXPECT_EQ(first.Next(), "who1");
  Watching second(target());
  EXPECT_EQ(second.Next(), "who1");
  Show(2);
  EXPECT_EQ(first.Next(), "who2");
  EXPECT_EQ(second.Next(), "who2");
}

TEST_F(WatchTest, RefusesMoreCallsThanItsLimitUntilOneLeaves) {
  auto first = std::make_unique<Watching>(target());
  Watching second(target());
  EXPECT_EQ(first->Next(), "who0");
  EXPECT_EQ(second.Next(), "who0");
  Watching third(target());
  EXPECT_EQ(third.Next(), "");
  const grpc::Status status = third.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_LINKS");
  first.reset();
  std::string seen;
  while (seen.empty()) seen = Watching(target()).Next();  // the server hears of the leaving later
  EXPECT_EQ(seen, "who0");
}

TEST_F(WatchTest, ShowsAClientThatReadsLateWhatIsTrueThenAndNotAllThatWas) {
  constexpr int kChanges = 2'000;
  thread_->On([this] { filling_ = 100'000; });  // more than the transport takes without a reader
  Watching late(target());
  for (int number = 1; number <= kChanges; ++number) Show(number);
  int messages = 0;
  std::string last;
  do {
    last = late.Next();
    ++messages;
  } while (!last.empty() && !last.ends_with('\0' + std::to_string(kChanges)));
  EXPECT_FALSE(last.empty());
  EXPECT_LT(messages, kChanges / 2);
}

}  // namespace
}  // namespace assent::test
