// What peers must not send, and what they are told.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "proto/wire_convert.h"
#include "tests/proto/hex.h"

namespace assent {
namespace {

using testing::FromHex;
using testing::ToHex;

const CoordinatorId kCoordinator = *CoordinatorId::Parse("c1");

template <class Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

struct Bad {
  const char* message;
  Reason reason;
  const char* text;  // how the error's text begins
};

void ExpectError(const Bad& bad, const WireError& error) {
  EXPECT_EQ(error.reason, bad.reason) << bad.message;
  EXPECT_EQ(error.text.rfind(bad.text, 0), 0U) << bad.message << " gave " << error.text;
}

TEST(WireConvert, NamesWhatIsWrongInAFrameFromAParticipant) {
  const Bad kBad[] = {
      {"", Reason::kMalformedRequest, "messages: an empty frame"},
      {"messages {}", Reason::kMalformedRequest, "messages[0]: message: not set"},
      {"messages { acknowledge { epoch: 1 number: 1 } } messages { acknowledge { epoch: 1 } }",
       Reason::kMalformedTransactionId, "messages[1]: number: not set"},
      {"messages { vote { epoch: 1 number: 1 } }", Reason::kMalformedRequest,
       "messages[0]: vote: not set"},
      {"messages { vote { epoch: 1 number: 1 vote: 77 } }", Reason::kMalformedRequest,
       "messages[0]: vote: not set, or not a known value"},
      {"messages { attach { participant: 'No Name' } }", Reason::kInvalidParticipantName,
       "messages[0]: participant:"},
      {"messages { attach { participant: 'a' store_id: 'x' } }", Reason::kMalformedRequest,
       "messages[0]: store_id:"},
      {"messages { attach { participant: 'a' store_id: '00000000000000000000000000000000' } }",
       Reason::kMalformedRequest, "messages[0]: store_id:"},
      {"messages { attach { participant: 'a' store_id: '00000000000000000000000000000001' } }",
       Reason::kMalformedRequest, "messages[0]: incarnation:"},
      {"messages { enlist { transaction_id: 'c1-01-1' } }", Reason::kMalformedTransactionId,
       "messages[0]: transaction_id:"},
      {"messages { inquire {} }", Reason::kMalformedTransactionId, "messages[0]: epoch: not set"},
  };
  for (const Bad& bad : kBad) {
    auto frame = Parsed<v1::AttachRequest>(bad.message);
    std::vector<FromParticipant> messages;
    WireError error;
    EXPECT_FALSE(FromWire(&frame, &messages, &error)) << bad.message;
    ExpectError(bad, error);
    EXPECT_TRUE(messages.empty()) << "nothing of a bad frame is acted on";
  }
}

TEST(WireConvert, NamesWhatIsWrongInAFrameToAParticipant) {
  const Bad kBad[] = {
      {"", Reason::kMalformedRequest, "messages: an empty frame"},
      {"messages {}", Reason::kMalformedRequest, "messages[0]: message: not set"},
      {"messages { attach_answer {} }", Reason::kMalformedRequest, "messages[0]: coordinator_id:"},
      {"messages { prepare { epoch: 1 number: 1 } }", Reason::kMalformedRequest,
       "messages[0]: stamp_epoch:"},
      {"messages { prepare { epoch: 1 number: 1 peers {} } }", Reason::kInvalidParticipantName,
       "messages[0]: peers[0]: participant:"},
      {"messages { commit { epoch: 1 number: 1 } }", Reason::kMalformedRequest,
       "messages[0]: decision_number:"},
      {"messages { abort { epoch: 1 number: 1 stamp_n: 1 } }", Reason::kMalformedRequest,
       "messages[0]: stamp_epoch:"},
      {"messages { inquiry_answer { epoch: 1 number: 1 } }", Reason::kMalformedRequest,
       "messages[0]: verdict:"},
      {"messages { inquiry_answer { epoch: 1 number: 1 verdict: VERDICT_COMMIT } }",
       Reason::kMalformedRequest, "messages[0]: decision_number:"},
  };
  for (const Bad& bad : kBad) {
    auto frame = Parsed<v1::AttachResponse>(bad.message);
    std::vector<ToParticipant> messages;
    WireError error;
    EXPECT_FALSE(FromWire(&frame, &messages, &error)) << bad.message;
    ExpectError(bad, error);
  }
}

TEST(WireConvert, AnswersABadRequestOfASessionByItselfAndTakesTheOthers) {
  const Bad kBad[] = {
      {"items {}", Reason::kMalformedRequest, "request: not set"},
      {"items { get {} }", Reason::kMalformedTransactionId, "epoch: not set"},
      {"items { epoch: 1 number: 1 coordinator_id: '-' get {} }", Reason::kMalformedTransactionId,
       "coordinator_id:"},
      {"items { begin { timeout_us: -1 } }", Reason::kInvalidTimeout, "timeout_us: negative"},
      {"items { open_block { timeout_us: -1 } }", Reason::kInvalidTimeout, "timeout_us: negative"},
      {"items { epoch: 1 number: 1 enlist {} }", Reason::kInvalidParticipantName, "participant:"},
      {"items { epoch: 1 number: 1 commit { wait_for: 9 } }", Reason::kMalformedRequest,
       "wait_for: not a known value"},
      {"items { epoch: 1 number: 1 commit { branches { participant: '!' } } }",
       Reason::kInvalidParticipantName, "branches[0]: participant:"},
  };
  for (const Bad& bad : kBad) {
    auto frame = Parsed<v1::SessionRequest>(std::string(bad.message) +
                                            " items { epoch: 1 number: 2 get {} }");
    std::vector<SessionCall> calls;
    WireError error;
    ASSERT_TRUE(FromWire(&frame, kCoordinator, 1, &calls, &error)) << bad.message;
    ASSERT_EQ(calls.size(), 2U);
    ASSERT_TRUE(std::holds_alternative<ErrorReply>(calls[0].request)) << bad.message;
    ExpectError(bad, std::get<ErrorReply>(calls[0].request));
    EXPECT_TRUE(std::holds_alternative<InitiatorRequest>(calls[1].request));
  }
}

TEST(WireConvert, RefusesFramesWithTooManyItems) {
  v1::SessionRequest frame;
  for (std::size_t i = 0; i <= kMaxFrameItems; ++i) frame.add_items();
  std::vector<SessionCall> calls;
  WireError error;
  EXPECT_FALSE(FromWire(&frame, kCoordinator, 1, &calls, &error));
  EXPECT_EQ(error.reason, Reason::kFrameTooLarge);
}

TEST(WireConvert, RefusesBytesThatAreNoMessageAndTooManyBytes) {
  v1::SessionRequest frame;
  WireError error;
  EXPECT_FALSE(ParseWire("\xff\xff", &frame, &error));
  EXPECT_EQ(error.reason, Reason::kMalformedRequest);
  EXPECT_FALSE(ParseWire(std::string(kMaxFrameBytes + 1, '\0'), &frame, &error));
  EXPECT_EQ(error.reason, Reason::kFrameTooLarge);
}

TEST(WireConvert, RefusesInvalidUtf8) {
  // vote { epoch: 1, number: 1, vote: NO, text: "\xff" }
  v1::AttachRequest frame;
  WireError error;
  EXPECT_FALSE(ParseWire(FromHex("0a0b120908011001180222"
                                 "01ff"),
                         &frame, &error));
  EXPECT_EQ(error.reason, Reason::kMalformedRequest);
}

TEST(WireConvert, DoesNotTakeAnUnsetOutcomeForAnAnswer) {
  auto message = Parsed<v1::GetTransactionResponse>("transaction_id: 'c1-1-1'");
  OutcomeReply reply;
  WireError error;
  EXPECT_FALSE(FromWire(&message, &reply, &error));
  EXPECT_EQ(error.text, "outcome: not set, or not a known value");
}

TEST(WireConvert, DoesNotTakeAnEmptyAnswerToPrepareForAVote) {
  v1::PrepareResponse message;
  Vote vote;
  WireError error;
  EXPECT_FALSE(FromWire(&message, {1, 1}, &vote, &error));
}

TEST(WireConvert, RefusesAListOfAnotherCoordinatorsBranches) {
  auto message = Parsed<v1::ListPreparedResponse>(
      "store_id: '00000000000000000000000000000001' incarnation: 1 transaction_ids: 'c2-1-1'");
  Attach attach;
  std::vector<Inquire> prepared;
  WireError error;
  EXPECT_FALSE(FromWire(&message, kCoordinator, "stock", &attach, &prepared, &error));
  EXPECT_EQ(error.reason, Reason::kForeignTransaction);
}

TEST(WireConvert, RefusesASessionThatDoesNotSayOrChangesItsCoordinator) {
  v1::SessionResponse frame;
  CoordinatorId coordinator;
  std::vector<SessionAnswer> answers;
  WireError error;
  EXPECT_FALSE(FromWire(&frame, &coordinator, &answers, &error));
  frame.set_coordinator_id("c1");
  EXPECT_TRUE(FromWire(&frame, &coordinator, &answers, &error));
  frame.set_coordinator_id("c2");
  EXPECT_FALSE(FromWire(&frame, &coordinator, &answers, &error));
}

TEST(WireConvert, FormatsDoNotChangeByAccident) {
  v1::AttachRequest votes;
  Append(Vote{{1, 300}, VoteKind::kYes, ""}, &votes);
  EXPECT_EQ(ToHex(votes.SerializeAsString()),
            "0a0912070801"
            "10ac02"
            "1801");
  v1::AttachResponse commits;
  Append(Commit{{1, 300}, 5, {1, 200}}, &commits);
  EXPECT_EQ(ToHex(commits.SerializeAsString()),
            "0a0e1a0c0801"
            "10ac02"
            "1805"
            "2001"
            "28c801");
  v1::SessionRequest gets;
  Append(7, GetRequest{{kCoordinator, {1, 300}}}, kCoordinator, &gets);
  EXPECT_EQ(ToHex(gets.SerializeAsString()),
            "0a0908071001"
            "18ac02"
            "5200");
  v1::SessionResponse outcomes;
  OutcomeReply reply;
  reply.id = {kCoordinator, {1, 300}};
  reply.outcome = Outcome::kCommitted;
  reply.state = TransactionState::kCommitted;
  Append(7, reply, kCoordinator, &outcomes);
  EXPECT_EQ(ToHex(outcomes.SerializeAsString()),
            "120d08071001"
            "18ac02"
            "420408021005");
}

}  // namespace
}  // namespace assent
