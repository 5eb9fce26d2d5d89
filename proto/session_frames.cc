// Frames of TransactionService.Session, as bytes.
#include <cstddef>
#include <utility>
#include <variant>

#include "core/mutants.h"
#include "proto/frame_convert.h"
#include "proto/wire_fields.h"
#include "proto/wire_format.h"

namespace assent {
namespace {

using wire::Field;
using wire::FieldReader;
using wire::FieldWriter;

using RequestItem = v1::SessionRequestItem;
using ReplyItem = v1::SessionResponseItem;

// Both kinds of items name call and transaction alike.
constexpr int kCorrelationId = RequestItem::kCorrelationIdFieldNumber;
constexpr int kEpoch = RequestItem::kEpochFieldNumber;
constexpr int kNumber = RequestItem::kNumberFieldNumber;
static_assert(ReplyItem::kCorrelationIdFieldNumber == kCorrelationId);
static_assert(ReplyItem::kEpochFieldNumber == kEpoch);
static_assert(ReplyItem::kNumberFieldNumber == kNumber);

constexpr std::size_t kVarint = FieldWriter::kMaxVarintField;
constexpr std::size_t kLength = FieldWriter::kMaxLengthField;

// An item of `list` whose message `field` is written by `write`, in at most `most` bytes.
template <class Write>
void WriteItem(std::string* frame, std::size_t most, int list, std::uint64_t correlation_id,
               Sequence id, int field, const Write& write) {
  wire::Extend(frame, 2 * kLength + 3 * kVarint + most, [&](FieldWriter* to) {
    to->Message(list, [&](FieldWriter* item) {
      item->Number(kCorrelationId, correlation_id);
      item->Number(kEpoch, id.epoch);
      item->Number(kNumber, id.number);
      item->Message(field, write);
    });
  });
}

void WriteCommit(const CommitRequest& from, FieldWriter* to) {
  for (const BranchRequest& branch : from.branches) {
    to->Message(v1::SessionCommit::kBranchesFieldNumber, [&](FieldWriter* item) {
      item->NonEmpty(v1::BranchRequest::kParticipantFieldNumber, branch.participant);
      item->NonEmpty(v1::BranchRequest::kPayloadFieldNumber, branch.payload);
    });
  }
  if (from.wait_for != WaitFor::kCompletion) {
    to->Number(v1::SessionCommit::kWaitForFieldNumber, wire::ToWire(from.wait_for));
  }
  to->Number(v1::SessionCommit::kCallTimeoutUsFieldNumber,
             static_cast<std::uint64_t>(from.call_timeout.micros));
}

bool Write(std::uint64_t correlation_id, const CommitRequest& from,
           const CoordinatorId& coordinator, std::string* frame) {
  if (from.expected_branches || from.id.coordinator != coordinator) return false;
  std::size_t most = 2 * kVarint;
  for (const BranchRequest& branch : from.branches) {
    most += 3 * kLength + branch.participant.size() + branch.payload.size();
  }
  WriteItem(frame, most, v1::SessionRequest::kItemsFieldNumber, correlation_id, from.id.sequence,
            RequestItem::kCommitFieldNumber, [&](FieldWriter* to) { WriteCommit(from, to); });
  return true;
}

bool Write(std::uint64_t correlation_id, const AbortRequest& from, const CoordinatorId& coordinator,
           std::string* frame) {
  if (from.id.coordinator != coordinator) return false;
  WriteItem(frame, 2 * kVarint, v1::SessionRequest::kItemsFieldNumber, correlation_id,
            from.id.sequence, RequestItem::kAbortFieldNumber, [&](FieldWriter* to) {
              to->Number(v1::SessionAbort::kByOperatorFieldNumber,
                         from.reason == AbortReason::kOperator ? 1 : 0);
              to->Number(v1::SessionAbort::kFollowingFieldNumber, from.following);
            });
  return true;
}

// Of the requests, those that are many.
template <class Request>
bool Write(std::uint64_t, const Request&, const CoordinatorId&, std::string*) {
  return false;
}

bool Write(std::uint64_t correlation_id, const OutcomeReply& from, const CoordinatorId& coordinator,
           std::string* frame) {
  if (!wire::IsCleanText(from.text) || from.id.coordinator != coordinator) return false;
  std::size_t most = 4 * kVarint + 2 * kLength + from.participant.size() + from.text.size();
  for (const std::string& name : from.unfinished) most += kLength + name.size();
  WriteItem(frame, most, v1::SessionResponse::kItemsFieldNumber, correlation_id, from.id.sequence,
            ReplyItem::kOutcomeFieldNumber, [&](FieldWriter* to) {
              using To = v1::TransactionOutcome;
              to->Number(To::kOutcomeFieldNumber, static_cast<std::uint64_t>(from.outcome) + 1);
              to->Number(To::kStateFieldNumber, wire::ToWire(from.state));
              to->Number(To::kReadOnlyFieldNumber, from.read_only ? 1 : 0);
              to->Number(To::kAbortReasonFieldNumber, wire::ToWire(from.abort_reason));
              to->NonEmpty(To::kParticipantFieldNumber, from.participant);
              to->NonEmpty(To::kTextFieldNumber, from.text);
              for (const std::string& name : from.unfinished) {
                to->Bytes(To::kUnfinishedParticipantsFieldNumber, name);
              }
            });
  return true;
}

bool Write(std::uint64_t correlation_id, const ErrorReply& from, const CoordinatorId&,
           std::string* frame) {
  if (!wire::IsCleanText(from.text)) return false;
  const std::string_view reason = NameOf(from.reason);
  const std::size_t most =
      kVarint + 3 * kLength + reason.size() + from.text.size() + from.participant.size();
  WriteItem(frame, most, v1::SessionResponse::kItemsFieldNumber, correlation_id, Sequence(),
            ReplyItem::kErrorFieldNumber, [&](FieldWriter* to) {
              to->NonEmpty(v1::Error::kReasonFieldNumber, reason);
              to->Number(v1::Error::kCodeFieldNumber,
                         static_cast<std::uint64_t>(CodeOf(from.reason)));
              to->NonEmpty(v1::Error::kTextFieldNumber, from.text);
              to->NonEmpty(v1::Error::kParticipantFieldNumber, from.participant);
            });
  return true;
}

// ---------------------------------------------------------------------------------------------
// Read gives false for what is not valid, or left to protobuf.

bool Read(std::string_view message, BranchRequest* to) {
  using From = v1::BranchRequest;
  wire::FlatMessage<From::kPayloadFieldNumber + 1> from;
  if (!from.Read(message)) return false;
  to->participant = from.strings[From::kParticipantFieldNumber];
  to->payload = from.strings[From::kPayloadFieldNumber];
  return IsValidParticipantName(to->participant);
}

bool ReadWaitFor(std::uint64_t from, WaitFor* to) {
  if (from > v1::WAIT_FOR_DECISION) return false;
  *to = from == v1::WAIT_FOR_DECISION ? WaitFor::kDecision : WaitFor::kCompletion;
  return true;
}

bool Read(std::string_view message, CommitRequest* to) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    bool understood = false;
    if (field.is_bytes) {
      understood = field.number == v1::SessionCommit::kBranchesFieldNumber &&
                   Read(field.bytes, &to->branches.emplace_back());
    } else if (field.number == v1::SessionCommit::kWaitForFieldNumber) {
      understood = ReadWaitFor(field.varint, &to->wait_for);
    } else if (field.number == v1::SessionCommit::kCallTimeoutUsFieldNumber) {
      WireError error;
      understood = wire::ReadDuration("call_timeout_us", static_cast<std::int64_t>(field.varint),
                                      &to->call_timeout, &error);
    }
    if (!understood) return false;
  }
  return reader.ended();
}

