// Every bad input is answered with the documented code and reason, and harms nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <limits>
#include <memory>
#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

using grpc::StatusCode;

template <class Response>
void ExpectRefused(const Answer<Response>& answer, StatusCode code, const std::string& reason) {
  EXPECT_EQ(answer.status.error_code(), code) << answer.status.error_message();
  EXPECT_EQ(answer.reason, reason) << answer.status.error_message();
  EXPECT_NE(answer.status.error_message(), "");
}

// One daemon for all tests of the suite: what one of them sends must not harm the others.
class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    daemon_ = std::make_unique<Daemon>(Arguments{"--coordinator-id", "bank"});
    daemon_->Start();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(daemon_->Stop(), 0);
    daemon_ = nullptr;
  }

  BadInput() : initiator_(daemon_->address()), victim_(initiator_.BeginId()) {}

  // The state is unharmed.
  ~BadInput() override {
    EXPECT_EQ(initiator_.Get(victim_).response.outcome().state(), v1::TRANSACTION_STATE_ACTIVE);
    EXPECT_EQ(initiator_.Commit(victim_).response.outcome().outcome(), v1::OUTCOME_COMMITTED);
  }

  void ExpectIdRefused(const std::string& id, const std::string& reason) {
    SCOPED_TRACE(id);
    ExpectRefused(initiator_.Enlist(id, "stock"), StatusCode::INVALID_ARGUMENT, reason);
    ExpectRefused(initiator_.Commit(id), StatusCode::INVALID_ARGUMENT, reason);
    ExpectRefused(initiator_.Abort(id), StatusCode::INVALID_ARGUMENT, reason);
    ExpectRefused(initiator_.Get(id), StatusCode::INVALID_ARGUMENT, reason);
  }

  void ExpectCommitRefused(const v1::CommitTransactionRequest& request, const std::string& reason) {
    ExpectRefused(initiator_.Commit(request), StatusCode::INVALID_ARGUMENT, reason);
  }

  static std::unique_ptr<Daemon> daemon_;
  Initiator initiator_;
  const std::string victim_;
};

std::unique_ptr<Daemon> BadInput::daemon_;

