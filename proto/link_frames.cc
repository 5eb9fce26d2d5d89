// Frames of AttachService, as bytes.
#include <cstddef>
#include <utility>
#include <variant>

#include "proto/frame_convert.h"
#include "proto/wire_fields.h"
#include "proto/wire_format.h"

namespace assent {
namespace {

using wire::Field;
using wire::FieldReader;
using wire::FieldWriter;

constexpr int kMessages = v1::AttachRequest::kMessagesFieldNumber;
static_assert(v1::AttachResponse::kMessagesFieldNumber == kMessages);

// Tags and lengths of an item and of the message in it.
constexpr std::size_t kHeaders = 2 * FieldWriter::kMaxLengthField;
constexpr std::size_t kVarint = FieldWriter::kMaxVarintField;

bool IsValid(Sequence id) { return id.epoch != 0 && id.number != 0; }

template <class Message>
void WriteId(Sequence id, FieldWriter* to) {
  to->Number(Message::kEpochFieldNumber, id.epoch);
  to->Number(Message::kNumberFieldNumber, id.number);
}

template <class Message>
void WriteStamp(const Stamp& stamp, FieldWriter* to) {
  to->Number(Message::kStampEpochFieldNumber, stamp.epoch);
  to->Number(Message::kStampIncarnationFieldNumber, stamp.incarnation);
}

template <class Message>
void WriteCleanMark(Sequence mark, FieldWriter* to) {
  to->Number(Message::kCleanMarkEpochFieldNumber, mark.epoch);
  to->Number(Message::kCleanMarkNumberFieldNumber, mark.number);
}

// Writes one item that holds the message `field`.
template <class Write>
void WriteItem(std::string* frame, std::size_t most, int field, const Write& write) {
  wire::Extend(frame, kHeaders + most, [&](FieldWriter* to) {
    to->Message(kMessages, [&](FieldWriter* item) { item->Message(field, write); });
  });
}

// Write gives false for what is left to protobuf.

bool Write(const Vote& from, std::string* frame) {
  if (!wire::IsCleanText(from.text)) return false;
  const std::size_t most = 3 * kVarint + FieldWriter::kMaxLengthField + from.text.size();
  WriteItem(frame, most, v1::FromParticipant::kVoteFieldNumber, [&](FieldWriter* to) {
    WriteId<v1::Vote>(from.id, to);
    to->Number(v1::Vote::kVoteFieldNumber, static_cast<std::uint64_t>(from.kind));
    to->NonEmpty(v1::Vote::kTextFieldNumber, from.text);
  });
  return true;
}

bool Write(const Acknowledge& from, std::string* frame) {
  WriteItem(frame, 2 * kVarint, v1::FromParticipant::kAcknowledgeFieldNumber,
            [&](FieldWriter* to) { WriteId<v1::Acknowledge>(from.id, to); });
  return true;
}

std::size_t MostOf(const Prepare& prepare) {
  std::size_t most = 7 * kVarint + FieldWriter::kMaxLengthField;
  if (prepare.payload) most += prepare.payload->size();
  for (const Peer& peer : prepare.peers) {
    most += 2 * FieldWriter::kMaxLengthField + peer.participant.size() + 2 * kVarint;
  }
  return most;
}

void WritePeer(const Peer& from, FieldWriter* to) {
  to->Message(v1::Prepare::kPeersFieldNumber, [&](FieldWriter* peer) {
    peer->NonEmpty(v1::Peer::kParticipantFieldNumber, from.participant);
    peer->Number(v1::Peer::kIncarnationFieldNumber, from.incarnation);
    peer->Number(v1::Peer::kStampFieldNumber, from.stamp);
  });
}

// In the order of the fields' numbers, as protobuf does.
bool Write(const Prepare& from, std::string* frame) {
  WriteItem(frame, MostOf(from), v1::ToParticipant::kPrepareFieldNumber, [&](FieldWriter* to) {
    WriteId<v1::Prepare>(from.id, to);
    WriteStamp<v1::Prepare>(from.stamp, to);
    to->Number(v1::Prepare::kStampNFieldNumber, from.stamp.n);
    if (from.payload) to->Bytes(v1::Prepare::kPayloadFieldNumber, *from.payload);
    WriteCleanMark<v1::Prepare>(from.clean_mark, to);
    for (const Peer& peer : from.peers) WritePeer(peer, to);
  });
  return true;
}

bool Write(const Commit& from, std::string* frame) {
  WriteItem(frame, 5 * kVarint, v1::ToParticipant::kCommitFieldNumber, [&](FieldWriter* to) {
    WriteId<v1::Commit>(from.id, to);
    to->Number(v1::Commit::kDecisionNumberFieldNumber, from.decision_number);
    WriteCleanMark<v1::Commit>(from.clean_mark, to);
  });
  return true;
}

bool Write(const Abort& from, std::string* frame) {
  WriteItem(frame, 5 * kVarint, v1::ToParticipant::kAbortFieldNumber, [&](FieldWriter* to) {
    WriteId<v1::Abort>(from.id, to);
    if (!from.stamp) return;
    WriteStamp<v1::Abort>(*from.stamp, to);
    to->Present(v1::Abort::kStampNFieldNumber, from.stamp->n);
  });
  return true;
}

template <class Message>
bool Write(const Message&, std::string*) {
  return false;
}

template <class Frame, class Message>
void AppendMessage(std::string* frame, Message message) {
  if (std::visit([frame](const auto& from) { return Write(from, frame); }, message)) return;
  Frame item;
  Append(std::move(message), &item);
  item.AppendToString(frame);  // frames after each other are one
}

// ---------------------------------------------------------------------------------------------
// Read gives false for what is not valid, or left to protobuf.

bool Read(std::string_view message, Vote* to) {
  using From = v1::Vote;
  wire::FlatMessage<From::kTextFieldNumber + 1> from;
  if (!from.Read(message)) return false;
  to->id = {from.numbers[From::kEpochFieldNumber], from.numbers[From::kNumberFieldNumber]};
  const std::uint64_t kind = from.numbers[From::kVoteFieldNumber];
  to->kind = static_cast<VoteKind>(kind);
  to->text = from.strings[From::kTextFieldNumber];
  return IsValid(to->id) && kind >= v1::VOTE_KIND_YES && kind <= v1::VOTE_KIND_READ_ONLY &&
         wire::IsCleanText(to->text);
}

bool Read(std::string_view message, Acknowledge* to) {
  using From = v1::Acknowledge;
  std::uint64_t from[From::kNumberFieldNumber + 1] = {};
  if (!wire::ReadNumbers(message, from)) return false;
  to->id = {from[From::kEpochFieldNumber], from[From::kNumberFieldNumber]};
  return IsValid(to->id);
}

bool Read(std::string_view message, Commit* to) {
  using From = v1::Commit;
  std::uint64_t from[From::kCleanMarkNumberFieldNumber + 1] = {};
  if (!wire::ReadNumbers(message, from)) return false;
  to->id = {from[From::kEpochFieldNumber], from[From::kNumberFieldNumber]};
  to->decision_number = from[From::kDecisionNumberFieldNumber];
  to->clean_mark = {from[From::kCleanMarkEpochFieldNumber],
                    from[From::kCleanMarkNumberFieldNumber]};
  return IsValid(to->id) && to->decision_number != 0;
}

// Whether there was a stamp shows in its n, which may be 0: an Abort without n is protobuf's.
bool Read(std::string_view message, Abort* to) {
  using From = v1::Abort;
  std::uint64_t from[From::kStampNFieldNumber + 1] = {};
  if (!wire::ReadNumbers(message, from)) return false;
  to->id = {from[From::kEpochFieldNumber], from[From::kNumberFieldNumber]};
  to->stamp = Stamp{from[From::kStampEpochFieldNumber], from[From::kStampIncarnationFieldNumber],
                    from[From::kStampNFieldNumber]};
  return IsValid(to->id) && to->stamp->epoch != 0 && to->stamp->incarnation != 0 &&
         to->stamp->n != 0;
}

bool Read(std::string_view message, Peer* to) {
  using From = v1::Peer;
  wire::FlatMessage<From::kStampFieldNumber + 1> from;
  if (!from.Read(message)) return false;
  to->participant = from.strings[From::kParticipantFieldNumber];
  to->incarnation = from.numbers[From::kIncarnationFieldNumber];
  to->stamp = from.numbers[From::kStampFieldNumber];
  return to->incarnation != 0 && IsValidParticipantName(to->participant);
}

// Where a Prepare's number goes; null: it has no such field.
std::uint64_t* PlaceIn(Prepare* prepare, int field) {
  using From = v1::Prepare;
  switch (field) {
    case From::kEpochFieldNumber:
      return &prepare->id.epoch;
    case From::kNumberFieldNumber:
      return &prepare->id.number;
    case From::kStampEpochFieldNumber:
      return &prepare->stamp.epoch;
    case From::kStampIncarnationFieldNumber:
      return &prepare->stamp.incarnation;
    case From::kStampNFieldNumber:
      return &prepare->stamp.n;
    case From::kCleanMarkEpochFieldNumber:
      return &prepare->clean_mark.epoch;
    case From::kCleanMarkNumberFieldNumber:
      return &prepare->clean_mark.number;
    default:
      return nullptr;
  }
}

bool Read(std::string_view message, Prepare* to) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    if (!field.is_bytes) {
      std::uint64_t* const place = PlaceIn(to, field.number);
      if (place == nullptr) return false;
      *place = field.varint;
    } else if (field.number == v1::Prepare::kPayloadFieldNumber) {
      to->payload = field.bytes;
    } else if (field.number != v1::Prepare::kPeersFieldNumber ||
               !Read(field.bytes, &to->peers.emplace_back())) {
      return false;
    }
  }
  return reader.ended() && IsValid(to->id) && to->stamp.epoch != 0 && to->stamp.incarnation != 0;
}

