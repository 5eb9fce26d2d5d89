// The client's side of links, against a real server of ours.
#include "runtime/connector.h"

#include <gtest/gtest.h>

#include <numeric>

#include "runtime/channel.h"
#include "runtime/errors.h"
#include "tests/runtime/echo_server.h"

namespace assent::test {
namespace {

// A client that sends what it is told and records what comes.
class EchoClient final : private LinkOwner {
 public:
  explicit EchoClient(const std::string& target, const std::string& method = "Session",
                      const LinkLimits& limits = {})
      : loop_(&queue_),
        connector_(&loop_, Dial(target, grpc::InsecureChannelCredentials()),
                   Options(method, limits), this),
        thread_(&loop_) {
    thread_.On([this] { connector_.Start(); });
  }
  ~EchoClient() { Stop(); }

  void Stop() {
    thread_.On([this] { connector_.Stop(); });
    thread_.CloseAndJoin();
    EXPECT_EQ(loop_.holds(), 0u);
  }

  void Send(std::vector<std::string> items) {
    thread_.On([&] {
      for (std::string& item : items) pending_.push_back(std::move(item));
      if (connector_.link() != nullptr) connector_.link()->MarkDirty();
    });
  }
  void On(const std::function<void()>& task) { thread_.On(task); }
  Connector* connector() { return &connector_; }

  bool AwaitOpened(int n) {
    return monitor.Await([&] { return opened >= n; });
  }
  bool AwaitReceived(std::size_t n) {
    return monitor.Await([&] { return received.size() >= n; });
  }
  bool AwaitClosed(std::size_t n) {
    return monitor.Await([&] { return closed.size() >= n; });
  }

  Monitor monitor;
  int opened = 0;
  int frames = 0;
  std::vector<std::string> received;
  std::vector<grpc::Status> closed;
  std::vector<grpc::Status> failed_dials;

 private:
  ConnectorOptions Options(const std::string& method, const LinkLimits& limits) {
    ConnectorOptions options;
    options.method = "/assent_test.EchoService/" + method;
    options.metadata = {{"who", "orders"}};
    options.limits = limits;
    options.min_delay = Duration::Millis(5);
    options.max_delay = Duration::Millis(50);
    options.dial_failed = [this](const grpc::Status& status) {
      monitor.Update([&] { failed_dials.push_back(status); });
    };
    return options;
  }

  void Opened(Link* link) override {
    if (!pending_.empty()) link->MarkDirty();
    monitor.Update([&] { ++opened; });
  }
  grpc::Status Frame(Link*, grpc::ByteBuffer* frame) override {
    assent_test::Batch batch;
    EXPECT_TRUE(batch.ParseFromString(ToBytes(*frame)));
    monitor.Update([&] {
      ++frames;
      for (const std::string& item : batch.items()) received.push_back(item);
    });
    return grpc::Status::OK;
  }
  bool Take(Link*, grpc::ByteBuffer* frame) override {
    if (pending_.empty()) return false;
    assent_test::Batch batch;
    for (const std::string& item : pending_) batch.add_items(item);
    pending_.clear();
    *frame = ToBuffer(batch.SerializeAsString());
    return true;
  }
  void Closed(Link*, const grpc::Status& status) override {
    monitor.Update([&] { closed.push_back(status); });
  }

  grpc::CompletionQueue queue_;
  EventLoop loop_;
  Connector connector_;
  std::vector<std::string> pending_;
  LoopThread thread_;
};

TEST(Connector, OpensALinkThatEchoesAndCarriesMetadata) {
  EchoServer server;
  EchoClient client(server.target());
  client.Send({"a", "b"});
  ASSERT_TRUE(client.AwaitReceived(2));
  EXPECT_EQ(client.received, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(server.monitor.Get([&] { return server.last_metadata; }), "orders");
}

TEST(Connector, CarriesManyItemsInFewFramesAndLosesNone) {
  EchoServer server;
  EchoClient client(server.target());
  constexpr int kItems = 20000;
  std::thread other([&] {
    for (int i = 0; i < kItems / 2; ++i) client.Send({std::to_string(2 * i)});
  });
  for (int i = 0; i < kItems / 2; ++i) client.Send({std::to_string(2 * i + 1)});
  other.join();
  ASSERT_TRUE(client.AwaitReceived(kItems));
  std::vector<bool> seen(kItems);
  for (const std::string& item : client.received) seen[std::stoul(item)] = true;
  EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), 0), kItems);
  EXPECT_EQ(client.received.size(), static_cast<std::size_t>(kItems));
}

