// The server's side of links, against a client that is not ours.
#include <gtest/gtest.h>

#include <set>

#include "runtime/errors.h"
#include "tests/runtime/echo_server.h"
#include "tests/runtime/raw_client.h"

namespace assent::test {
namespace {

std::string BatchOf(const std::vector<std::string>& items) {
  assent_test::Batch batch;
  for (const std::string& item : items) batch.add_items(item);
  return batch.SerializeAsString();
}

// Reads frames until `count` items have come; their number of frames goes to `frames`.
std::vector<std::string> ReadItems(RawStream* stream, std::size_t count, int* frames = nullptr) {
  std::vector<std::string> items;
  std::string bytes;
  while (items.size() < count && stream->Read(&bytes)) {
    if (frames != nullptr) ++*frames;
    assent_test::Batch batch;
    EXPECT_TRUE(batch.ParseFromString(bytes));
    for (const std::string& item : batch.items()) items.push_back(item);
  }
  return items;
}

void ExpectClosed(EchoServer* server, grpc::StatusCode code, const std::string& reason) {
  ASSERT_TRUE(server->monitor.Await([&] { return !server->closed.empty(); }));
  server->monitor.Update([&] {
    EXPECT_EQ(server->closed.size(), 1u);
    EXPECT_EQ(server->closed[0].error_code(), code) << server->closed[0].error_message();
    EXPECT_EQ(ReasonOf(server->closed[0]), reason);
  });
}

TEST(ServerLink, EchoesFramesInOrder) {
  EchoServer server;
  RawStream stream(server.target());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(stream.Write(BatchOf({std::to_string(i), "and"})));
    EXPECT_EQ(ReadItems(&stream, 2), (std::vector<std::string>{std::to_string(i), "and"}));
  }
}

TEST(ServerLink, SendsWhatPilesUpAsOneFrame) {
  EchoServer server;
  RawStream stream(server.target());
  constexpr int kItems = 2000;
  // While the loop is kept busy the frames arrive; the turn after that answers all that came.
  std::promise<void> go_on;
  std::thread blocker([&] { server.loop_thread()->On([&] { go_on.get_future().wait(); }); });
  for (int i = 0; i < kItems; ++i) ASSERT_TRUE(stream.Write(BatchOf({std::to_string(i)})));
  go_on.set_value();
  blocker.join();
  int frames = 0;
  EXPECT_EQ(ReadItems(&stream, kItems, &frames).size(), kItems);
  EXPECT_LT(frames, kItems / 2);
}

TEST(ServerLink, EndsWithOkWhenTheClientHalfCloses) {
  EchoServer server;
  RawStream stream(server.target());
  ASSERT_TRUE(stream.WritesDone());
  EXPECT_TRUE(stream.Finish().ok());
  ExpectClosed(&server, grpc::StatusCode::OK, "");
}

TEST(ServerLink, TellsTheOwnerOnceWhenTheClientCancels) {
  EchoServer server;
  RawStream stream(server.target());
  ASSERT_TRUE(stream.Write(BatchOf({"a"})));
  ASSERT_EQ(ReadItems(&stream, 1).size(), 1u);
  stream.context.TryCancel();
  ExpectClosed(&server, grpc::StatusCode::OK, "");
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST(ServerLink, SurfacesGarbageToTheOwnerAndTheReasonToTheClient) {
  EchoServer server;
  RawStream stream(server.target());
  ASSERT_TRUE(stream.Write("\xff\xff\xffgarbage"));
  std::string bytes;
  EXPECT_FALSE(stream.Read(&bytes));
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "MALFORMED_FRAME");
  EXPECT_EQ(stream.context.GetServerTrailingMetadata().count("assent-reason"), 1u);
  ExpectClosed(&server, grpc::StatusCode::INVALID_ARGUMENT, "MALFORMED_FRAME");
}

TEST(ServerLink, RefusesAFrameAboveItsLimitBeforeTheOwnerSeesIt) {
  EchoServerOptions options;
  options.streams.limits.max_frame_bytes = 1000;
  EchoServer server(options);
  RawStream stream(server.target());
  ASSERT_TRUE(stream.Write(BatchOf({std::string(1001, 'x')})));
  std::string bytes;
  EXPECT_FALSE(stream.Read(&bytes));
  EXPECT_EQ(ReasonOf(stream.Finish()), "FRAME_TOO_LARGE");
  ExpectClosed(&server, grpc::StatusCode::INVALID_ARGUMENT, "FRAME_TOO_LARGE");
  EXPECT_EQ(server.monitor.Get([&] { return server.frames_in; }), 0);
}

TEST(ServerLink, CutsOffAPeerThatDoesNotRead) {
  EchoServerOptions options;
  options.streams.limits.max_pending_bytes = std::size_t{4} << 20;
  EchoServer server(options);
  RawStream stream(server.target());
  // One at a time: the limit is looked at when more comes while a write is under way.
  bool over = false;
  for (int i = 1; !over; ++i) {
    ASSERT_LE(i, 1000) << "was never cut off";
    stream.Write(BatchOf({"flood"}));
    ASSERT_TRUE(server.monitor.Await([&] {
      over = !server.closed.empty();
      return over || server.frames_in >= i;
    }));
  }
  ExpectClosed(&server, grpc::StatusCode::RESOURCE_EXHAUSTED, "PEER_DOES_NOT_READ");
}

TEST(ServerLink, RefusesLinksAboveTheLimitAndTakesOneWhenAnotherHasGone) {
  EchoServerOptions options;
  options.streams.max_links = 1;
  EchoServer server(options);
  {
    RawStream first(server.target());
    ASSERT_TRUE(first.Write(BatchOf({"a"})));
    ASSERT_EQ(ReadItems(&first, 1).size(), 1u);
    RawStream second(server.target());
    std::string bytes;
    EXPECT_FALSE(second.Read(&bytes));
    const grpc::Status status = second.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ReasonOf(status), "TOO_MANY_LINKS");
    ASSERT_TRUE(first.WritesDone());
    EXPECT_TRUE(first.Finish().ok());
  }
  ExpectClosed(&server, grpc::StatusCode::OK, "");
  // A link counts until its last operation has come back, which is a little after the client knows
  // of the end.
  std::vector<std::string> items;
  while (items.empty()) {
    RawStream third(server.target());
    third.Write(BatchOf({"b"}));
    items = ReadItems(&third, 1);
  }
  EXPECT_EQ(items[0], "b");
}

