// Every crash point of the coordinator and of a participant: the process dies there, in a commit
// and in an abort, comes back, and everything is as the initiator was told.
#include "runtime/crash_point.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/bank_world.h"

namespace assent::testing {
namespace {

constexpr int kKilled = 137;
constexpr std::int64_t kTotal = kAccounts * kFunds;

enum class Work { kCommit, kAbort };

// A point, and whether transfers that commit, or abort, cross it.
struct Row {
  std::string_view point;
  bool by_commit;
  bool by_abort;
};

// An abort writes nothing, but names are bound on the way, so commits only.
constexpr Row kCoordinatorRows[] = {
    {"coordinator.request.received", true, true},
    {"coordinator.vote.received", true, true},
    {"coordinator.acknowledge.received", true, false},
    {"coordinator.prepare.before_send", true, true},
    {"coordinator.commit.before_send", true, false},
    {"coordinator.abort.before_send", false, true},
    {"coordinator.attach.after_send", true, true},
    {"coordinator.answer.before_send", true, true},
    {"coordinator.session.after_send", true, true},
    {"coordinator.decision.before_write", true, false},
    {"coordinator.decision.after_write", true, false},
    {"coordinator.logged.received", true, false},
};

// Of "credit", which votes yes in both.
constexpr Row kParticipantRows[] = {
    {"participant.prepare.before_store", true, true},
    {"participant.prepare.after_store", true, true},
    {"participant.commit.before_store", true, false},
    {"participant.commit.after_store", true, false},
    {"participant.abort.before_store", false, true},
    {"participant.abort.after_store", false, true},
    {"agent.send.before_vote", true, false},  // an abort may come before the vote
    {"agent.send.after_vote", true, false},
    {"agent.send.before_acknowledge", true, false},
    {"agent.send.after_acknowledge", true, false},
};

// The first pass may be on the way to the first transfer; a later one is within one.
constexpr int kPasses[] = {1, 2, 5};

constexpr std::string_view kStartRows[] = {
    "coordinator.start.before_epoch",
    "coordinator.start.after_epoch",
    "participant.start.before_incarnation",
    "participant.start.after_incarnation",
};

constexpr std::string_view kEnlistRows[] = {
    "agent.send.before_enlist",
    "agent.send.after_enlist",
};

class CrashPoint : public ::testing::Test {
 protected:
  CrashPoint() { world_.AwaitAttached(); }
  ~CrashPoint() override {
    if (HasFailure()) ADD_FAILURE() << world_.Output();
  }

  // Both nodes hold what was committed, and nothing is left over.
  void ExpectMoved(const std::string& what) {
    world_.AwaitSettled();
    EXPECT_EQ(world_.Balance(BankWorld::kDebit), kTotal - moved_) << what;
    EXPECT_EQ(world_.Balance(BankWorld::kCredit), kTotal + moved_) << what;
  }

  void Account(Work work, CommitReport report, const std::string& what) {
    if (report.outcome == Outcome::kUnknown) report = world_.client().Get(report.id);
    EXPECT_NE(report.outcome, Outcome::kUnknown) << what << ": " << report.error_text;
    EXPECT_TRUE(work == Work::kCommit || report.outcome == Outcome::kAborted) << what;
    if (report.outcome == Outcome::kCommitted) ++moved_;
  }

  // Transfers one after the other, until the process under test has died.
  std::vector<CommitReport> TransferUntil(const std::atomic<bool>& died, Work work) {
    std::vector<CommitReport> reports;
    do {
      reports.push_back(world_.NewTransfer(0, work == Work::kCommit ? 1 : kTotal).Commit());
    } while (!died);
    return reports;
  }

  // The process under test runs with the crash switch set.
  void Cross(const std::string& what, Work work, Process* process,
             const std::function<void()>& restart) {
    std::atomic<bool> died{false};
    auto reports =
        std::async(std::launch::async, [this, &died, work] { return TransferUntil(died, work); });
    EXPECT_EQ(process->WaitForExit(), kKilled) << what;
    died = true;
    restart();
    for (const CommitReport& report : reports.get()) Account(work, report, what);
    ExpectMoved(what);
  }

