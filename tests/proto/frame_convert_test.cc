// Frames as bytes against the same frames by protobuf: both must write the same bytes and read the
// same values, or refuse with the same words.
#include "proto/frame_convert.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "tests/proto/random_values.h"

namespace assent {
namespace {

using testing::RandomValues;

// protobuf reports every invalid UTF-8, which is what is tested here.
const google::protobuf::LogSilencer kSilence;

const CoordinatorId kCoordinator = *CoordinatorId::Parse("c1");

// What the initiators of a session's own coordinator send and hear most.
InitiatorRequest PlainCommit(RandomValues* random) {
  CommitRequest commit = random->NewCommitRequest();
  commit.id.coordinator = kCoordinator;
  if (random->Below(8) != 0) commit.expected_branches.reset();
  return commit;
}

InitiatorReply PlainOutcome(RandomValues* random) {
  OutcomeReply outcome = random->NewOutcome();
  outcome.id.coordinator = kCoordinator;
  if (random->Coin()) return outcome;
  outcome.unfinished.clear();
  outcome.outcome = Outcome::kCommitted;
  outcome.abort_reason = AbortReason::kNone;
  outcome.participant.clear();
  outcome.text.clear();
  return outcome;
}

// Texts of all lengths up to and above the limit, of one, two or three bytes a character, or with
// bytes that are no character, at any place.
std::vector<std::string> ManyTexts() {
  std::vector<std::string> texts;
  for (std::size_t size = 0; size <= kMaxTextSize + 9; ++size) texts.emplace_back(size, 'a');
  for (const std::string_view character : {"\xc3\xa9", "\xe2\x82\xac", "\xff", "\xe2\x82"}) {
    for (const std::size_t size : std::vector<std::size_t>{20, kMaxTextSize - 2}) {
      for (std::size_t at = 0; at <= size; ++at) {
        texts.push_back(std::string(size, 'a').insert(at, character));
      }
    }
  }
  return texts;
}

// One kind of frame, by both ways: New gives a random message, AppendTo and Append write it, Read
// gives what was read as bytes of protobuf's, or the refusal.
// Of a link, in either direction.
template <class OneFrame, class OneMessage>
struct OfLink {
  using Frame = OneFrame;
  using Message = OneMessage;

  static void AppendBytes(Message message, std::string* frame) {
    AppendTo(frame, std::move(message));
  }
  static void AppendMessage(Message message, Frame* frame) { Append(std::move(message), frame); }
  template <class From>
  static std::string Read(From frame) {
    std::vector<Message> messages;
    WireError error;
    if (!FromWire(frame, &messages, &error)) return "refused: " + error.text;
    Frame again;
    for (Message& message : messages) Append(std::move(message), &again);
    return again.SerializeAsString();
  }
};

struct FromParticipants : OfLink<v1::AttachRequest, FromParticipant> {
  static Message New(RandomValues* random) {
    if (random->Coin()) return random->NewFromParticipant();
    if (random->Coin()) return Acknowledge{random->Id()};
    return Vote{random->Id(), static_cast<VoteKind>(1 + random->Below(3)), ""};
  }
};

struct ToParticipants : OfLink<v1::AttachResponse, ToParticipant> {
  static Message New(RandomValues* random) {
    if (random->Coin()) return random->NewToParticipant();
    if (random->Coin()) return random->NewPrepare();
    if (random->Coin()) return random->NewAbort();
    return random->NewCommit();
  }
};

struct Requests {
  using Frame = v1::SessionRequest;
  struct Message {
    std::uint64_t correlation_id;
    InitiatorRequest request;
  };

  static Message New(RandomValues* random) {
    return {random->Number(), random->Coin() ? random->NewRequest() : PlainCommit(random)};
  }
  static void AppendBytes(Message message, std::string* frame) {
    AppendTo(frame, message.correlation_id, std::move(message.request), kCoordinator);
  }
  static void AppendMessage(Message message, Frame* frame) {
    Append(message.correlation_id, std::move(message.request), kCoordinator, frame);
  }
  template <class From>
  static std::string Read(From frame) {
    std::vector<SessionCall> calls;
    WireError error;
    if (!FromWire(frame, kCoordinator, 7, &calls, &error)) return "refused: " + error.text;
    std::string read;
    for (SessionCall& call : calls) {
      const auto* refused = std::get_if<ErrorReply>(&call.request);
      v1::SessionRequest again;
      if (refused == nullptr) {
        Append(call.correlation_id, std::get<InitiatorRequest>(call.request), kCoordinator, &again);
      }
      read += refused == nullptr ? again.SerializeAsString() : "refused: " + refused->text;
    }
    return read;
  }
};

struct Replies {
  using Frame = v1::SessionResponse;
  struct Message {
    std::uint64_t correlation_id;
    InitiatorReply reply;
  };

