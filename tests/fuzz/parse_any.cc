#include "tests/fuzz/parse_any.h"

#include "core/check.h"
#include "proto/disk_convert.h"
#include "proto/frame_convert.h"
#include "proto/wire_convert.h"

namespace assent::testing {
namespace {

template <class Frame, class Value>
void ParseLink(std::string_view bytes) {
  Frame frame;
  WireError error;
  std::vector<Value> values;
  const bool valid = ParseWire(bytes, &frame, &error) && FromWire(&frame, &values, &error);
  std::vector<Value> of_bytes;
  ASSENT_CHECK(FromWire(bytes, &of_bytes, &error) == valid, "both ways agree on what is valid");
  Frame again;
  for (Value& value : values) Append(std::move(value), &again);
  std::string bytes_again;
  for (Value& value : of_bytes) AppendTo(&bytes_again, std::move(value));
  ASSENT_CHECK(bytes_again == again.SerializeAsString(), "both ways read the same");
  if (valid) ASSENT_CHECK(FromWire(&again, &values, &error), error.text.c_str());
}

// What was read of an item, as protobuf writes it and as we write it without.
std::string Written(SessionCall call) {
  const CoordinatorId coordinator = *CoordinatorId::Parse("c1");
  if (const auto* refused = std::get_if<ErrorReply>(&call.request)) {
    return std::to_string(call.correlation_id) + " refused: " + refused->text;
  }
  auto& request = std::get<InitiatorRequest>(call.request);
  std::string bytes;
  AppendTo(&bytes, call.correlation_id, request, coordinator);
  v1::SessionRequest frame;
  Append(call.correlation_id, std::move(request), coordinator, &frame);
  ASSENT_CHECK(bytes == frame.SerializeAsString(), "both ways write the same");
  std::vector<SessionCall> again;
  WireError error;
  ASSENT_CHECK(FromWire(&frame, coordinator, 1, &again, &error), error.text.c_str());
  ASSENT_CHECK(std::holds_alternative<InitiatorRequest>(again.at(0).request));
  return bytes;
}

std::string Written(SessionAnswer answer) {
  CoordinatorId coordinator = *CoordinatorId::Parse("c1");
  std::string bytes;
  AppendTo(&bytes, answer.correlation_id, answer.reply, coordinator);
  v1::SessionResponse frame;
  Append(answer.correlation_id, std::move(answer.reply), coordinator, &frame);
  ASSENT_CHECK(bytes == frame.SerializeAsString(), "both ways write the same");
  std::vector<SessionAnswer> again;
  WireError error;
  ASSENT_CHECK(FromWire(&frame, &coordinator, &again, &error), error.text.c_str());
  return bytes;
}

template <class Item>
void CheckSame(std::vector<Item> items, std::vector<Item> others) {
  ASSENT_CHECK(items.size() == others.size(), "both ways read as many");
  for (std::size_t i = 0; i < items.size(); ++i) {
    ASSENT_CHECK(Written(std::move(items[i])) == Written(std::move(others[i])),
                 "both ways read the same");
  }
}

void ParseSessionRequest(std::string_view bytes) {
  const CoordinatorId coordinator = *CoordinatorId::Parse("c1");
  v1::SessionRequest frame;
  WireError error;
  std::vector<SessionCall> calls;
  const bool valid =
      ParseWire(bytes, &frame, &error) && FromWire(&frame, coordinator, 1, &calls, &error);
  std::vector<SessionCall> of_bytes;
  ASSENT_CHECK(FromWire(bytes, coordinator, 1, &of_bytes, &error) == valid,
               "both ways agree on what is valid");
  if (valid) CheckSame(std::move(calls), std::move(of_bytes));
}

// A session's first frame tells its coordinator, which is not known before.
void ParseSessionResponse(std::string_view bytes, const CoordinatorId& known) {
  v1::SessionResponse frame;
  WireError error;
  CoordinatorId told = known;
  std::vector<SessionAnswer> answers;
  const bool valid = ParseWire(bytes, &frame, &error) && FromWire(&frame, &told, &answers, &error);
  CoordinatorId told_by_bytes = known;
  std::vector<SessionAnswer> of_bytes;
  ASSENT_CHECK(FromWire(bytes, &told_by_bytes, &of_bytes, &error) == valid,
               "both ways agree on what is valid");
  if (!valid) return;
  ASSENT_CHECK(told == told_by_bytes, "both ways are told the same coordinator");
  CheckSame(std::move(answers), std::move(of_bytes));
}

template <class Record>
void ParseRecord(std::string_view bytes) {
  Record record;
  Record again;
  std::string error;
  if (!Decode(bytes, &record, &error)) return;
  ASSENT_CHECK(Decode(Encode(record), &again, &error), error.c_str());
  ASSENT_CHECK(record == again);
}

void ParseHorizon(std::string_view bytes) {
  Sequence horizon;
  Sequence again;
  std::string error;
  if (!DecodeHorizon(bytes, &horizon, &error)) return;
  ASSENT_CHECK(DecodeHorizon(EncodeHorizon(horizon), &again, &error), error.c_str());
  ASSENT_CHECK(horizon == again);
}

void ParseIds(std::string_view text) {
  if (const auto id = TransactionId::Parse(text)) ASSENT_CHECK(id->ToText() == text);
  if (const auto store = StoreId::Parse(text)) ASSENT_CHECK(store->ToText() == text);
  if (const auto id = CoordinatorId::Parse(text)) ASSENT_CHECK(id->text() == text);
  if (IsValidParticipantName(text)) ASSENT_CHECK(text.size() <= kMaxParticipantNameSize);
}

}  // namespace

void ParseAny(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::string_view rest = bytes.substr(1);
  switch (static_cast<unsigned char>(bytes[0]) % 9) {
    case 0:
      return ParseIds(rest);
    case 1:
      return ParseLink<v1::AttachRequest, FromParticipant>(rest);
    case 2:
      return ParseLink<v1::AttachResponse, ToParticipant>(rest);
    case 3:
      return ParseSessionRequest(rest);
    case 4:
      ParseSessionResponse(rest, CoordinatorId());
      return ParseSessionResponse(rest, *CoordinatorId::Parse("c1"));
    case 5:
      return ParseRecord<std::vector<DecisionRecord>>(rest);
    case 6:
      return ParseHorizon(rest);
    case 7:
      return ParseRecord<std::vector<AcknowledgedUpdate>>(rest);
    default:
      return ParseRecord<BindingUpdate>(rest);
  }
}

}  // namespace assent::testing
