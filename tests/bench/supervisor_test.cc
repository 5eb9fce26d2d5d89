// What ends the benchmark, and how. Each test ends a process of its own.
#include "tools/bench/supervisor.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "assent/work/v1/work_service.grpc.pb.h"
#include "tools/bench/admin.h"
#include "tools/bench/child.h"
#include "tools/bench/waiting.h"

namespace assent::bench {
namespace {

using testing::ExitedWithCode;

class SupervisorTest : public testing::Test {
 protected:
  // The tests' processes have threads: begin each of those that end from the program's start.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

// What it writes comes back.
std::unique_ptr<Child> Echo() {
  return std::make_unique<Child>(Started{"the echo"}, std::vector<std::string>{"/bin/cat"});
}

// For another thread to end the process.
void AwaitTheEnd() { BlockFor(Duration::Seconds(600)); }

TEST_F(SupervisorTest, EndsWithWhoDiedAndHowWhenANeededProcessIsKilled) {
  const auto kill_one = [] {
    Supervisor::Get().Watch();
    const auto echo = Echo();
    echo->Signal(SIGKILL);
    AwaitTheEnd();
  };
  EXPECT_EXIT(kill_one(), ExitedWithCode(1), "the echo .process [0-9]+. was killed by signal 9");
}

TEST_F(SupervisorTest, EndsWhenANeededProcessEndsByItself) {
  const auto end_one = [] {
    Supervisor::Get().Watch();
    const Child shell(Started{"the shell"}, {"/bin/sh", "-c", "exit 7"});
    AwaitTheEnd();
  };
  EXPECT_EXIT(end_one(), ExitedWithCode(1), "the shell .* ended with exit code 7");
}

TEST_F(SupervisorTest, ShowsTheEndOfTheLogOfWhoDied) {
  const auto log_and_die = [] {
    const std::string log = Supervisor::Get().MakeDirectory() + "/log";
    const Child shell(Started{"the shell", log},
                      {"/bin/sh", "-c", "echo the disk is full >" + log + "; kill -9 $$"});
    Supervisor::Get().Watch();
    AwaitTheEnd();
  };
  EXPECT_EXIT(log_and_die(), ExitedWithCode(1), "the end of its log:\n  the disk is full");
}

TEST_F(SupervisorTest, GivesTheDeathAsTheReasonOfTheErrorThatFollowsFromIt) {
  const auto ask_the_dead = [] {
    const auto echo = Echo();
    echo->Signal(SIGKILL);
    echo->ReadLine();
  };
  EXPECT_EXIT(ask_the_dead(), ExitedWithCode(1), "the echo .* was killed by signal 9");
}

TEST_F(SupervisorTest, SaysThatOneThatWasToBeEndedHadEndedByItself) {
  const auto end_the_dead = [] {
    const auto shell = std::make_unique<Child>(Started{"the shell"},
                                               std::vector<std::string>{"/bin/sh", "-c", "exit 7"});
    shell->SkipOutput();
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(shell->pid()), &info, WEXITED | WNOWAIT);
    shell->End();
  };
  EXPECT_EXIT(end_the_dead(), ExitedWithCode(1), "the shell .* ended with exit code 7");
}

TEST_F(SupervisorTest, EndsByASignalWithTheCodeOfIt) {
  const auto interrupt = [] {
    Supervisor::Get().Watch();
    const auto echo = Echo();
    kill(getpid(), SIGTERM);
    AwaitTheEnd();
  };
  EXPECT_EXIT(interrupt(), ExitedWithCode(128 + SIGTERM), "stopped: Terminated");
}

TEST_F(SupervisorTest, LetsAProcessEndThatMayOrIsToldTo) {
  const auto echo = Echo();
  EXPECT_EQ(echo->Ask("12"), "12");
  echo->End();
  Child shell(Started{"the shell", "", SIGKILL, false}, {"/bin/sh", "-c", "exit 7"});
  shell.SkipOutput();
  EXPECT_EQ(shell.Wait(), 7);
  Supervisor::Get().Check();
}

TEST_F(SupervisorTest, TakesOnlyNumbersForNumbers) {
  EXPECT_EQ(Echo()->AskNumber("-12"), -12);
  for (const std::string answer : {"", "many", "12 or so"}) {
    EXPECT_EXIT(Echo()->AskNumber(answer), ExitedWithCode(1),
                "the echo was asked for \"" + answer + "\" and said \"" + answer + "\"");
  }
}

// There is a server, and it has another service only: what was asked of it is not zero, but
// unknown.
TEST_F(SupervisorTest, EndsWhenTheStatusCannotBeHad) {
  const auto ask = [](bool status) {
    work::v1::WorkService::Service another;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.RegisterService(&another);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    const Admin admin("127.0.0.1:" + std::to_string(port));
    if (status) {
      admin.Status();
    } else {
      admin.Attached();
    }
  };
  EXPECT_EXIT(ask(true), ExitedWithCode(1),
              "GetStatus at 127.0.0.1:[0-9]+ has failed with code 12");
  EXPECT_EXIT(ask(false), ExitedWithCode(1), "ListParticipants at .* has failed with code 12");
}

}  // namespace
}  // namespace assent::bench
