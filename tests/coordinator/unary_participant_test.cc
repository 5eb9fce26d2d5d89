// What waits for a participant without the library is bounded.
#include "coordinator/unary_participant.h"

#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <variant>

#include "runtime/clock.h"
#include "tests/daemon/held_participant.h"
#include "tests/runtime/harness.h"

namespace assent {
namespace {

RecoveredLog EmptyLog() {
  RecoveredLog log;
  log.coordinator = *CoordinatorId::Parse("bank");
  log.epoch = 1;
  return log;
}

// Durable in the loop's next turn.
class QuickLog final : public LogSink {
 public:
  void WriteDecision(LogTicket ticket, DecisionRecord) override {
    EXPECT_TRUE(loop->Post([this, ticket] { shell->Logged(ticket); }));
  }
  void WriteUpdate(LogTicket, LogUpdate, bool) override {}

  EventLoop* loop = nullptr;
  Shell* shell = nullptr;
};

// The core on its loop, with one participant that is dialled.
class UnaryParticipantTest : public ::testing::Test, private Requester {
 protected:
  void Run(std::size_t max_calls, std::size_t max_waiting) {
    log_.loop = &loop_;
    log_.shell = &shell_;
    UnaryParticipantOptions options;
    options.name = "till";
    options.address = till_.address();
    options.poll_interval = Duration::Seconds(3600);
    options.prepare_timeout = Duration::Seconds(3600);
    options.max_calls = max_calls;
    options.max_waiting = max_waiting;
    participant_ = std::make_unique<UnaryParticipant>(&loop_, &shell_, options);
    LoopHooks hooks;
    hooks.deadline = [this] { return shell_.NextDeadline(); };
    hooks.tick = [this](Time now) { shell_.Tick(now); };
    thread_ = std::make_unique<test::LoopThread>(&loop_, hooks);
    thread_->On([this] { participant_->Start(); });
    for (bool attached = false; !attached;) {
      thread_->On([&] {
        for (const auto& one : core_.ListParticipants()) attached |= one.attached;
      });
    }
  }
  ~UnaryParticipantTest() override {
    thread_->On([this] { participant_->Stop(); });
    till_.Behave({});
    thread_->CloseAndJoin();
  }

  // Begins, and asks for the commit under that number.
  void Commit(std::uint64_t tag) {
    shell_.Submit(id_, 0, BeginRequest{});
    shell_.Submit(id_, tag, CommitRequest{begun_, {{"till", "work"}}, {}, {}, {}});
  }
  void Answer(std::uint64_t tag, InitiatorReply reply) override {
    if (const auto* begun = std::get_if<BeginReply>(&reply)) {
      begun_ = begun->id;
      return;
    }
    const auto* outcome = std::get_if<OutcomeReply>(&reply);
    monitor_.Update([&] {
      outcomes_[tag] = outcome == nullptr ? AbortReason::kNone : outcome->abort_reason;
      committed_ += outcome != nullptr && outcome->outcome == Outcome::kCommitted ? 1 : 0;
    });
  }

  testing::HeldParticipant till_;
  QuickLog log_;
  grpc::CompletionQueue queue_;
  EventLoop loop_{&queue_};
  Coordinator core_{{}, EmptyLog(), 7, 7, MonotonicNow()};
  Shell shell_{&loop_, &core_, &log_, 1000,
               [](Reason, const std::string& text) { ADD_FAILURE() << text; }};
  const std::uint64_t id_ = shell_.AddRequester(this);
  TransactionId begun_;
  test::Monitor monitor_;
  std::map<std::uint64_t, AbortReason> outcomes_;  // of what was answered
  int committed_ = 0;
  std::unique_ptr<UnaryParticipant> participant_;
  std::unique_ptr<test::LoopThread> thread_;
};

TEST_F(UnaryParticipantTest, LosesPreparesThatFindNoRoom) {
  Run(/*max_calls=*/1, /*max_waiting=*/2);
  till_.Behave({.prepare_hangs = true});
  thread_->On([this] {
    for (std::uint64_t tag = 1; tag <= 6; ++tag) Commit(tag);
  });
  ASSERT_TRUE(monitor_.Await([this] { return outcomes_.size() >= 3; }));
  monitor_.Update([this] {
    EXPECT_EQ(outcomes_, (std::map<std::uint64_t, AbortReason>{{4, AbortReason::kVoteLost},
                                                               {5, AbortReason::kVoteLost},
                                                               {6, AbortReason::kVoteLost}}))
        << "one is under way, two wait";
  });
  till_.Await([](const auto& counts) { return counts.prepares == 1; });
}

// P5: new work that hangs does not hold up what is decided.
TEST_F(UnaryParticipantTest, CommitsGoBeforePreparesThatHang) {
  Run(/*max_calls=*/4, /*max_waiting=*/100);
  till_.Behave({.prepare_hangs = true});
  thread_->On([this] { Commit(1); });
  till_.Await([](const auto& counts) { return counts.prepares == 1; });
  till_.Behave({.later_prepares_hang = true});
  thread_->On([this] {
    for (std::uint64_t tag = 2; tag <= 50; ++tag) Commit(tag);
  });
  ASSERT_TRUE(monitor_.Await([this] { return committed_ > 0; }));
  EXPECT_EQ(till_.counts().commits, 1);
  EXPECT_LE(till_.counts().prepares, 4);
}

}  // namespace
}  // namespace assent
