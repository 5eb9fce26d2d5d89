// The simulated network: each of its faults happens, and streams keep their promise all the same.
#include "simulations/network.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulations/profile.h"
#include "simulations/random.h"
#include "simulations/scheduler.h"

namespace assent::simulation {
namespace {

class TestHost : public Host {
 public:
  explicit TestHost(std::string name) : name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  bool up() const override { return up_; }
  std::uint64_t life() const override { return life_; }
  Time paused_until() const override { return paused_until_; }
  void OnConnected(StreamId stream, StreamKind) override { connected.push_back(stream); }
  void OnFrame(StreamId, std::string bytes) override { frames.push_back(bytes); }
  void OnClosed(StreamId) override { ++closed; }
  void OnCall(CallNumber call, Method, std::string body) override {
    calls.push_back(call);
    bodies.push_back(body);
  }

  bool up_ = true;
  std::uint64_t life_ = 1;
  Time paused_until_;
  std::vector<StreamId> connected;
  std::vector<std::string> frames;
  std::vector<std::string> bodies;
  std::vector<CallNumber> calls;
  int closed = 0;

 private:
  const std::string name_;
};

class NetworkTest : public ::testing::Test {
 protected:
  void RunAll() {
    while (scheduler.RunOne()) {
    }
  }
  // What of 0, 1, 2, … has arrived at the server is a prefix.
  void ExpectPrefix() {
    for (std::size_t i = 0; i < server.frames.size(); ++i) {
      EXPECT_EQ(server.frames[i], std::to_string(i));
    }
  }
  StreamId ConnectAndSend(int frames) {
    const StreamId stream = network.Connect(&client, &server, StreamKind::kAttach);
    for (int i = 0; i < frames; ++i) network.Send(stream, &client, std::to_string(i));
    return stream;
  }