TEST(Connector, WaitsForAServerThatIsNotThereYetAndComesBackToOneThatRestarts) {
  int port = 0;
  {
    EchoServer first;
    port = first.port();
  }
  EchoClient client("127.0.0.1:" + std::to_string(port));
  for (int life = 1; life <= 3; ++life) {
    EchoServerOptions options;
    options.port = port;
    EchoServer server(options);
    ASSERT_TRUE(client.AwaitOpened(life));
    client.Send({"life " + std::to_string(life)});
    ASSERT_TRUE(client.AwaitReceived(static_cast<std::size_t>(life)));
    server.Stop();
    ASSERT_TRUE(client.AwaitClosed(static_cast<std::size_t>(life)));
  }
  EXPECT_EQ(client.received, (std::vector<std::string>{"life 1", "life 2", "life 3"}));
}

TEST(Connector, TellsTheServersReasonAndDialsAgain) {
  EchoServer server;
  EchoClient client(server.target());
  for (std::size_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(client.AwaitOpened(static_cast<int>(n)));
    client.Send({"refuse"});
    ASSERT_TRUE(client.AwaitClosed(n));
  }
  client.Stop();
  for (const grpc::Status& status : client.closed) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(ReasonOf(status), "REFUSED");
  }
}

TEST(Connector, DialsAgainAfterTheOwnerClosedTheLinkWithoutTellingIt) {
  EchoServer server;
  EchoClient client(server.target());
  ASSERT_TRUE(client.AwaitOpened(1));
  client.On([&] { client.connector()->link()->Close(grpc::Status::OK); });
  ASSERT_TRUE(client.AwaitOpened(2));
  EXPECT_TRUE(client.monitor.Get([&] { return client.closed.empty(); }));
}

TEST(Connector, EndsALinkOnAFrameAboveItsLimit) {
  EchoServer server;
  EchoClient client(server.target(), "Session", {.max_frame_bytes = 1000});
  ASSERT_TRUE(client.AwaitOpened(1));
  client.Send({"flood"});
  ASSERT_TRUE(client.AwaitClosed(1));
  EXPECT_EQ(client.monitor.Get([&] { return ReasonOf(client.closed[0]); }), "FRAME_TOO_LARGE");
}

TEST(Connector, StopsWhileItIsDiallingNobody) {
  EchoClient client("127.0.0.1:1");
  client.Stop();
  EXPECT_EQ(client.opened, 0);
}

TEST(Connector, ReportsAMethodThatTheServerDoesNotHave) {
  EchoServer server;
  EchoClient client(server.target(), "NoSuchMethod");
  // The call may open before the server refuses it: either way the status comes.
  ASSERT_TRUE(
      client.monitor.Await([&] { return client.closed.size() + client.failed_dials.size() >= 2; }));
  client.Stop();
  for (const auto* statuses : {&client.closed, &client.failed_dials}) {
    for (const grpc::Status& status : *statuses) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    }
  }
}

TEST(Connector, StopsInEveryMomentOfALink) {
  EchoServer server;
  for (int round = 0; round < 50; ++round) {
    EchoClient client(server.target());
    if (round % 2 == 0) client.Send({"a", "flood"});
    if (round % 5 == 0) {
      EXPECT_TRUE(client.AwaitOpened(1));
    }
  }
}

}  // namespace
}  // namespace assent::test
