// The daemon as a process: how it starts, whom it refuses, how it ends.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <future>
#include <string>

#include "coordinator/options.h"
#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

using ::testing::Test;

constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

int Code(ExitCode code) { return static_cast<int>(code); }

std::string Health(const Daemon& daemon) {
  return RawCall(daemon.address(), "/grpc.health.v1.Health/Check", "").response;
}

// One that is being prepared: stock has voted yes, till has not voted.
class Undecided {
 public:
  explicit Undecided(const Daemon& daemon)
      : initiator_(daemon.address()),
        stock_(daemon.address(), "stock", 'a'),
        till_(daemon.address(), "till", 'b'),
        id_(initiator_.BeginId()) {
    EXPECT_EQ(stock_.Attach().reason(), "");
    EXPECT_EQ(till_.Attach().reason(), "");
    commit_ = std::async(std::launch::async, [this] {
      return initiator_.Commit(id_, {"stock", "till"});
    });
    stock_.Vote(stock_.ReceivePrepare(), v1::VOTE_KIND_YES);
    prepare_ = till_.ReceivePrepare();
  }

  const std::string& id() const { return id_; }
  Agent& stock() { return stock_; }
  Agent& till() { return till_; }
  const v1::Prepare& prepare() const { return prepare_; }
  Answer<v1::CommitTransactionResponse> Await() { return commit_.get(); }

 private:
  Initiator initiator_;
  Agent stock_;
  Agent till_;
  const std::string id_;
  v1::Prepare prepare_;
  std::future<Answer<v1::CommitTransactionResponse>> commit_;
};