  Profile profile;
  Scheduler scheduler;
  Random random{7};
  Network network{&profile, &scheduler, &random};
  TestHost client{"client"};
  TestHost server{"server"};
};

TEST_F(NetworkTest, DeliversAStreamOnceAndInOrderHoweverSlowAndLossyItIs) {
  profile.slow_ppm = 500'000;
  profile.loss_ppm = 300'000;
  ConnectAndSend(200);
  RunAll();
  EXPECT_EQ(server.frames.size(), 200u);
  ExpectPrefix();
  EXPECT_GT(network.counts().lost, 0u);
  EXPECT_GT(scheduler.Now(), Time{200'000}) << "nothing was slow";
}

TEST_F(NetworkTest, ResetDeliversAPrefixAndTellsBothEnds) {
  bool lost_some = false;
  for (int i = 0; i < 50; ++i) {
    server.frames.clear();
    server.closed = client.closed = 0;
    const StreamId stream = network.Connect(&client, &server, StreamKind::kAttach);
    RunAll();
    for (int frame = 0; frame < 20; ++frame) {
      network.Send(stream, &client, std::to_string(frame));
    }
    network.ResetOne();
    RunAll();
    ExpectPrefix();
    lost_some = lost_some || server.frames.size() < 20;
    EXPECT_EQ(client.closed, 1);
    EXPECT_EQ(server.closed, 1);
  }
  EXPECT_TRUE(lost_some);
  EXPECT_EQ(network.open_streams(), 0u);
}

TEST_F(NetworkTest, HalfOpenStreamEndsLateAtOneSide) {
  profile.half_open_ppm = kAlways;
  ConnectAndSend(0);
  RunAll();
  const Time begin = scheduler.Now();
  network.ResetOne();
  RunAll();
  EXPECT_EQ(client.closed + server.closed, 2);
  EXPECT_GT(scheduler.Now() - begin, Duration::Millis(100));
}

TEST_F(NetworkTest, PartitionHoldsFramesBackUntilItIsOver) {
  ConnectAndSend(1);
  RunAll();
  network.Cut(&client, &server, scheduler.Now() + Duration::Seconds(3));
  const Time begin = scheduler.Now();
  network.Send(server.connected.at(0), &client, "1");
  RunAll();
  EXPECT_EQ(server.frames.size(), 2u);
  EXPECT_GE(scheduler.Now() - begin, Duration::Seconds(3));
  EXPECT_GT(network.counts().held_back, 0u);
}

TEST_F(NetworkTest, OneWayPartitionLetsTheOtherDirectionThrough) {
  ConnectAndSend(0);
  RunAll();
  network.Cut(&client, &server, scheduler.Now() + Duration::Seconds(3));
  network.Send(server.connected.at(0), &server, "back");
  scheduler.RunOne();
  EXPECT_EQ(client.frames.size(), 1u);
}

TEST_F(NetworkTest, KeepaliveEndsAStreamThatAPartitionHoldsForLong) {
  ConnectAndSend(0);
  RunAll();
  network.Cut(&client, &server, scheduler.Now() + Duration::Seconds(100));
  network.Send(server.connected.at(0), &client, "never");
  RunAll();
  EXPECT_EQ(network.counts().keepalives, 1u);
  EXPECT_EQ(client.closed, 1);
  EXPECT_EQ(server.closed, 1);
  EXPECT_TRUE(server.frames.empty());
}

TEST_F(NetworkTest, DeadProcessMayStillBeHeard) {
  bool heard = false;
  bool unheard = false;
  for (int i = 0; i < 50; ++i) {
    server.frames.clear();
    ConnectAndSend(3);
    client.up_ = false;
    network.Died(&client);
    client.up_ = true;
    ++client.life_;
    RunAll();
    ExpectPrefix();
    heard = heard || !server.frames.empty();
    unheard = unheard || server.frames.size() < 3;
  }
  EXPECT_TRUE(heard);
  EXPECT_TRUE(unheard);
}

TEST_F(NetworkTest, PausedProcessHearsEverythingWhenItGoesOn) {
  server.paused_until_ = Time{} + Duration::Seconds(9);
  ConnectAndSend(5);
  RunAll();
  EXPECT_EQ(server.frames.size(), 5u);
  EXPECT_GE(scheduler.Now(), Time{} + Duration::Seconds(9));
}

TEST_F(NetworkTest, LosesDoublesAndDelaysCallsAndAnswersEachOnce) {
  profile.loss_ppm = 300'000;
  profile.duplicate_ppm = 500'000;
  profile.late_ppm = 500'000;
  int unanswered = 0;
  for (int i = 0; i < 100; ++i) {
    network.Call(&client, &server, Method::kGet, std::to_string(i), Duration::Seconds(5),
                 [&](const std::optional<std::string>& reply) { unanswered += reply ? 0 : 1; });
  }
  RunAll();
  EXPECT_EQ(unanswered, 100);
  EXPECT_GT(network.counts().lost, 0u);
  EXPECT_GT(network.counts().duplicated, 0u);
  EXPECT_GT(server.calls.size(), 100u - network.counts().lost);
  EXPECT_FALSE(std::is_sorted(server.calls.begin(), server.calls.end())) << "nothing overtook";
}

TEST_F(NetworkTest, CallReachesALaterLifeOfItsAddressee) {
  profile.duplicate_ppm = kAlways;
  profile.late_ppm = kAlways;
  int answers = 0;
  network.Call(&client, &server, Method::kCommitBranch, "commit", Duration::Seconds(1),
               [&](const std::optional<std::string>&) { ++answers; });
  while (server.bodies.empty()) ASSERT_TRUE(scheduler.RunOne());
  ++server.life_;
  RunAll();
  EXPECT_EQ(server.bodies, (std::vector<std::string>{"commit", "commit"}));
  EXPECT_EQ(answers, 1);
}

TEST_F(NetworkTest, AMovedServerIsMissedForAWhileAndAnotherOneMetInItsPlace) {
  TestHost tenant("tenant");
  network.Move(&server, &tenant, Time{1'000'000});
  for (int i = 0; i < 40; ++i) {
    network.Connect(&client, &server, StreamKind::kAttach);
    network.Connect(&client, &server, StreamKind::kSession);
  }
  RunAll();
  EXPECT_GT(tenant.connected.size(), 0u) << "an agent may reach another coordinator";
  EXPECT_GT(client.closed, 0) << "an initiator reaches nobody";
  EXPECT_GT(server.connected.size(), 0u);
  EXPECT_EQ(
      tenant.connected.size() + server.connected.size() + static_cast<std::size_t>(client.closed),
      80u);
  EXPECT_EQ(network.counts().misdirected, 80u - server.connected.size());
}

TEST_F(NetworkTest, AMovedServerIsFoundWhenItsNewAddressIsKnown) {
  TestHost tenant("tenant");
  network.Move(&server, nullptr, Time{1'000});
  scheduler.After(Duration::Micros(1'000), [this] {
    for (int i = 0; i < 20; ++i) network.Connect(&client, &server, StreamKind::kAttach);
  });
  RunAll();
  EXPECT_EQ(server.connected.size(), 20u);
  EXPECT_EQ(network.counts().misdirected, 0u);
}

TEST_F(NetworkTest, ACallMayReachTheTenantOfAnAddressOnlyIfItNamesWhomItIsFor) {
  TestHost tenant("tenant");
  network.Move(&server, &tenant, Time{1'000'000});
  int failed = 0;
  const auto done = [&failed](const std::optional<std::string>& reply) { failed += reply ? 0 : 1; };
  for (int i = 0; i < 20; ++i) {
    network.Call(&client, &server, Method::kCommitBranch, "to the participant",
                 Duration::Seconds(1), done);
    network.Call(&client, &server, Method::kWork, "to the service", Duration::Seconds(1), done);
  }
  RunAll();
  EXPECT_GT(tenant.bodies.size(), 0u);
  for (const std::string& body : tenant.bodies) EXPECT_EQ(body, "to the participant");
  EXPECT_EQ(failed, 40) << "nobody answers";
}

TEST_F(NetworkTest, HealEndsAllFaults) {
  profile.loss_ppm = profile.duplicate_ppm = kAlways;
  network.Cut(&client, &server, Time::Never());
  network.Heal();
  ConnectAndSend(3);
  int replies = 0;
  network.Call(&client, &server, Method::kGet, "", Duration::Seconds(1),
               [&](const std::optional<std::string>& reply) { replies += reply ? 1 : 0; });
  while (server.calls.empty()) ASSERT_TRUE(scheduler.RunOne());
  network.Reply(server.calls[0], "yes");
  RunAll();
  EXPECT_EQ(server.frames.size(), 3u);
  EXPECT_EQ(server.calls.size(), 1u);
  EXPECT_EQ(replies, 1);
}

}  // namespace
}  // namespace assent::simulation
