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

bool IsPlainCommit(const OutcomeReply& outcome) {
  return outcome.outcome == Outcome::kCommitted && outcome.abort_reason == AbortReason::kNone &&
         outcome.participant.empty() && outcome.text.empty() && outcome.unfinished.empty();
}

bool Write(std::uint64_t correlation_id, const OutcomeReply& from, const CoordinatorId& coordinator,
           std::string* frame) {
  if (!IsPlainCommit(from) || from.id.coordinator != coordinator) return false;
  WriteItem(frame, 3 * kVarint, v1::SessionResponse::kItemsFieldNumber, correlation_id,
            from.id.sequence, ReplyItem::kOutcomeFieldNumber, [&](FieldWriter* to) {
              to->Number(v1::TransactionOutcome::kOutcomeFieldNumber, v1::OUTCOME_COMMITTED);
              to->Number(v1::TransactionOutcome::kStateFieldNumber, wire::ToWire(from.state));
              to->Number(v1::TransactionOutcome::kReadOnlyFieldNumber, from.read_only ? 1 : 0);
            });
  return true;
}

// ---------------------------------------------------------------------------------------------
// Read gives false for what is not valid, or left to protobuf.

bool Read(std::string_view message, BranchRequest* to) {
  FieldReader reader(message);
  Field field;
  while (reader.Next(&field)) {
    if (!field.is_bytes) return false;
    if (field.number == v1::BranchRequest::kParticipantFieldNumber) {
      to->participant = field.bytes;
    } else if (field.number == v1::BranchRequest::kPayloadFieldNumber) {
      to->payload = field.bytes;
    } else {
      return false;
    }
  }
  return reader.ended() && IsValidParticipantName(to->participant);
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

bool Read(std::string_view message, OutcomeReply* to) {
  using From = v1::TransactionOutcome;
  std::uint64_t from[From::kReadOnlyFieldNumber + 1] = {};
  if (!wire::ReadNumbers(message, from)) return false;
  const std::uint64_t state = from[From::kStateFieldNumber];
  to->outcome = Outcome::kCommitted;
  to->state = static_cast<TransactionState>(state);
  to->read_only = from[From::kReadOnlyFieldNumber] == 1;
  return from[From::kOutcomeFieldNumber] == v1::OUTCOME_COMMITTED &&
         state >= v1::TRANSACTION_STATE_ACTIVE && state <= v1::TRANSACTION_STATE_ABORTED &&
         from[From::kReadOnlyFieldNumber] <= 1;
}

// An item: whose answer, of which transaction, and the message `field`, once.
template <class Value>
bool ReadItem(std::string_view item, int message_field, const CoordinatorId& coordinator,
              std::uint64_t* correlation_id, Value* to) {
  std::uint64_t numbers[kNumber + 1] = {};
  std::string_view message;
  bool found = false;
  FieldReader reader(item);
  Field field;
  while (reader.Next(&field)) {
    if (field.is_bytes) {
      if (field.number != message_field || found) return false;
      found = true;
      message = field.bytes;
    } else {
      if (field.number > kNumber || field.number == 0) return false;
      numbers[field.number] = field.varint;
    }
  }
  if (!reader.ended() || !found) return false;
  *correlation_id = numbers[kCorrelationId];
  to->id = {coordinator, {numbers[kEpoch], numbers[kNumber]}};
  return to->id.sequence.epoch != 0 && to->id.sequence.number != 0 && Read(message, to);
}

bool ReadItem(std::string_view item, const CoordinatorId& coordinator, SessionCall* to) {
  auto& request = std::get<InitiatorRequest>(to->request).emplace<CommitRequest>();
  return ReadItem(item, RequestItem::kCommitFieldNumber, coordinator, &to->correlation_id,
                  &request);
}

bool ReadItem(std::string_view item, const CoordinatorId& coordinator, SessionAnswer* to) {
  return ReadItem(item, ReplyItem::kOutcomeFieldNumber, coordinator, &to->correlation_id,
                  &to->reply.emplace<OutcomeReply>());
}

// The items of a frame that has nothing else.
template <class Item>
bool ReadItems(std::string_view frame, int list, const CoordinatorId& coordinator,
               std::vector<Item>* items) {
  if (frame.size() > kMaxFrameBytes) return false;
  const std::size_t most = items->size() + kMaxFrameItems;
  FieldReader reader(frame);
  Field field;
  while (reader.Next(&field)) {
    if (field.number != list || !field.is_bytes || items->size() == most) return false;
    if (!ReadItem(field.bytes, coordinator, &items->emplace_back())) return false;
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
  const auto* commit = std::get_if<CommitRequest>(&request);
  if (commit != nullptr && Write(correlation_id, *commit, coordinator, frame)) return;
  v1::SessionRequest item;
  Append(correlation_id, request, coordinator, &item);
  item.AppendToString(frame);  // frames after each other are one
}

void AppendTo(std::string* frame, std::uint64_t correlation_id, InitiatorReply reply,
              const CoordinatorId& coordinator) {
  if (ASSENT_MUTANT(answer_of_another_call)) {
    return AppendWithSwap(frame, correlation_id, std::move(reply), coordinator);
  }
  const auto* outcome = std::get_if<OutcomeReply>(&reply);
  if (outcome != nullptr && Write(correlation_id, *outcome, coordinator, frame)) return;
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