  static Message New(RandomValues* random) {
    return {random->Number(), random->Coin() ? random->NewReply() : PlainOutcome(random)};
  }
  static void AppendBytes(Message message, std::string* frame) {
    AppendTo(frame, message.correlation_id, std::move(message.reply), kCoordinator);
  }
  static void AppendMessage(Message message, Frame* frame) {
    Append(message.correlation_id, std::move(message.reply), kCoordinator, frame);
  }
  template <class From>
  static std::string Read(From frame) {
    CoordinatorId told = kCoordinator;
    std::vector<SessionAnswer> answers;
    WireError error;
    if (!FromWire(frame, &told, &answers, &error)) return "refused: " + error.text;
    v1::SessionResponse again;
    again.set_coordinator_id(std::string(told.text()));
    for (SessionAnswer& answer : answers) {
      Append(answer.correlation_id, std::move(answer.reply), kCoordinator, &again);
    }
    return again.SerializeAsString();
  }
};

// By protobuf alone.
template <class Kind>
std::string ReadByProtobuf(const std::string& bytes) {
  typename Kind::Frame frame;
  WireError error;
  if (!ParseWire(bytes, &frame, &error)) return "refused: " + error.text;
  return Kind::Read(&frame);
}

template <class Kind>
void ExpectReadAlike(const std::string& bytes) {
  EXPECT_EQ(Kind::Read(std::string_view(bytes)), ReadByProtobuf<Kind>(bytes));
}

template <class Kind>
void ExpectRefusedAlike(const std::string& bytes) {
  ExpectReadAlike<Kind>(bytes);
  EXPECT_EQ(Kind::Read(std::string_view(bytes)).substr(0, 7), "refused");
}

template <class Kind>
std::string RandomFrame(RandomValues* random) {
  std::string frame;
  for (std::uint64_t n = random->Below(5); n > 0; --n) {
    Kind::AppendBytes(Kind::New(random), &frame);
  }
  return frame;
}

// A byte changed, lost or made up; or the tail lost, or doubled.
void Spoil(RandomValues* random, std::string* frame) {
  if (frame->empty()) return;
  const std::size_t at = random->Below(frame->size());
  const auto byte = static_cast<char>(random->Coin() ? random->Below(256) : random->Below(4));
  switch (random->Below(5)) {
    case 0:
      (*frame)[at] = byte;
      break;
    case 1:
      frame->erase(at, 1);
      break;
    case 2:
      frame->insert(at, 1, byte);
      break;
    case 3:
      frame->resize(at);
      break;
    default:
      *frame += frame->substr(at);
  }
}

template <class Kind>
class FrameConvert : public ::testing::Test {};

using Kinds = ::testing::Types<FromParticipants, ToParticipants, Requests, Replies>;
TYPED_TEST_SUITE(FrameConvert, Kinds);

TYPED_TEST(FrameConvert, WritesTheBytesThatProtobufWrites) {
  RandomValues random(11);
  for (int round = 0; round < 20'000; ++round) {
    const typename TypeParam::Message message = TypeParam::New(&random);
    std::string bytes = "before";
    TypeParam::AppendBytes(message, &bytes);
    typename TypeParam::Frame frame;
    TypeParam::AppendMessage(message, &frame);
    ASSERT_EQ(bytes, "before" + frame.SerializeAsString()) << round;
  }
}

TYPED_TEST(FrameConvert, ReadsWhatProtobufReads) {
  RandomValues random(12);
  for (int round = 0; round < 5'000; ++round) {
    const std::string frame = RandomFrame<TypeParam>(&random);
    ASSERT_EQ(TypeParam::Read(std::string_view(frame)), ReadByProtobuf<TypeParam>(frame)) << round;
  }
}

TYPED_TEST(FrameConvert, TakesASpoiledFrameForWhatProtobufTakesItFor) {
  RandomValues random(13);
  for (int round = 0; round < 50'000; ++round) {
    std::string frame = RandomFrame<TypeParam>(&random);
    for (std::uint64_t n = 1 + random.Below(3); n > 0; --n) Spoil(&random, &frame);
    ASSERT_EQ(TypeParam::Read(std::string_view(frame)), ReadByProtobuf<TypeParam>(frame)) << round;
  }
}

TEST(FrameConvertOfAll, WritesAnyTextAsProtobufDoes) {
  for (const std::string& text : ManyTexts()) {
    std::string votes;
    AppendTo(&votes, Vote{{1, 2}, VoteKind::kNo, text});
    v1::AttachRequest vote;
    Append(Vote{{1, 2}, VoteKind::kNo, text}, &vote);
    ASSERT_EQ(votes, vote.SerializeAsString()) << text;
    OutcomeReply aborted;
    aborted.id = {kCoordinator, {1, 2}};
    aborted.outcome = Outcome::kAborted;
    aborted.state = TransactionState::kAborted;
    aborted.text = text;
    for (const InitiatorReply& reply :
         {InitiatorReply(aborted), InitiatorReply(ErrorReply{Reason::kTooManyRequests, text})}) {
      std::string replies;
      AppendTo(&replies, 3, reply, kCoordinator);
      v1::SessionResponse item;
      Append(3, reply, kCoordinator, &item);
      ASSERT_EQ(replies, item.SerializeAsString()) << text;
    }
  }
}

// Not as we would write it: protobuf takes any text that is UTF-8, and refuses a frame with
// another.
std::string NoWithText(const std::string& text) {
  v1::AttachRequest frame;
  v1::Vote* vote = frame.add_messages()->mutable_vote();
  vote->set_epoch(1);
  vote->set_number(2);
  vote->set_vote(v1::VOTE_KIND_NO);
  vote->set_text(text);
  return frame.SerializeAsString();
}

std::string RefusalAndAbortWithText(const std::string& text) {
  v1::SessionResponse frame;
  v1::Error* error = frame.add_items()->mutable_error();
  error->set_reason("DRAINING");
  error->set_text(text);
  v1::SessionResponseItem* item = frame.add_items();
  item->set_epoch(1);
  item->set_number(2);
  item->mutable_outcome()->set_outcome(v1::OUTCOME_ABORTED);
  item->mutable_outcome()->set_state(v1::TRANSACTION_STATE_ABORTED);
  item->mutable_outcome()->set_text(text);
  return frame.SerializeAsString();
}

TEST(FrameConvertOfAll, ReadsAnyTextAsProtobufDoes) {
  for (const std::string& text : ManyTexts()) {
    SCOPED_TRACE(text);
    ExpectReadAlike<FromParticipants>(NoWithText(text));
    ExpectReadAlike<Replies>(RefusalAndAbortWithText(text));
  }
}

// Of a field that comes twice the last counts, but protobuf looks at both.
TEST(FrameConvertOfAll, RefusesAMessageWhoseTextComesTwiceTheFirstTimeNotAsUtf8) {
  std::string frame;
  AppendTo(&frame, Vote{{1, 2}, VoteKind::kNo, "first"});
  const std::string again("\x22\x06second");
  frame += again;
  for (const std::size_t length : {std::size_t{1}, std::size_t{3}}) {  // of the item, of the vote
    frame[length] = static_cast<char>(frame[length] + static_cast<char>(again.size()));
  }
  ExpectReadAlike<FromParticipants>(frame);
  frame[frame.find("first")] = '\xff';
  ExpectRefusedAlike<FromParticipants>(frame);
}

TEST(FrameConvertOfAll, RefusesANameThatComesTwiceTheFirstTimeNotAsUtf8) {
  ExpectRefusedAlike<Requests>(
      "\x0a\x11\x10\x01\x18\x01\x42\x0b\x0a\x09\x0a\x01\xff\x0a\x04"
      "bank");
  ExpectRefusedAlike<ToParticipants>(
      "\x0a\x17\x12\x15\x08\x01\x10\x01\x18\x01\x20\x01\x4a\x0b\x0a\x01\xff\x0a\x04"
      "bank\x10\x01");
}

TEST(FrameConvertOfAll, ReadsARefusalOfANewerVersionWithItsNameInTheText) {
  v1::SessionResponse frame;
  frame.add_items()->mutable_error()->set_reason("A_NEWER_REASON");
  frame.mutable_items(0)->mutable_error()->set_text("why");
  CoordinatorId told = kCoordinator;
  std::vector<SessionAnswer> answers;
  WireError error;
  ASSERT_TRUE(FromWire(std::string_view(frame.SerializeAsString()), &told, &answers, &error));
  const auto& refusal = std::get<ErrorReply>(answers.at(0).reply);
  EXPECT_EQ(refusal.reason, Reason::kInternal);
  EXPECT_EQ(refusal.text, "A_NEWER_REASON: why");
}

TEST(FrameConvertOfAll, WritesAPayloadOfAnyLength) {
  for (const std::size_t size : {0, 1, 90, 100, 110, 120, 127, 128, 16'300, 16'384, 65'536}) {
    Prepare prepare{{1, 1}, {1, 1, 1}, std::string(size, 'x'), {}, {{"bank", 1, 1}}};
    std::string bytes;
    AppendTo(&bytes, prepare);
    v1::AttachResponse frame;
    Append(prepare, &frame);
    EXPECT_EQ(bytes, frame.SerializeAsString()) << size;
  }
}

// A Commit whose numbers have one more between them, of the field 0, which protobuf does not allow.
TEST(FrameConvertOfAll, RefusesAFieldWithoutANumber) {
  const std::string frame("\x0a\x0e\x1a\x0c\x08\x01\x10\xac\x02\x18\x01\x00\x00\x20\xc8\x01", 16);
  ExpectRefusedAlike<ToParticipants>(frame);
}

TEST(FrameConvertOfAll, RefusesFramesOfTooManyBytesOrItems) {
  std::string items;
  for (std::size_t i = 0; i <= kMaxFrameItems; ++i) AppendTo(&items, Acknowledge{{1, 1 + i}});
  const std::string bytes(kMaxFrameBytes + 1, '\0');
  for (const std::string& frame : {items, bytes}) {
    std::vector<FromParticipant> messages = {Acknowledge{{3, 3}}};
    WireError error;
    EXPECT_FALSE(FromWire(frame, &messages, &error));
    EXPECT_EQ(error.reason, Reason::kFrameTooLarge);
    EXPECT_EQ(messages.size(), 1U) << "what was there before is left alone";
  }
}

}  // namespace
}  // namespace assent
