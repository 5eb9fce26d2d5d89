// How the daemon calls a participant without the library.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"
#include "tests/daemon/held_participant.h"

namespace assent::testing {
namespace {

class UnaryCalls : public ::testing::Test {
 protected:
  void Start(const Arguments& more) {
    std::ofstream(daemon_.directory() / "config.toml")
        << "[participants.till]\naddress = \"" << till_.address() << "\"\n";
    Arguments arguments = {"--config", daemon_.directory() / "config.toml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    daemon_.Start(arguments);
    initiator_ = std::make_unique<Initiator>(daemon_.address());
  }
  void AwaitAttached(bool attached = true) {
    for (;;) {
      const auto listed = initiator_->ListParticipants();
      for (const auto& one : listed.response.participants()) {
        if (one.attached() == attached) return;
      }
    }
  }
  void AwaitOutput(const std::string& text) {
    while (daemon_.Output().find(text) == std::string::npos) continue;
  }
  // Waits for the decision only.
  v1::TransactionOutcome Pay(const std::string& id) {
    v1::CommitTransactionRequest request = CommitOf(id, {"till"});
    request.set_wait_for(v1::WAIT_FOR_DECISION);
    return initiator_->Commit(request).response.outcome();
  }

  HeldParticipant till_;
  Daemon daemon_{{"--coordinator-id", "bank"}};
  std::unique_ptr<Initiator> initiator_;
};

TEST_F(UnaryCalls, CommitIsUnderWayOnceThoughItIsRepeatedAndListed) {
  Start({"--limits-first-retry", "1ms", "--limits-max-retry", "1ms", "--limits-poll-interval",
         "10ms"});
  AwaitAttached();
  till_.Behave({.commit_hangs = true});
  const std::string id = initiator_->BeginId();
  EXPECT_EQ(Pay(id).outcome(), v1::OUTCOME_COMMITTED);
  till_.Await([](const HeldParticipant::Counts& counts) { return counts.commits > 0; });
  till_.AwaitPolls(20);
  EXPECT_LE(till_.counts().commits, 3) << "one at a time; a call lasts 10 s at most";
  till_.Behave({});
  while (initiator_->Get(id).response.outcome().state() != v1::TRANSACTION_STATE_COMMITTED) {
    continue;
  }
}

// The list was made before the branch was committed, and comes when nobody remembers it any more.
TEST_F(UnaryCalls, AListOlderThanTheAcknowledgementAbortsNothing) {
  Start({"--limits-poll-interval", "1ms", "--limits-max-remembered", "0"});
  AwaitAttached();
  till_.Behave({.commit_hangs = true});
  const std::string id = initiator_->BeginId();
  EXPECT_EQ(Pay(id).outcome(), v1::OUTCOME_COMMITTED);
  till_.Await([](const HeldParticipant::Counts& counts) { return counts.commits > 0; });
  till_.Behave({.commit_hangs = true, .list_hangs = true});
  till_.AwaitPolls(1);
  till_.Behave({.list_hangs = true});
  // Its acknowledgement becomes durable with another's decision.
  while (initiator_->Get(id).status.ok()) Pay(initiator_->BeginId());
  till_.Behave({});
  till_.AwaitPolls(2);
  EXPECT_EQ(till_.counts().aborts, 0);
}

TEST_F(UnaryCalls, AFailedPrepareIsFollowedByListPrepared) {
  Start({"--limits-poll-interval", "1h"});
  AwaitAttached();
  const int before = till_.counts().polls;
  till_.Behave({.prepare_fails = true});
  const v1::TransactionOutcome outcome = Pay(initiator_->BeginId());
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_VOTE_LOST);
  till_.Await([before](const HeldParticipant::Counts& counts) { return counts.polls > before; });
}

TEST_F(UnaryCalls, APrepareThatTakesTooLongIsFollowedByListPrepared) {
  Start({"--limits-poll-interval", "1h", "--limits-prepare-timeout", "100ms"});
  AwaitAttached();
  const int before = till_.counts().polls;
  till_.Behave({.prepare_hangs = true});
  EXPECT_EQ(Pay(initiator_->BeginId()).outcome(), v1::OUTCOME_ABORTED);
  till_.Await([before](const HeldParticipant::Counts& counts) { return counts.polls > before; });
}

TEST_F(UnaryCalls, ListPreparedIsRepeatedWhileNothingHappens) {
  Start({"--limits-poll-interval", "10ms"});
  AwaitAttached();
  till_.AwaitPolls(5);
  EXPECT_EQ(till_.counts().prepares + till_.counts().commits + till_.counts().aborts, 0);
}

TEST_F(UnaryCalls, ASecondProcessOfOneIncarnationIsRefused) {
  Start({"--limits-poll-interval", "10ms"});
  AwaitAttached();
  till_.Behave({.life = 2});
  AwaitOutput("SAME_INCARNATION_OTHER_LIFE");
  const v1::TransactionOutcome outcome = Pay(initiator_->BeginId());
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_PARTICIPANT_UNAVAILABLE);
  EXPECT_EQ(till_.counts().prepares, 0);
  till_.Behave({.life = 1});
  AwaitAttached();
  EXPECT_EQ(Pay(initiator_->BeginId()).outcome(), v1::OUTCOME_COMMITTED);
}

TEST_F(UnaryCalls, AParticipantWithoutALifeNumberIsRefused) {
  till_.Behave({.life = 0});
  Start({"--limits-poll-interval", "10ms"});
  AwaitOutput("is refused: MALFORMED_REQUEST");
}

TEST_F(UnaryCalls, WhatAParticipantSaysIsWrittenInOneLine) {
  till_.Behave({.list_error = "gone\nE1121 forged"});
  Start({"--limits-poll-interval", "10ms"});
  AwaitOutput("gone\\nE1121 forged; goes on trying");
}

}  // namespace
}  // namespace assent::testing