bool Read(std::string_view message, AbortRequest* to) {
  using From = v1::SessionAbort;
  std::uint64_t numbers[From::kFollowingFieldNumber + 1] = {};
  if (!wire::ReadNumbers(message, numbers)) return false;
  const std::uint64_t following = numbers[From::kFollowingFieldNumber];
  if (numbers[From::kByOperatorFieldNumber] == 1) to->reason = AbortReason::kOperator;
  to->following = static_cast<std::uint32_t>(following);
  return numbers[From::kByOperatorFieldNumber] <= 1 && following == to->following;
}

// UNKNOWN is rare, and left to protobuf.
bool Read(std::string_view message, OutcomeReply* to) {
  using From = v1::TransactionOutcome;
  wire::FlatMessage<From::kTextFieldNumber + 1> from;
  const auto read_unfinished = [to](const Field& field) {
    return field.number == From::kUnfinishedParticipantsFieldNumber && field.is_bytes &&
           IsValidParticipantName(to->unfinished.emplace_back(field.bytes));
  };
  if (!from.Read(message, read_unfinished)) return false;
  const std::uint64_t outcome = from.numbers[From::kOutcomeFieldNumber];
  const std::uint64_t state = from.numbers[From::kStateFieldNumber];
  const std::uint64_t reason = from.numbers[From::kAbortReasonFieldNumber];
  to->outcome = outcome == v1::OUTCOME_COMMITTED ? Outcome::kCommitted : Outcome::kAborted;
  to->state = static_cast<TransactionState>(state);
  to->read_only = from.numbers[From::kReadOnlyFieldNumber] == 1;
  to->abort_reason = static_cast<AbortReason>(reason);
  to->participant = from.strings[From::kParticipantFieldNumber];
  to->text = from.strings[From::kTextFieldNumber];
  return (outcome == v1::OUTCOME_COMMITTED || outcome == v1::OUTCOME_ABORTED) &&
         state >= v1::TRANSACTION_STATE_ACTIVE && state <= v1::TRANSACTION_STATE_ABORTED &&
         from.numbers[From::kReadOnlyFieldNumber] <= 1 && reason <= v1::AbortReason_MAX &&
         (to->participant.empty() || IsValidParticipantName(to->participant)) &&
         wire::IsCleanText(to->text);
}