// By the field in which a message stands in its item.

bool Read(const Field& field, FromParticipant* to) {
  switch (field.number) {
    case v1::FromParticipant::kVoteFieldNumber:
      return Read(field.bytes, &to->emplace<Vote>());
    case v1::FromParticipant::kAcknowledgeFieldNumber:
      return Read(field.bytes, &to->emplace<Acknowledge>());
    default:
      return false;
  }
}

bool Read(const Field& field, ToParticipant* to) {
  switch (field.number) {
    case v1::ToParticipant::kPrepareFieldNumber:
      return Read(field.bytes, &to->emplace<Prepare>());
    case v1::ToParticipant::kCommitFieldNumber:
      return Read(field.bytes, &to->emplace<Commit>());
    case v1::ToParticipant::kAbortFieldNumber:
      return Read(field.bytes, &to->emplace<Abort>());
    default:
      return false;
  }
}

template <class Message>
bool ReadItem(std::string_view item, Message* to) {
  FieldReader reader(item);
  Field field;
  return reader.Next(&field) && field.is_bytes && reader.ended() && Read(field, to);
}

template <class Message>
bool ReadItems(std::string_view frame, std::vector<Message>* messages) {
  const std::size_t most = messages->size() + kMaxFrameItems;
  FieldReader reader(frame);
  Field field;
  while (reader.Next(&field)) {
    if (field.number != kMessages || !field.is_bytes || messages->size() == most) return false;
    if (!ReadItem(field.bytes, &messages->emplace_back())) return false;
  }
  return reader.ended();
}

template <class Frame, class Message>
bool ReadFrame(std::string_view bytes, std::vector<Message>* messages, WireError* error) {
  const std::size_t before = messages->size();
  if (bytes.size() <= kMaxFrameBytes && ReadItems(bytes, messages) && messages->size() > before) {
    return true;
  }
  messages->resize(before);
  Frame frame;
  return ParseWire(bytes, &frame, error) && FromWire(&frame, messages, error);
}

}  // namespace

void AppendTo(std::string* frame, FromParticipant message) {
  AppendMessage<v1::AttachRequest>(frame, std::move(message));
}

void AppendTo(std::string* frame, ToParticipant message) {
  AppendMessage<v1::AttachResponse>(frame, std::move(message));
}

bool FromWire(std::string_view frame, std::vector<FromParticipant>* messages, WireError* error) {
  return ReadFrame<v1::AttachRequest>(frame, messages, error);
}

bool FromWire(std::string_view frame, std::vector<ToParticipant>* messages, WireError* error) {
  return ReadFrame<v1::AttachResponse>(frame, messages, error);
}

}  // namespace assent
