#include "proto/wire_convert.h"

#include <gtest/gtest.h>

#include "tests/proto/random_values.h"

namespace assent {
namespace {

using testing::RandomValues;

// Serialized and parsed again, as a peer gets it.
template <class Message>
Message Sent(const Message& message) {
  Message received;
  WireError error;
  EXPECT_TRUE(ParseWire(message.SerializeAsString(), &received, &error)) << error.text;
  return received;
}

// Two values are equal if they encode to the same bytes; a value of a message that was decoded and
// encoded again has lost and made up nothing.
TEST(WireConvert, BringsEveryMessageOfAParticipantAcrossUnchanged) {
  RandomValues random(1);
  for (int round = 0; round < 2'000; ++round) {
    v1::AttachRequest frame;
    for (int i = 0; i < 5; ++i) Append(random.NewFromParticipant(), &frame);
    v1::AttachRequest received = Sent(frame);
    std::vector<FromParticipant> values;
    WireError error;
    ASSERT_TRUE(FromWire(&received, &values, &error)) << error.text;
    v1::AttachRequest again;
    for (FromParticipant& value : values) Append(std::move(value), &again);
    ASSERT_EQ(again.SerializeAsString(), frame.SerializeAsString());
  }
}

TEST(WireConvert, BringsEveryMessageToAParticipantAcrossUnchanged) {
  RandomValues random(2);
  for (int round = 0; round < 2'000; ++round) {
    v1::AttachResponse frame;
    for (int i = 0; i < 5; ++i) Append(random.NewToParticipant(), &frame);
    v1::AttachResponse received = Sent(frame);
    std::vector<ToParticipant> values;
    WireError error;
    ASSERT_TRUE(FromWire(&received, &values, &error)) << error.text;
    v1::AttachResponse again;
    for (ToParticipant& value : values) Append(std::move(value), &again);
    ASSERT_EQ(again.SerializeAsString(), frame.SerializeAsString());
  }
}

TEST(WireConvert, BringsEveryRequestOfASessionAcrossUnchanged) {
  RandomValues random(3);
  for (int round = 0; round < 2'000; ++round) {
    const CoordinatorId coordinator = random.Coordinator();
    v1::SessionRequest frame;
    for (int i = 0; i < 5; ++i) Append(random.Number(), random.NewRequest(), coordinator, &frame);
    v1::SessionRequest received = Sent(frame);
    std::vector<SessionCall> calls;
    WireError error;
    ASSERT_TRUE(FromWire(&received, coordinator, 7, &calls, &error)) << error.text;
    v1::SessionRequest again;
    for (SessionCall& call : calls) {
      ASSERT_TRUE(std::holds_alternative<InitiatorRequest>(call.request));
      Append(call.correlation_id, std::get<InitiatorRequest>(call.request), coordinator, &again);
    }
    ASSERT_EQ(again.SerializeAsString(), frame.SerializeAsString());
  }
}

TEST(WireConvert, BringsEveryAnswerOfASessionAcrossUnchanged) {
  RandomValues random(4);
  for (int round = 0; round < 2'000; ++round) {
    const CoordinatorId coordinator = random.Coordinator();
    v1::SessionResponse frame;
    frame.set_coordinator_id(std::string(coordinator.text()));
    for (int i = 0; i < 5; ++i) Append(random.Number(), random.NewReply(), coordinator, &frame);
    v1::SessionResponse received = Sent(frame);
    CoordinatorId told;
    std::vector<SessionAnswer> answers;
    WireError error;
    ASSERT_TRUE(FromWire(&received, &told, &answers, &error)) << error.text;
    EXPECT_EQ(told, coordinator);
    v1::SessionResponse again;
    again.set_coordinator_id(std::string(told.text()));
    for (SessionAnswer& answer : answers) {
      Append(answer.correlation_id, std::move(answer.reply), coordinator, &again);
    }
    ASSERT_EQ(again.SerializeAsString(), frame.SerializeAsString());
  }
}

// There and back again for one unary message.
template <class Message, class Value>
void ExpectUnchanged(const Value& value) {
  Message message;
  ToWire(value, &message);
  Message received = Sent(message);
  Value read;
  WireError error;
  ASSERT_TRUE(FromWire(&received, &read, &error)) << error.text;
  Message again;
  ToWire(std::move(read), &again);
  ASSERT_EQ(again.SerializeAsString(), message.SerializeAsString());
}

TEST(WireConvert, BringsUnaryRequestsAndResponsesAcrossUnchanged) {
  RandomValues random(5);
  for (int round = 0; round < 500; ++round) {
    ExpectUnchanged<v1::BeginTransactionRequest>(BeginRequest{random.Time()});
    ExpectUnchanged<v1::EnlistParticipantRequest>(
        EnlistRequest{random.Transaction(), random.Name()});
    ExpectUnchanged<v1::CommitTransactionRequest>(random.NewCommitRequest());
    ExpectUnchanged<v1::AbortTransactionRequest>(random.NewAbortRequest());
    ExpectUnchanged<v1::GetTransactionRequest>(GetRequest{random.Transaction()});
    ExpectUnchanged<v1::BeginTransactionResponse>(BeginReply{random.Transaction(), random.Time()});
    ExpectUnchanged<v1::EnlistParticipantResponse>(EnlistReply{});
    ExpectUnchanged<v1::CommitTransactionResponse>(random.NewOutcome());
    ExpectUnchanged<v1::AbortTransactionResponse>(random.NewOutcome());
    ExpectUnchanged<v1::GetTransactionResponse>(random.NewOutcome());
  }
}

template <class Message, class Value>
void ExpectUnchangedTo(const Addressee& to, const Value& value) {
  Message message;
  ToWire(value, to, &message);
  Message received = Sent(message);
  Value read;
  Addressee read_to;
  WireError error;
  ASSERT_TRUE(FromWire(&received, &read_to, &read, &error)) << error.text;
  EXPECT_EQ(read_to, to);
  Message again;
  ToWire(std::move(read), read_to, &again);
  ASSERT_EQ(again.SerializeAsString(), message.SerializeAsString());
}

TEST(WireConvert, BringsCallsToAParticipantAcrossUnchanged) {
  RandomValues random(6);
  for (int round = 0; round < 500; ++round) {
    const Addressee to{random.Coordinator(), random.Name(), random.Store()};
    ExpectUnchangedTo<v1::PrepareRequest>(to, random.NewPrepare());
    ExpectUnchangedTo<v1::CommitRequest>(to, random.NewCommit());
    ExpectUnchangedTo<v1::AbortRequest>(to, random.NewAbort());
  }
}

TEST(WireConvert, BringsAParticipantsListAndVoteAcrossUnchanged) {
  RandomValues random(7);
  for (int round = 0; round < 500; ++round) {
    const CoordinatorId coordinator = random.Coordinator();
    const Attach attach = random.NewAttach();
    v1::ListPreparedResponse message;
    const std::vector<Inquire> prepared = {{random.Id()}, {random.Id()}};
    ToWire(attach, prepared, coordinator, &message);
    Attach read;
    std::vector<Inquire> listed;
    WireError error;
    ASSERT_TRUE(FromWire(&message, coordinator, attach.participant, &read, &listed, &error));
    EXPECT_EQ(read.store, attach.store);
    EXPECT_EQ(read.incarnation, attach.incarnation);
    EXPECT_EQ(read.life, attach.life);
    EXPECT_EQ(read.knowledge, attach.knowledge);
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[1].id, prepared[1].id);

    const Vote vote = random.NewVote();
    v1::PrepareResponse response;
    ToWire(vote, &response);
    Vote read_vote;
    ASSERT_TRUE(FromWire(&response, vote.id, &read_vote, &error));
    EXPECT_EQ(read_vote.kind, vote.kind);
    EXPECT_EQ(read_vote.text, vote.text);
  }
}

TEST(WireConvert, TellsAbsentPayloadFromEmptyPayload) {
  for (const bool present : {false, true}) {
    Prepare prepare{{1, 2}, {1, 1, 1}, std::nullopt, {}, {}};
    if (present) prepare.payload = "";
    v1::AttachResponse frame;
    Append(prepare, &frame);
    v1::AttachResponse received = Sent(frame);
    std::vector<ToParticipant> values;
    WireError error;
    ASSERT_TRUE(FromWire(&received, &values, &error));
    EXPECT_EQ(std::get<Prepare>(values[0]).payload.has_value(), present);
  }
}

TEST(WireConvert, CutsTextsAtACharactersEndAndSendsValidUtf8Only) {
  std::string text(kMaxTextSize - 1, 'a');
  text += "é and more";
  v1::AttachRequest frame;
  Append(Vote{{1, 1}, VoteKind::kNo, text}, &frame);
  EXPECT_EQ(frame.messages(0).vote().text(), std::string(kMaxTextSize - 1, 'a'));
  Append(Vote{{1, 1}, VoteKind::kNo, "bad \xff byte \xc3"}, &frame);
  EXPECT_EQ(frame.messages(1).vote().text(), "bad ? byte ?");
  Sent(frame);
}

TEST(WireConvert, AppendTellsHowMuchTheFrameGrew) {
  RandomValues random(8);
  v1::AttachResponse frame;
  std::size_t size = 0;
  for (int i = 0; i < 200; ++i) size += Append(random.NewToParticipant(), &frame);
  EXPECT_EQ(size, frame.ByteSizeLong());
}

TEST(WireConvert, UnderstandsAReasonOfANewerVersionAsInternalAndKeepsItsName) {
  v1::Error message;
  message.set_reason("BRAND_NEW");
  message.set_text("do something");
  const ErrorReply reply = FromWire(&message);
  EXPECT_EQ(reply.reason, Reason::kInternal);
  EXPECT_EQ(reply.text, "BRAND_NEW: do something");
}

TEST(WireConvert, GivesEveryReasonOneNameAndACode) {
  for (int i = 1; i <= static_cast<int>(Reason::kInternal); ++i) {
    const Reason reason = static_cast<Reason>(i);
    EXPECT_FALSE(NameOf(reason).empty()) << i;
    EXPECT_EQ(ReasonNamed(NameOf(reason)), reason) << i;
    EXPECT_NE(CodeOf(reason), Code::kOk) << i;
  }
}

TEST(WireConvert, TakesPageTokensThatItGaveOutOnly) {
  ListTransactionsQuery query;
  WireError error;
  v1::ListTransactionsRequest message;
  ASSERT_TRUE(FromWire(message, &query, &error));
  EXPECT_EQ(query.limit, 100U);
  message.set_page_token(PageTokenOf({3, 17}));
  message.set_page_size(5'000);
  ASSERT_TRUE(FromWire(message, &query, &error));
  EXPECT_EQ(query.after, (Sequence{3, 17}));
  EXPECT_EQ(query.limit, 1'000U);
  message.set_page_token("nonsense");
  EXPECT_FALSE(FromWire(message, &query, &error));
}

}  // namespace
}  // namespace assent
