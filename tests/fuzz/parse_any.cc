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

void ParseSessionRequest(std::string_view bytes) {
  const CoordinatorId coordinator = *CoordinatorId::Parse("c1");
  v1::SessionRequest frame;
  WireError error;
  std::vector<SessionCall> calls;
  if (!ParseWire(bytes, &frame, &error) || !FromWire(&frame, coordinator, 1, &calls, &error)) {
    return;
  }
  for (SessionCall& call : calls) {
    if (!std::holds_alternative<InitiatorRequest>(call.request)) continue;
    v1::SessionRequest again;
    Append(1, std::move(std::get<InitiatorRequest>(call.request)), coordinator, &again);
    std::vector<SessionCall> read;
    ASSENT_CHECK(FromWire(&again, coordinator, 1, &read, &error), error.text.c_str());
    ASSENT_CHECK(std::holds_alternative<InitiatorRequest>(read.at(0).request));
  }
}

void ParseSessionResponse(std::string_view bytes) {
  v1::SessionResponse frame;
  WireError error;
  CoordinatorId coordinator;
  std::vector<SessionAnswer> answers;
  if (!ParseWire(bytes, &frame, &error) || !FromWire(&frame, &coordinator, &answers, &error)) {
    return;
  }
  v1::SessionResponse again;
  for (SessionAnswer& answer : answers) Append(1, std::move(answer.reply), coordinator, &again);
  ASSENT_CHECK(FromWire(&again, &coordinator, &answers, &error), error.text.c_str());
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
      return ParseSessionResponse(rest);
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
