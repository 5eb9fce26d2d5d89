// Processes that stop for a while (SIGSTOP) and go on as if nothing had been: for longer than each
// timeout that concerns them, and for longer than somebody waits before starting another one.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "coordinator/options.h"
#include "tests/faults/audit.h"
#include "tests/faults/machine.h"
#include "tests/faults/transfers.h"
#include "tests/integration/bank_world.h"

namespace assent::testing {
namespace {

using std::chrono::milliseconds;

// Longer than every timeout of kShort.
constexpr milliseconds kPause{1'500};
const Arguments kShort = {"--limits-default-transaction-timeout",
                          "400ms",
                          "--limits-prepare-timeout",
                          "300ms",
                          "--limits-block-lifetime",
                          "1s",
                          "--limits-first-retry",
                          "50ms",
                          "--limits-max-retry",
                          "400ms"};
// Longer than keepalive lets a silent link live: 10 s until it asks, 5 s for the answer.
constexpr milliseconds kLongPause{16'000};

enum class Victim { kCoordinator, kDebit, kCredit, kDriver };

BankOptions WithShortTimeouts() {
  BankOptions options;
  options.coordinator_arguments = kShort;
  return options;
}

// A bank under transfers.
class Scene {
 public:
  Scene() : world_(WithShortTimeouts()), transfers_({world_.address(), milliseconds(500)}) {
    world_.AwaitAttached();
    transfers_.Start();
  }

  Process& Of(Victim victim) {
    switch (victim) {
      case Victim::kCoordinator:
        return world_.coordinator();
      case Victim::kDebit:
        return world_.node(BankWorld::kDebit);
      case Victim::kCredit:
        return world_.node(BankWorld::kCredit);
      case Victim::kDriver:
        break;
    }
    return transfers_.process();
  }

  // Stopped while transfers are under way; more are asked for meanwhile.
  void Stop(Victim victim) {
    transfers_.Grant(60);
    transfers_.AwaitAnswers(20);
    Freeze(Of(victim));
    transfers_.Grant(20);
  }

  void GoOn(Victim victim) {
    Thaw(Of(victim));
    transfers_.AwaitAnswers();
  }

  // All is as it should be, and goes on to be.
  void ExpectWhole() {
    world_.AwaitAttached();
    const std::uint64_t before = transfers_.journal().committed();
    transfers_.Grant(50);
    EXPECT_EQ(transfers_.Stop(), 0);
    EXPECT_GT(transfers_.journal().committed(), before);
    ExpectHonest(&world_, transfers_.journal());
    if (::testing::Test::HasFailure()) ADD_FAILURE() << world_.Output();
  }

  BankWorld& world() { return world_; }
  Transfers& transfers() { return transfers_; }

 private:
  BankWorld world_;
  Transfers transfers_;
};

constexpr Victim kVictims[] = {Victim::kCoordinator, Victim::kDebit, Victim::kCredit,
                               Victim::kDriver};

TEST(Pause, OfAnyProcessBeyondItsTimeoutsChangesNoOutcome) {
  Scene scene;
  for (const Victim victim : kVictims) {
    scene.world().AwaitAttached();
    scene.Stop(victim);
    Last(kPause);
    scene.GoOn(victim);
  }
  scene.ExpectWhole();
}

TEST(Pause, OfAnyProcessBeyondKeepaliveChangesNoOutcome) {
  std::vector<std::unique_ptr<Scene>> scenes;  // all at the same time
  for (const Victim victim : kVictims) {
    scenes.push_back(std::make_unique<Scene>());
    scenes.back()->Stop(victim);
  }
  Last(kLongPause);
  for (std::size_t i = 0; i < scenes.size(); ++i) scenes[i]->GoOn(kVictims[i]);
  for (const auto& scene : scenes) scene->ExpectWhole();
}

TEST(Pause, DoesNotLetASecondProcessOntoTheSameStore) {
  Scene scene;
  std::string output;
  scene.Stop(Victim::kCoordinator);
  EXPECT_EQ(RunToEnd(scene.world().CoordinatorCommand(), &output),
            static_cast<int>(ExitCode::kLogLocked));
  EXPECT_NE(output.find("LOCKED"), std::string::npos) << output;
  scene.GoOn(Victim::kCoordinator);
  scene.Stop(Victim::kCredit);
  EXPECT_NE(RunToEnd(scene.world().NodeCommand(BankWorld::kCredit), &output), 0);
  EXPECT_NE(output.find("LOCKED"), std::string::npos) << output;
  scene.GoOn(Victim::kCredit);
  scene.ExpectWhole();
}

// A coordinator that has been taken for dead, and replaced on a copy of its log.
class Replaced : public ::testing::Test {
 protected:
  Replaced() : old_socket_(scene_.world().directory() / "old") {
    scene_.transfers().Grant(50);
    scene_.transfers().AwaitAnswers();
    scene_.world().AwaitSettled();
    Freeze(old());
    const std::string log = scene_.world().log_directory();
    std::filesystem::copy(log, log + ".copy", std::filesystem::copy_options::recursive);
    std::filesystem::rename(scene_.world().directory() / "c", old_socket_);
    StartNew();
    // Who still talks to the old one would notice by keepalive; this is faster.
    for (const int node : {BankWorld::kDebit, BankWorld::kCredit}) {
      scene_.world().RestartNode(node);
      scene_.world().AwaitAttachedNode(node);
    }
    scene_.transfers().Restart();
    scene_.transfers().Grant(50);
    scene_.transfers().AwaitAnswers();
    Thaw(old());
  }

  void StartNew() {
    const std::string log = scene_.world().log_directory();
    Arguments command = scene_.world().CoordinatorCommand();
    std::replace(command.begin(), command.end(), log, log + ".copy");
    new_.Start(command, scene_.world().directory() / "new.out");
  }

  Process& old() { return scene_.world().coordinator(); }
  std::string OldAddress() const { return "unix:" + old_socket_; }

  Scene scene_;
  const std::string old_socket_;
  Process new_;
};

TEST_F(Replaced, CoordinatorDecidesNothingAndAnswersNothingOfItsSuccessor) {
  ClientOptions options;
  options.coordinator = OldAddress();
  Client client(options);
  Transaction transaction = client.Begin();
  ASSERT_TRUE(transaction.valid()) << transaction.error_text();
  transaction.Add("debit", "");
  transaction.Add("credit", "");
  EXPECT_EQ(transaction.Commit().outcome, Outcome::kAborted) << "nobody listens to it any more";
  const std::string youngest = std::prev(scene_.transfers().journal().told().end())->first;
  const CommitReport report = client.Get(youngest);
  EXPECT_EQ(report.outcome, Outcome::kUnknown) << "it cannot know of " << youngest;
  EXPECT_NE(report.error, Reason::kNone);
  Kill(&old());
  scene_.ExpectWhole();
}

TEST_F(Replaced, CoordinatorStopsForGoodWhenSomebodyWhoKnowsMoreAttaches) {
  Kill(&scene_.world().node(BankWorld::kCredit));
  Process node;
  Arguments command = scene_.world().NodeCommand(BankWorld::kCredit);
  std::replace(command.begin(), command.end(), scene_.world().address(), OldAddress());
  node.Start(command, scene_.world().directory() / "node.out");
  EXPECT_EQ(old().WaitForExit(), static_cast<int>(ExitCode::kSuperseded))
      << scene_.world().Output();
  Kill(&node);
  // In its end gRPC has removed the socket of the name that the old one once had.
  Kill(&new_);
  StartNew();
  scene_.world().StartNode(BankWorld::kCredit);
  scene_.ExpectWhole();
}

}  // namespace
}  // namespace assent::testing
