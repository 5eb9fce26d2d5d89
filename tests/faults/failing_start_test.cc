// Every write, sync, rename, open and close of a decision log fails once, with EIO and with ENOSPC,
// while the real daemon makes the log, or starts on one that is there.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>

#include "coordinator/options.h"
#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"
#include "tests/faults/failing_calls.h"
#include "tests/support/test_scale.h"

namespace assent::testing {
namespace {

// A reserve, so that its calls fail too.
const Arguments kArguments = {"--log-reserve-bytes", "64KiB", "--log-min-free-bytes", "0B"};

int Code(ExitCode code) { return static_cast<int>(code); }

constexpr int kLongestStep = 20;  // from one call that fails to the next one tried

// Commits with one participant, driven by hand; UNKNOWN if the daemon ends meanwhile.
v1::Outcome CommitWork(const std::string& address, std::string* id) {
  Initiator initiator(address);
  Agent stock(address, "stock");
  if (!stock.Attach().reason().empty()) return v1::OUTCOME_UNKNOWN;
  const auto begun = initiator.Begin();
  if (!begun.status.ok()) return v1::OUTCOME_UNKNOWN;
  *id = begun.response.transaction_id();
  auto commit =
      std::async(std::launch::async, [&] { return initiator.Commit(CommitOf(*id, {"stock"})); });
  for (auto message = stock.Receive(); message.message_case() != 0; message = stock.Receive()) {
    if (message.has_prepare()) stock.Vote(message.prepare(), v1::VOTE_KIND_YES);
    if (message.has_commit()) {
      stock.Acknowledge(message.commit());
      break;
    }
  }
  const auto answer = commit.get();
  return answer.status.ok() ? answer.response.outcome().outcome() : v1::OUTCOME_UNKNOWN;
}

enum class Start { kCreating, kReopening };

class FailingStart : public ::testing::TestWithParam<std::tuple<std::size_t, const char*>> {
 protected:
  void SetUp() override {
    const std::string refusal = RefusalOfTracing();
    if (!refusal.empty()) GTEST_SKIP() << "calls cannot be made to fail here: " << refusal;
    daemon_ = std::make_unique<Daemon>(kArguments);
    daemon_->Start();
    ASSERT_EQ(CommitWork(daemon_->address(), &kept_), v1::OUTCOME_COMMITTED);
    ASSERT_EQ(daemon_->Stop(), 0);
    std::filesystem::rename(log(), master());
  }

  std::string log() const { return daemon_->data_directory(); }
  std::string master() const { return log() + ".master"; }
  std::string trace() const { return log() + ".trace"; }

  CallFailure Nth(int number) const {
    const auto& [kind, error] = GetParam();
    return {kCallKinds[kind], error, number};
  }

  void Reset(Start start) {
    std::filesystem::remove_all(log());
    std::filesystem::remove(trace());
    if (start == Start::kReopening) {
      std::filesystem::copy(master(), log(), std::filesystem::copy_options::recursive);
    }
  }

  // Starts with a failing call; false if there is no such call. `told`: a transaction that was
  // told to be committed, if the daemon served all the same.
  bool StartFailing(Start start, int number, std::string* told) {
    Reset(start);
    Arguments wrapper = FailingCalls(Nth(number), log(), trace());
    wrapper.emplace_back("-D");  // the daemon stays our child, not strace's
    Arguments arguments = kArguments;
    if (start == Start::kCreating) arguments.emplace_back("--create-log");
    if (daemon_->TryStart(arguments, wrapper)) {
      std::string id;
      if (CommitWork(daemon_->address(), &id) == v1::OUTCOME_COMMITTED) *told = id;
      daemon_->process().Signal(SIGTERM);
    }
    const int code = daemon_->process().WaitForExit();
    if (Failures(trace()) == 0) return false;
    if (code != 0) ExpectRefusal(number, code);
    return true;
  }

  void ExpectRefusal(int number, int code) {
    EXPECT_TRUE(code == Code(ExitCode::kLogRefused) || code == Code(ExitCode::kLogFailed)) << code;
    const bool is_eio = std::string(Nth(number).error) == "EIO";
    const std::string words = std::strerror(is_eio ? EIO : ENOSPC);
    EXPECT_NE(daemon_->Output().find(words), std::string::npos)
        << ToText(Nth(number)) << ": what was wrong is not said: " << daemon_->Output();
  }

  // The disk is well again.
  void ExpectRecovery(Start start, const std::string& told) {
    bool serves = daemon_->TryStart(kArguments);
    if (!serves && start == Start::kCreating) {
      EXPECT_EQ(daemon_->process().WaitForExit(), Code(ExitCode::kLogRefused));
      EXPECT_EQ(told, "") << "what served is not made again";
      Arguments arguments = kArguments;
      arguments.emplace_back("--create-log");
      serves = daemon_->TryStart(arguments);
    }
    ASSERT_TRUE(serves) << daemon_->Output();
    Initiator initiator(daemon_->address());
    for (const std::string& id : {start == Start::kReopening ? kept_ : "", told}) {
      if (id.empty()) continue;
      EXPECT_EQ(initiator.Get(id).response.outcome().outcome(), v1::OUTCOME_COMMITTED) << id;
    }
    EXPECT_NE(initiator.BeginId(), told) << "no id is given out twice";
    daemon_->Kill();
  }

  // At scale 1 every call, else every second, third, ...
  void Sweep(Start start) {
    const int step = kLongestStep / Scaled(kLongestStep);
    int tried = 0;
    int number = 1;
    for (std::string told; StartFailing(start, number, &told); number += step, told.clear()) {
      SCOPED_TRACE(ToText(Nth(number)));
      ASSERT_NO_FATAL_FAILURE(ExpectRecovery(start, told));
      ++tried;
    }
    std::printf("%s, %s of %s: %d of about %d calls tried%s\n",
                start == Start::kCreating ? "creating" : "reopening", Nth(1).error,
                Nth(1).kind.name, tried, number - 1, step > 1 ? ", the others left out" : "");
  }

  std::unique_ptr<Daemon> daemon_;
  std::string kept_;
};

TEST_P(FailingStart, OnALogThatIsThereLosesNothing) { Sweep(Start::kReopening); }

TEST_P(FailingStart, ThatMakesALogIsMadeGoodByTheNext) { Sweep(Start::kCreating); }

INSTANTIATE_TEST_SUITE_P(Calls, FailingStart,
                         ::testing::Combine(::testing::Range<std::size_t>(0, std::size(kCallKinds)),
                                            ::testing::Values("EIO", "ENOSPC")));

}  // namespace
}  // namespace assent::testing