  // Calls `run` for each pass of each point that the work crosses.
  template <class Rows, class Run>
  void ForEach(const Rows& rows, const Run& run) {
    for (const Row& row : rows) {
      for (const int pass : kPasses) {
        const std::string point = std::string(row.point) + ":" + std::to_string(pass);
        if (row.by_commit) run(point, Work::kCommit);
        if (row.by_abort) run(point, Work::kAbort);
      }
    }
  }

  BankWorld world_;
  std::int64_t moved_ = 0;
};

bool IsCovered(std::string_view point) {
  const auto names = [point](const Row& row) { return row.point == point; };
  return std::any_of(std::begin(kCoordinatorRows), std::end(kCoordinatorRows), names) ||
         std::any_of(std::begin(kParticipantRows), std::end(kParticipantRows), names) ||
         std::count(std::begin(kStartRows), std::end(kStartRows), point) > 0 ||
         std::count(std::begin(kEnlistRows), std::end(kEnlistRows), point) > 0;
}

TEST(CrashPoints, AreAllInTheseTables) {
  for (const std::string_view point : kCrashPoints) EXPECT_TRUE(IsCovered(point)) << point;
}

TEST_F(CrashPoint, OfTheCoordinatorLosesNothing) {
  ForEach(kCoordinatorRows, [this](const std::string& point, Work work) {
    world_.RestartCoordinator(point);
    Cross(point, work, &world_.coordinator(), [this] { world_.StartCoordinator(); });
  });
}

TEST_F(CrashPoint, OfAParticipantLosesNothing) {
  ForEach(kParticipantRows, [this](const std::string& point, Work work) {
    world_.RestartNode(BankWorld::kCredit, point);
    Cross(point, work, &world_.node(BankWorld::kCredit),
          [this] { world_.StartNode(BankWorld::kCredit); });
  });
}

TEST_F(CrashPoint, OfAStartIsPassedByTheNextStart) {
  for (const std::string_view point : kStartRows) {
    const bool coordinator = point.substr(0, 11) == "coordinator";
    Process& process = coordinator ? world_.coordinator() : world_.node(BankWorld::kCredit);
    if (coordinator) {
      world_.RestartCoordinator(std::string(point));
    } else {
      world_.RestartNode(BankWorld::kCredit, std::string(point));
    }
    EXPECT_EQ(process.WaitForExit(), kKilled) << point;
    if (coordinator) {
      world_.StartCoordinator();
    } else {
      world_.StartNode(BankWorld::kCredit);
    }
    world_.AwaitAttached();
    Account(Work::kCommit, world_.NewTransfer(0, 1).Commit(), std::string(point));
    ExpectMoved(std::string(point));
  }
}

TEST_F(CrashPoint, OfAnEnlistmentLeavesNoLockAndNoBranch) {
  for (const std::string_view point : kEnlistRows) {
    world_.RestartNode(BankWorld::kCredit, std::string(point));
    world_.AwaitAttached();
    Transaction transaction = world_.client().Begin();
    grpc::ClientContext context;
    transaction.Join(&context);
    assent_test::AddRequest request;
    request.set_account("account0");
    request.set_delta(1);
    assent_test::AddResponse response;
    const bool worked = world_.bank(BankWorld::kCredit).Add(&context, request, &response).ok();
    // After the enlistment was sent, its answer, and the call's, may overtake the end of the write.
    EXPECT_TRUE(!worked || point == "agent.send.after_enlist") << point;
    EXPECT_EQ(world_.node(BankWorld::kCredit).WaitForExit(), kKilled) << point;
    world_.StartNode(BankWorld::kCredit);
    EXPECT_EQ(transaction.Abort().outcome, Outcome::kAborted);
    ExpectMoved(std::string(point));
    Account(Work::kCommit, world_.NewTransfer(0, 1).Commit(), std::string(point));
    ExpectMoved(std::string(point));
  }
}

}  // namespace
}  // namespace assent::testing