TEST(ServerLink, SaysNothingMoreToAnOwnerThatClosedItAndItsReasonToThePeer) {
  EchoServer server;
  RawStream stream(server.target());
  ASSERT_TRUE(server.monitor.Await([&] { return server.opened == 1; }));
  server.loop_thread()->On([&] {
    Link* const link = server.links().begin()->first;
    server.Forget(link);
    link->Close(MakeError(grpc::StatusCode::ABORTED, "FENCED", "a newer process took over"));
    link->MarkDirty();  // Of no effect.
  });
  std::string bytes;
  EXPECT_FALSE(stream.Read(&bytes));
  EXPECT_EQ(ReasonOf(stream.Finish()), "FENCED");
  server.Stop();
  EXPECT_TRUE(server.closed.empty());
}

TEST(ServerLink, CancelEndsALinkWhosePeerDoesNotRead) {
  EchoServer server;
  RawStream stream(server.target());
  ASSERT_TRUE(stream.Write(BatchOf({"flood", "flood", "flood", "flood"})));
  ASSERT_TRUE(server.monitor.Await([&] { return server.frames_out > 0; }));
  server.loop_thread()->On([&] {
    Link* const link = server.links().begin()->first;
    server.Forget(link);
    link->Cancel();
  });
  server.Stop(Duration::Seconds(1000));
  EXPECT_TRUE(server.closed.empty());
  // gRPC tells the end only to a client that has read what came before it.
  std::string bytes;
  while (stream.Read(&bytes)) continue;
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST(ServerLink, ServesManyStreamsThatComeAndGo) {
  EchoServer server;
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t) {
    clients.emplace_back([&server, t] {
      for (int i = 0; i < 25; ++i) {
        RawStream stream(server.target());
        ASSERT_TRUE(stream.Write(BatchOf({"x"})));
        if ((i + t) % 3 == 0) continue;  // Vanishes.
        EXPECT_EQ(ReadItems(&stream, 1).size(), 1u);
        if ((i + t) % 3 == 1) {
          EXPECT_TRUE(stream.WritesDone() && stream.Finish().ok());
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(server.monitor.Await(
      [&] { return static_cast<int>(server.closed.size()) == server.opened; }));
}

TEST(Shutdown, EndsWithLinksInEveryState) {
  EchoServer server;
  RawStream idle(server.target());
  RawStream half_closed(server.target());
  RawStream stuck(server.target());
  RawStream cancelled(server.target());
  ASSERT_TRUE(half_closed.WritesDone());
  ASSERT_TRUE(stuck.Write(BatchOf({"flood", "flood", "flood"})));
  ASSERT_TRUE(server.monitor.Await([&] { return server.frames_out > 0 && server.opened == 4; }));
  cancelled.context.TryCancel();
  server.Stop();
  EXPECT_EQ(server.closed.size(), 4u);
}

TEST(Shutdown, EndsAServerThatNobodyCalled) { EchoServer server; }

TEST(Shutdown, EndsWhileClientsKeepDialling) {
  for (int round = 0; round < 5; ++round) {
    EchoServer server;
    std::vector<std::thread> clients;
    for (int t = 0; t < 3; ++t) {
      clients.emplace_back([&server] {
        for (int i = 0; i < 10; ++i) {
          RawStream stream(server.target());
          stream.Write(BatchOf({"x"}));
        }
      });
    }
    EXPECT_TRUE(server.monitor.Await([&] { return server.opened > 0; }));
    server.Stop();
    for (std::thread& client : clients) client.join();
  }
}

}  // namespace
}  // namespace assent::test