bool Read(std::string_view message, ErrorReply* to) {
  using From = v1::Error;
  wire::FlatMessage<From::kParticipantFieldNumber + 1> from;
  if (!from.Read(message)) return false;
  const auto reason = ReasonNamed(from.strings[From::kReasonFieldNumber]);
  to->reason = reason.value_or(Reason::kNone);
  to->text = from.strings[From::kTextFieldNumber];
  to->participant = from.strings[From::kParticipantFieldNumber];
  return to->reason != Reason::kNone && wire::IsCleanText(to->text) &&
         (to->participant.empty() || IsValidParticipantName(to->participant));
}

// An item: whose answer, of which transaction, and one message.
struct Item {
  std::uint64_t correlation_id = 0;
  Sequence id;
  int field = 0;  // in which the message stands
  std::string_view message;

  bool has_id() const { return id.epoch != 0 && id.number != 0; }
};

bool ReadItem(std::string_view bytes, Item* item) {
  std::uint64_t numbers[kNumber + 1] = {};
  FieldReader reader(bytes);
  Field field;
  while (reader.Next(&field)) {
    if (field.is_bytes) {
      if (item->field != 0) return false;
      item->field = field.number;
      item->message = field.bytes;
    } else {
      if (field.number > kNumber) return false;
      numbers[field.number] = field.varint;
    }
  }
  item->correlation_id = numbers[kCorrelationId];
  item->id = {numbers[kEpoch], numbers[kNumber]};
  return reader.ended();
}