TEST(DaemonProcess, IsServingAndListsItsServices) {
  Daemon daemon;
  daemon.Start();
  EXPECT_EQ(Health(daemon), kServing);
  const std::string services =
      RawStream(daemon.address(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                "\x3a\x01*")
          .response;
  for (const char* service : {"assent.v1.TransactionService", "assent.v1.AttachService",
                              "assent.v1.AdminService", "grpc.health.v1.Health"}) {
    EXPECT_NE(services.find(service), std::string::npos) << service;
  }
}

TEST(DaemonProcess, ServesNeitherHealthNorReflectionWhenTheyAreSwitchedOff) {
  Daemon daemon({"--health=false", "--reflection=false"});
  daemon.Start();
  EXPECT_EQ(RawCall(daemon.address(), "/grpc.health.v1.Health/Check", "").status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(RawStream(daemon.address(),
                      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "\x3a\x01*")
                .status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST(DaemonProcess, RefusesAPortThatAnotherOneServes) {
  Daemon first;
  first.Start();
  const TemporaryDirectory directory;
  std::string output;
  EXPECT_EQ(RunToEnd({AssentdPath(), "--create-log", "--listen", first.address(),
                      "--data-directory", directory / "log"},
                     &output),
            Code(ExitCode::kListenFailed));
  EXPECT_NE(output.find(first.address()), std::string::npos) << output;
  EXPECT_EQ(Health(first), kServing);
}

TEST(DaemonProcess, RefusesALogThatAnotherOneHasOpen) {
  Daemon first;
  first.Start();
  std::string output;
  EXPECT_EQ(RunToEnd({AssentdPath(), "--listen", "127.0.0.1:0", "--data-directory",
                      first.data_directory()},
                     &output),
            Code(ExitCode::kLogLocked))
      << output;
}

TEST(DaemonProcess, RefusesAMissingLogAndNamesWhatToDo) {
  Daemon daemon;
  EXPECT_FALSE(daemon.TryStart({}));
  EXPECT_EQ(daemon.process().WaitForExit(), Code(ExitCode::kLogRefused));
  EXPECT_NE(daemon.Output().find("--create-log"), std::string::npos) << daemon.Output();
}

TEST(DaemonProcess, NeverMakesALogWhereOneIs) {
  Daemon daemon;
  daemon.Start();
  daemon.Kill();
  EXPECT_FALSE(daemon.TryStart({"--create-log"}));
  EXPECT_EQ(daemon.process().WaitForExit(), Code(ExitCode::kLogRefused)) << daemon.Output();
}

TEST(DaemonProcess, RefusesADirectoryThatCannotBeOne) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "not a directory";
  for (const std::string& place : {directory / "file", directory / "file/log",
                                   directory / "nowhere/log", std::string("/proc/log")}) {
    std::string output;
    EXPECT_EQ(RunToEnd({AssentdPath(), "--create-log", "--listen", "127.0.0.1:0",
                        "--data-directory", place},
                       &output),
              Code(ExitCode::kLogRefused))
        << output;
    EXPECT_NE(output.find(place), std::string::npos) << output;
  }
}

TEST(DaemonProcess, RefusesTheLogOfAnotherCoordinator) {
  Daemon daemon;
  ASSERT_TRUE(daemon.TryStart({"--create-log", "--coordinator-id", "bank"}));
  daemon.Kill();
  EXPECT_FALSE(daemon.TryStart({"--coordinator-id", "shop"}));
  EXPECT_EQ(daemon.process().WaitForExit(), Code(ExitCode::kLogRefused)) << daemon.Output();
}

TEST(DaemonProcess, RefusesToServeOtherMachinesWithoutBeingAsked) {
  const TemporaryDirectory directory;
  std::string output;
  EXPECT_EQ(RunToEnd({AssentdPath(), "--create-log", "--listen", "0.0.0.0:0", "--data-directory",
                      directory / "log"},
                     &output),
            Code(ExitCode::kConfiguration));
  EXPECT_NE(output.find("insecure"), std::string::npos) << output;
}

TEST(DaemonProcess, RefusesAnUnknownFlag) {
  std::string output;
  EXPECT_EQ(RunToEnd({AssentdPath(), "--no-such-flag"}, &output), Code(ExitCode::kConfiguration));
  EXPECT_NE(output.find("no-such-flag"), std::string::npos) << output;
}

TEST(DaemonProcess, PrintsItsConfigurationAndStartsNothing) {
  std::string output;
  EXPECT_EQ(RunToEnd({AssentdPath(), "--print-config", "--listen", "127.0.0.1:1"}, &output), 0);
  EXPECT_NE(output.find("127.0.0.1:1"), std::string::npos) << output;
  EXPECT_NE(output.find("max_open_transactions"), std::string::npos) << output;
}

TEST(DaemonProcess, EndsInOrderWithIdleConnections) {
  Daemon daemon;
  daemon.Start();
  Initiator initiator(daemon.address());
  initiator.BeginId();
  Agent agent(daemon.address(), "stock");
  ASSERT_EQ(agent.Attach().reason(), "");
  EXPECT_EQ(daemon.Stop(), 0) << daemon.Output();
}

TEST(DaemonProcess, DrainsFinishesWhatIsPreparingAndRefusesWhatIsNew) {
  Daemon daemon;
  daemon.Start();
  Undecided transaction(daemon);
  daemon.process().Signal(SIGTERM);
  while (Health(daemon) == kServing) continue;
  EXPECT_EQ(Health(daemon), kNotServing);
  Initiator late(daemon.address());
  Answer<v1::BeginTransactionResponse> begun = late.Begin();
  while (begun.status.ok()) begun = late.Begin();
  EXPECT_EQ(begun.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(begun.reason, "DRAINING");
  transaction.till().Vote(transaction.prepare(), v1::VOTE_KIND_YES);
  EXPECT_EQ(transaction.stock().ReceiveCommit().decision_number(), 1U);
  EXPECT_EQ(daemon.process().WaitForExit(), 0) << daemon.Output();
  transaction.Await();

  daemon.Start();
  Initiator initiator(daemon.address());
  EXPECT_EQ(initiator.Get(transaction.id()).response.outcome().outcome(), v1::OUTCOME_COMMITTED);
}

TEST(DaemonProcess, EndsAfterTheDrainTimeoutWithAPreparedUndecidedTransaction) {
  Daemon daemon({"--drain-timeout", "100ms"});
  daemon.Start();
  Undecided transaction(daemon);
  EXPECT_EQ(daemon.Stop(), 0) << daemon.Output();
  const auto answer = transaction.Await();
  EXPECT_TRUE(!answer.status.ok() || answer.response.outcome().outcome() == v1::OUTCOME_UNKNOWN);
  daemon.Start();
  Initiator initiator(daemon.address());
  EXPECT_EQ(initiator.Get(transaction.id()).response.outcome().outcome(), v1::OUTCOME_ABORTED);
}

#ifdef ASSENT_CRASH_POINTS
TEST(DaemonProcess, CrossesItsCrashPointsByUnaryCallsToo) {
  for (const char* point : {"coordinator.request.received", "coordinator.answer.before_send"}) {
    Daemon daemon;
    daemon.Start();
    daemon.Kill();
    ASSERT_TRUE(daemon.TryStart({}, {"/usr/bin/env", std::string("ASSENT_CRASH=") + point}));
    Initiator initiator(daemon.address());
    EXPECT_EQ(initiator.Begin().status.error_code(), grpc::StatusCode::UNAVAILABLE) << point;
    EXPECT_EQ(daemon.process().WaitForExit(), 137) << point;
  }
}
#endif

TEST(DaemonProcess, EndsAtOnceAtTheSecondSignal) {
  Daemon daemon({"--drain-timeout", "1h", "--limits-prepare-timeout", "1h"});
  daemon.Start();
  Undecided transaction(daemon);
  daemon.process().Signal(SIGTERM);
  while (Health(daemon) == kServing) continue;
  daemon.process().Signal(SIGINT);
  EXPECT_EQ(daemon.process().WaitForExit(), 0) << daemon.Output();
  EXPECT_FALSE(transaction.Await().status.ok());
}

}  // namespace
}  // namespace assent::testing
