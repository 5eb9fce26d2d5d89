// Writes, syncs, opens and closes of the decision log fail, with EIO and with ENOSPC, while the
// real daemon decides transfers. A small write buffer makes it change its log's files meanwhile.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "coordinator/options.h"
#include "tests/faults/audit.h"
#include "tests/faults/failing_calls.h"
#include "tests/faults/transfers.h"
#include "tests/integration/bank_world.h"
#include "tests/support/test_scale.h"

namespace assent::testing {
namespace {

constexpr int kTransfers = 700;  // of one life
constexpr int kMostCalls = 8;    // the first of each thread, from the beginning of the fault

int Code(ExitCode code) { return static_cast<int>(code); }

bool IsGone(const Process& process) {
  siginfo_t info{};
  const auto pid = static_cast<id_t>(process.pid());
  return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

class FailingRun : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    const std::string refusal = RefusalOfTracing();
    if (!refusal.empty()) GTEST_SKIP() << "calls cannot be made to fail here: " << refusal;
    BankOptions options;
    options.coordinator_arguments = {"--log-write-buffer-bytes", "64KiB"};
    world_ = std::make_unique<BankWorld>(options);
    world_->AwaitAttached();
    transfers_ = std::make_unique<Transfers>(Transfers::Options{world_->address()});
    transfers_->Start();
  }

  void TearDown() override {
    if (HasFailure() && world_ != nullptr) ADD_FAILURE() << world_->Output();
  }

  // Until all transfers are answered, or the coordinator has ended.
  void AwaitAnswersOrEnd() {
    while (!transfers_->AwaitAnswersFor(std::chrono::milliseconds(20))) {
      if (IsGone(world_->coordinator())) return;
    }
  }

  // Transfers with a failing call, and the end of that coordinator. False: no call failed.
  bool RunFailing(const CallFailure& failure) {
    const TemporaryDirectory directory;
    const ReadyFile told(directory / "told");
    Process strace;
    const std::string trace = directory / "trace";
    Arguments command = FailingCalls(failure, world_->log_directory(), trace);
    // Without its silence: it says when it has attached.
    std::erase(command, std::string("-qq"));
    command.insert(command.end(), {"-p", std::to_string(world_->coordinator().pid())});
    strace.Start(command, told.path());
    const std::string words = told.Await(strace);
    EXPECT_NE(words.find("attached"), std::string::npos) << words;
    transfers_->Grant(kTransfers);
    AwaitAnswersOrEnd();
    if (!IsGone(world_->coordinator())) world_->coordinator().Signal(SIGTERM);
    const int code = world_->coordinator().WaitForExit();
    strace.WaitForExit();
    const bool failed = Failures(trace) > 0;
    ExpectEnd(failure, code, failed);
    return failed;
  }

  void ExpectEnd(const CallFailure& failure, int code, bool failed) {
    // In the orderly end only what was synced is closed, and the witness, which needs no sync.
    const bool harmless = std::string(failure.kind.name) == "close" && code == 0;
    if (!failed || harmless) {
      EXPECT_EQ(code, Code(ExitCode::kDone)) << ToText(failure);
    } else {
      EXPECT_EQ(code, Code(ExitCode::kLogFailed)) << ToText(failure);
      EXPECT_NE(world_->Output().find("IO_ERROR"), std::string::npos) << ToText(failure);
    }
  }

  std::unique_ptr<BankWorld> world_;
  std::unique_ptr<Transfers> transfers_;
};

TEST_P(FailingRun, EndsTheDaemonAndLosesNothingThatWasTold) {
  const CallKind& kind = kCallKinds[GetParam()];
  const int most = Scaled(kMostCalls, 2);
  int tried = 0;
  for (bool more = true; more && tried < most;) {
    // Each number with either error, in turn.
    const CallFailure failure = {kind, tried % 2 == 0 ? "EIO" : "ENOSPC", 1 + tried / 2};
    world_->AwaitAttached();
    more = RunFailing(failure);
    world_->StartCoordinator();
    transfers_->AwaitAnswers();
    if (more) ++tried;
  }
  std::printf(
      "%s: %d failures; %s\n", kind.name, tried,
      tried < most ? "there are no more such calls in a run" : "later calls of a run left out");
  EXPECT_EQ(transfers_->Stop(), 0);
  ExpectHonest(world_.get(), transfers_->journal());
}

INSTANTIATE_TEST_SUITE_P(Calls, FailingRun,
                         ::testing::Range<std::size_t>(0, std::size(kCallKinds)));

}  // namespace
}  // namespace assent::testing