TEST_F(BadInput, IdsThatAreNoneAreMalformed) {
  for (const char* id : {"", "bank", "bank-1", "bank-1-", "bank--1", "-1-1", "bank-0-1", "bank-1-0",
                         "bank-01-1", "bank-1-01", "BANK-1-1", "bank-1-1 ", "bank-1-x", "bank-+1-1",
                         "bank-1-18446744073709551616", "abcdefghijklmnopqrstuvwxyz-1-1"}) {
    ExpectIdRefused(id, "MALFORMED_TRANSACTION_ID");
  }
  ExpectIdRefused(std::string(70'000, 'a'), "MALFORMED_TRANSACTION_ID");
}

TEST_F(BadInput, IdsOfAnotherCoordinatorAreForeign) {
  ExpectIdRefused("other-1-1", "FOREIGN_TRANSACTION");
}

TEST_F(BadInput, IdsThatWereNotGivenOutAreOfTheFuture) {
  ExpectIdRefused("bank-1-1000000", "FUTURE_TRANSACTION");
  ExpectIdRefused("bank-2-1", "FUTURE_TRANSACTION");
  ExpectIdRefused("bank-18446744073709551615-18446744073709551615", "FUTURE_TRANSACTION");
}

TEST_F(BadInput, NamesThatAreNoneAreRefused) {
  for (const std::string& name :
       {std::string(), std::string(65, 'a'), std::string("Stock"), std::string("-stock"),
        std::string("a b"), std::string("a/b"), std::string(70'000, 'a')}) {
    SCOPED_TRACE(name.substr(0, 80));
    ExpectRefused(initiator_.Enlist(victim_, name), StatusCode::INVALID_ARGUMENT,
                  "INVALID_PARTICIPANT_NAME");
    ExpectCommitRefused(CommitOf(victim_, {name}), "INVALID_PARTICIPANT_NAME");
    ExpectRefused(initiator_.Replace(name, std::string(32, 'a')), StatusCode::INVALID_ARGUMENT,
                  "INVALID_PARTICIPANT_NAME");
  }
}

TEST_F(BadInput, UnknownParticipantsAreNotFound) {
  ExpectRefused(initiator_.Enlist(victim_, "nobody"), StatusCode::NOT_FOUND, "UNKNOWN_PARTICIPANT");
  ExpectRefused(initiator_.Replace("nobody", std::string(32, 'a')), StatusCode::NOT_FOUND,
                "UNKNOWN_PARTICIPANT");
}

TEST_F(BadInput, AParticipantListedTwiceIsRefused) {
  ExpectCommitRefused(CommitOf(victim_, {"stock", "stock"}), "DUPLICATE_PARTICIPANT");
}

TEST_F(BadInput, TooManyBranchesAreRefused) {
  std::vector<std::string> names;
  for (int i = 0; i < 65; ++i) names.push_back("participant-" + std::to_string(i));
  ExpectCommitRefused(CommitOf(victim_, names), "TOO_MANY_BRANCHES");
}

TEST_F(BadInput, PayloadsOverALimitAreRefused) {
  ExpectCommitRefused(CommitOf(victim_, {"stock"}, std::string(65'537, 'x')), "PAYLOAD_TOO_LARGE");
  std::vector<std::string> names;
  for (int i = 0; i < 9; ++i) names.push_back("participant-" + std::to_string(i));
  ExpectCommitRefused(CommitOf(victim_, names, std::string(65'536, 'x')), "PAYLOAD_TOO_LARGE");
}

TEST_F(BadInput, NegativeTimeoutsAreRefused) {
  ExpectRefused(initiator_.Begin(-1), StatusCode::INVALID_ARGUMENT, "INVALID_TIMEOUT");
  ExpectRefused(initiator_.Begin(std::numeric_limits<std::int64_t>::min()),
                StatusCode::INVALID_ARGUMENT, "INVALID_TIMEOUT");
  v1::CommitTransactionRequest request = CommitOf(victim_, {});
  request.set_call_timeout_us(-1);
  ExpectCommitRefused(request, "INVALID_TIMEOUT");
}

TEST_F(BadInput, AWrongNumberOfBranchesAborts) {
  v1::CommitTransactionRequest request = CommitOf(initiator_.BeginId(), {});
  request.set_expected_branches(1);
  const auto answer = initiator_.Commit(request);
  EXPECT_EQ(answer.response.outcome().outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(answer.response.outcome().abort_reason(), v1::ABORT_REASON_WRONG_BRANCH_COUNT);
}

TEST_F(BadInput, AParticipantThatIsNotThereAborts) {
  const auto outcome = initiator_.Commit(initiator_.BeginId(), {"nobody"}).response.outcome();
  EXPECT_EQ(outcome.outcome(), v1::OUTCOME_ABORTED);
  EXPECT_EQ(outcome.abort_reason(), v1::ABORT_REASON_PARTICIPANT_UNAVAILABLE);
  EXPECT_EQ(outcome.participant(), "nobody");
}

TEST_F(BadInput, EnlistingInAFinishedTransactionIsRefused) {
  Agent stock(daemon_->address(), "stock");
  ASSERT_EQ(stock.Attach().reason(), "");
  const std::string id = initiator_.BeginId();
  initiator_.Abort(id);
  ExpectRefused(initiator_.Enlist(id, "stock"), StatusCode::FAILED_PRECONDITION,
                "TRANSACTION_FINISHED");
}

TEST_F(BadInput, OtherBranchesUnderAFinishedIdAreADifferentRequest) {
  const std::string id = initiator_.BeginId();
  initiator_.Commit(id);
  ExpectRefused(initiator_.Commit(id, {"stock"}), StatusCode::FAILED_PRECONDITION,
                "DIFFERENT_REQUEST");
}

TEST_F(BadInput, GarbageIsRefusedByEveryMethod) {
  // A field number of 0, a length beyond the end, and a text that is not UTF-8.
  const std::string garbage[] = {std::string("\x00\x01", 2),
                                 "\x0a\x7f"
                                 "a",
                                 "\x0a\x02\xc0\x80"};
  for (const char* method :
       {"TransactionService/EnlistParticipant", "TransactionService/CommitTransaction",
        "TransactionService/AbortTransaction", "TransactionService/GetTransaction",
        "AdminService/ReplaceParticipant"}) {
    for (const std::string& bytes : garbage) {
      SCOPED_TRACE(method);
      ExpectRefused(RawCall(daemon_->address(), std::string("/assent.v1.") + method, bytes),
                    StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST");
    }
  }
  for (const char* method : {"TransactionService/BeginTransaction", "AdminService/ListTransactions",
                             "AdminService/ListParticipants", "AdminService/GetStatus"}) {
    SCOPED_TRACE(method);
    ExpectRefused(RawCall(daemon_->address(), std::string("/assent.v1.") + method, garbage[0]),
                  StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST");
  }
}

TEST_F(BadInput, GarbageEndsAStream) {
  for (const char* method : {"TransactionService/Session", "AttachService/Attach"}) {
    for (const std::string& bytes : {std::string("\x00\x01", 2),
                                     std::string("\x0a\x7f"
                                                 "a"),
                                     std::string()}) {
      SCOPED_TRACE(method);
      ExpectRefused(RawStream(daemon_->address(), std::string("/assent.v1.") + method, bytes),
                    StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST");
    }
  }
}

TEST_F(BadInput, TextsThatAreNotUtf8EndAStream) {
  // messages { attach { participant } }, and items { enlist { participant } }.
  ExpectRefused(RawStream(daemon_->address(), "/assent.v1.AttachService/Attach",
                          "\x0a\x05\x0a\x03\x0a\x01\xff"),
                StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST");
  ExpectRefused(RawStream(daemon_->address(), "/assent.v1.TransactionService/Session",
                          "\x0a\x05\x3a\x03\x0a\x01\xff"),
                StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST");
}

TEST_F(BadInput, FramesAndRequestsOverALimitAreRefused) {
  // Unknown fields would be skipped: only the size is wrong.
  const std::string big((1 << 20) + 1, '\x00');
  std::string many;
  for (int i = 0; i < 16'385; ++i) many += std::string("\x0a\x00", 2);
  for (const char* method : {"TransactionService/Session", "AttachService/Attach"}) {
    SCOPED_TRACE(method);
    for (const std::string& bytes : {big, many}) {
      ExpectRefused(RawStream(daemon_->address(), std::string("/assent.v1.") + method, bytes),
                    StatusCode::INVALID_ARGUMENT, "FRAME_TOO_LARGE");
    }
  }
  ExpectRefused(RawCall(daemon_->address(), "/assent.v1.TransactionService/CommitTransaction", big),
                StatusCode::INVALID_ARGUMENT, "FRAME_TOO_LARGE");
}

TEST_F(BadInput, AgentsThatMayNotHaveTheNameAreRefused) {
  Agent first(daemon_->address(), "till", 'a', 5, 7);
  ASSERT_EQ(first.Attach().reason(), "");
  const struct {
    char store;
    std::uint64_t incarnation;
    std::uint64_t life;
    const char* reason;
  } intruders[] = {{'b', 6, 7, "OTHER_STORE"},
                   {'a', 4, 7, "STALE_INCARNATION"},
                   {'a', 5, 8, "SAME_INCARNATION_OTHER_LIFE"}};
  for (const auto& intruder : intruders) {
    SCOPED_TRACE(intruder.reason);
    Agent agent(daemon_->address(), "till", intruder.store, intruder.incarnation, intruder.life);
    EXPECT_EQ(agent.Attach().reason(), intruder.reason);
    ExpectRefused(agent.Finish(), StatusCode::FAILED_PRECONDITION, intruder.reason);
  }
  EXPECT_TRUE(initiator_.Enlist(initiator_.BeginId(), "till").status.ok())
      << "it is attached still";
}

TEST_F(BadInput, AnAgentThatDoesNotIntroduceItselfIsRefused) {
  Agent agent(daemon_->address(), "till");
  v1::FromParticipant message;
  message.mutable_inquire()->set_epoch(1);
  message.mutable_inquire()->set_number(1);
  agent.Send(message);
  ExpectRefused(agent.Finish(), StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST");
}

TEST_F(BadInput, AnAgentWithoutALifeNumberIsRefused) {
  Agent agent(daemon_->address(), "lamp", 'a', 1, 0);
  EXPECT_EQ(agent.Attach().reason(), "MALFORMED_REQUEST");
  ExpectRefused(agent.Finish(), StatusCode::INVALID_ARGUMENT, "MALFORMED_REQUEST");
}

// Alarms, not errors: the stream has others' votes on it.
TEST_F(BadInput, VotesAndAcknowledgementsOfOthersAreIgnoredAndTheStreamStays) {
  Agent agent(daemon_->address(), "clerk");
  ASSERT_EQ(agent.Attach().reason(), "");
  v1::Prepare prepare;
  prepare.set_epoch(1);
  v1::Commit commit;
  commit.set_epoch(1);
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{1'000'000}, UINT64_MAX}) {
    prepare.set_number(number);
    commit.set_number(number);
    agent.Vote(prepare, v1::VOTE_KIND_YES);
    agent.Vote(prepare, v1::VOTE_KIND_NO);
    agent.Acknowledge(commit);
  }
  EXPECT_EQ(agent.Inquire(1, 1'000'000).verdict(), v1::VERDICT_REFUSED) << "it is there still";
  const std::string output = daemon_->Output();
  EXPECT_NE(output.find("ALARM: vote for a transaction it has no branch of"), std::string::npos);
  EXPECT_NE(output.find("ALARM: acknowledgement of what is not its own"), std::string::npos);
}

TEST_F(BadInput, LateAndRepeatedVotesAndAcknowledgementsAreIgnoredAndTheStreamStays) {
  Agent agent(daemon_->address(), "baker");
  ASSERT_EQ(agent.Attach().reason(), "");
  const std::string id = initiator_.BeginId();
  auto outcome = std::async(std::launch::async, [&] { return initiator_.Commit(id, {"baker"}); });
  const v1::Prepare prepare = agent.ReceivePrepare();
  for (int i = 0; i < 3; ++i) agent.Vote(prepare, v1::VOTE_KIND_YES);
  const v1::Commit commit = agent.ReceiveCommit();
  for (int i = 0; i < 3; ++i) agent.Acknowledge(commit);
  agent.Vote(prepare, v1::VOTE_KIND_NO);
  EXPECT_EQ(outcome.get().response.outcome().outcome(), v1::OUTCOME_COMMITTED);
  EXPECT_EQ(agent.Inquire(prepare.epoch(), prepare.number()).verdict(), v1::VERDICT_COMMIT);
}

TEST_F(BadInput, ASecondAttachOnOneLinkIsRefused) {
  Agent agent(daemon_->address(), "lamp");
  ASSERT_EQ(agent.Attach().reason(), "");
  agent.Attach();
  ExpectRefused(agent.Finish(), StatusCode::FAILED_PRECONDITION, "ALREADY_ATTACHED");
}

TEST(Retention, AnOutcomeThatIsNotKeptIsExpiredNeverAborted) {
  Daemon daemon({"--limits-max-remembered", "0"});
  daemon.Start();
  Initiator initiator(daemon.address());
  const std::string id = initiator.BeginId();
  EXPECT_EQ(initiator.Commit(id).response.outcome().outcome(), v1::OUTCOME_COMMITTED);
  const std::string next = initiator.BeginId();
  initiator.Abort(next);
  ExpectRefused(initiator.Get(id), StatusCode::NOT_FOUND, "OUTCOME_EXPIRED");
  ExpectRefused(initiator.Commit(id), StatusCode::NOT_FOUND, "OUTCOME_EXPIRED");
  ExpectRefused(initiator.Abort(id), StatusCode::NOT_FOUND, "OUTCOME_EXPIRED");
}

TEST(Admission, NothingBeginsOnADiskThatIsNearlyFull) {
  Daemon daemon({"--log-min-free-bytes", "1024GiB"});
  if (std::filesystem::space(daemon.directory() / ".").available > (std::uintmax_t{1} << 40)) {
    GTEST_SKIP() << "the disk has more free space than the option can ask for";
  }
  daemon.Start();
  Initiator initiator(daemon.address());
  ExpectRefused(initiator.Begin(), StatusCode::RESOURCE_EXHAUSTED, "DISK_NEARLY_FULL");
}

TEST(Admission, TransactionsOverTheLimitAreRefused) {
  Daemon daemon({"--limits-max-open-transactions", "1"});
  daemon.Start();
  Initiator initiator(daemon.address());
  const std::string id = initiator.BeginId();
  ExpectRefused(initiator.Begin(), StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_TRANSACTIONS");
  initiator.Abort(id);
  EXPECT_TRUE(initiator.Begin().status.ok());
}

}  // namespace
}  // namespace assent::testing
