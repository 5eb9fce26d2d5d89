// Calls on the decision log fail, with EIO and with ENOSPC, while the real daemon decides
// transfers: each write, sync and close of a short run, and each call of any kind with which a long
// run changes its log's files (a small write buffer makes it do so).
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "coordinator/options.h"
#include "tests/faults/audit.h"
#include "tests/faults/failing_calls.h"
#include "tests/faults/transfers.h"
#include "tests/integration/bank_world.h"
#include "tests/support/test_scale.h"

namespace assent::testing {
namespace {

constexpr int kAll = 200;  // failures; more than any sweep has calls for

// One life of the coordinator after the other, each with a later call that fails.
struct Sweep {
  const char* name;
  const char* kind;
  int transfers;  // of one life
  int most;       // failures
};

constexpr Sweep kSweeps[] = {
    {"ShortWrite", "write", 30, kAll},    {"ShortPwrite", "pwrite", 30, kAll},
    {"ShortSync", "fdatasync", 30, kAll}, {"ShortClose", "close", 30, kAll},
    {"LongWrite", "write", 700, 8},       {"LongPwrite", "pwrite", 700, 8},
    {"LongSync", "fdatasync", 700, 8},    {"LongSyncOfNames", "fsync", 700, kAll},
    {"LongRename", "rename", 700, kAll},  {"LongOpen", "open", 700, kAll},
    {"LongClose", "close", 700, kAll},
};

const CallKind& KindNamed(std::string_view name) {
  return *std::find_if(std::begin(kCallKinds), std::end(kCallKinds),
                       [name](const CallKind& kind) { return kind.name == name; });
}

int Code(ExitCode code) { return static_cast<int>(code); }

bool IsGone(const Process& process) {
  siginfo_t info{};
  const auto pid = static_cast<id_t>(process.pid());
  return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

class FailingRun : public ::testing::TestWithParam<Sweep> {
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
    transfers_->Grant(GetParam().transfers);
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
  const Sweep& sweep = GetParam();
  const int most = Scaled(sweep.most, 2);
  int tried = 0;
  for (bool more = true; more && tried < most;) {
    // Each number with either error, in turn.
    const CallFailure failure = {KindNamed(sweep.kind), tried % 2 == 0 ? "EIO" : "ENOSPC",
                                 1 + tried / 2};
    world_->AwaitAttached();
    more = RunFailing(failure);
    world_->StartCoordinator();
    transfers_->AwaitAnswers();
    if (more) ++tried;
  }
  std::printf("%s: %d failures; %s\n", sweep.name, tried,
              tried < most ? "there are no more such calls" : "later calls left out");
  EXPECT_LT(tried, kAll) << "no sweep of every call is cut short";
  EXPECT_EQ(transfers_->Stop(), 0);
  ExpectHonest(world_.get(), transfers_->journal());
}

INSTANTIATE_TEST_SUITE_P(Sweeps, FailingRun, ::testing::ValuesIn(kSweeps),
                         [](const auto& sweep) { return sweep.param.name; });

}  // namespace
}  // namespace assent::testing