bool ReadMessage(const Item& item, const CoordinatorId& coordinator, SessionCall* to) {
  if (!item.has_id()) return false;
  auto& request = std::get<InitiatorRequest>(to->request);
  const auto read = [&](auto* body) {
    body->id = {coordinator, item.id};
    return Read(item.message, body);
  };
  if (item.field == RequestItem::kCommitFieldNumber) return read(&request.emplace<CommitRequest>());
  if (item.field == RequestItem::kAbortFieldNumber) return read(&request.emplace<AbortRequest>());
  return false;
}

bool ReadMessage(const Item& item, const CoordinatorId& coordinator, SessionAnswer* to) {
  if (item.field == ReplyItem::kErrorFieldNumber) {
    return Read(item.message, &to->reply.emplace<ErrorReply>());
  }
  if (item.field != ReplyItem::kOutcomeFieldNumber || !item.has_id()) return false;
  auto& outcome = to->reply.emplace<OutcomeReply>();
  outcome.id = {coordinator, item.id};
  return Read(item.message, &outcome);
}

// The items of a frame that has nothing else.
template <class Message>
bool ReadItems(std::string_view frame, int list, const CoordinatorId& coordinator,
               std::vector<Message>* items) {
  if (frame.size() > kMaxFrameBytes) return false;
  const std::size_t most = items->size() + kMaxFrameItems;
  FieldReader reader(frame);
  Field field;
  while (reader.Next(&field)) {
    if (field.number != list || !field.is_bytes || items->size() == most) return false;
    Item item;
    if (!ReadItem(field.bytes, &item)) return false;
    items->emplace_back().correlation_id = item.correlation_id;
    if (!ReadMessage(item, coordinator, &items->back())) return false;
  }
  return reader.ended();
}

// Only as a known bug: the item before is needed.
void AppendWithSwap(std::string* frame, std::uint64_t correlation_id, InitiatorReply reply,
                    const CoordinatorId& coordinator) {
  v1::SessionResponse whole;
  whole.ParseFromString(*frame);
  Append(correlation_id, std::move(reply), coordinator, &whole);
  *frame = whole.SerializeAsString();
}

}  // namespace

void AppendTo(std::string* frame, std::uint64_t correlation_id, const InitiatorRequest& request,
              const CoordinatorId& coordinator) {
  const bool written = std::visit(
      [&](const auto& from) { return Write(correlation_id, from, coordinator, frame); }, request);
  if (written) return;
  v1::SessionRequest item;
  Append(correlation_id, request, coordinator, &item);
  item.AppendToString(frame);  // frames after each other are one
}

void AppendTo(std::string* frame, std::uint64_t correlation_id, InitiatorReply reply,
              const CoordinatorId& coordinator) {
  if (ASSENT_MUTANT(answer_of_another_call)) {
    return AppendWithSwap(frame, correlation_id, std::move(reply), coordinator);
  }
  const bool written = std::visit(
      [&](const auto& from) { return Write(correlation_id, from, coordinator, frame); }, reply);
  if (written) return;
  v1::SessionResponse item;
  Append(correlation_id, std::move(reply), coordinator, &item);
  item.AppendToString(frame);
}

bool FromWire(std::string_view frame, const CoordinatorId& coordinator, std::uint64_t session,
              std::vector<SessionCall>* calls, WireError* error) {
  const std::size_t before = calls->size();
  if (!frame.empty() &&
      ReadItems(frame, v1::SessionRequest::kItemsFieldNumber, coordinator, calls)) {
    return true;
  }
  calls->resize(before);
  v1::SessionRequest message;
  return ParseWire(frame, &message, error) &&
         FromWire(&message, coordinator, session, calls, error);
}

bool FromWire(std::string_view frame, CoordinatorId* coordinator,
              std::vector<SessionAnswer>* answers, WireError* error) {
  const std::size_t before = answers->size();
  if (!coordinator->empty() &&
      ReadItems(frame, v1::SessionResponse::kItemsFieldNumber, *coordinator, answers)) {
    return true;
  }
  answers->resize(before);
  v1::SessionResponse message;
  return ParseWire(frame, &message, error) && FromWire(&message, coordinator, answers, error);
}

}  // namespace assent
