// Every message of a world is encoded and decoded by the production's conversion, proto/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/frame_convert.h"
#include "proto/wire_convert.h"

namespace assent::simulation {

// The reply to a call that failed: no message of the protocol reads so.
inline constexpr std::string_view kFailedCall = "?";

template <class Message>
std::string Serialize(const Message& message) {
  return message.SerializeAsString();
}

// The reply of a call: a message, or the error that gRPC would carry in its status.
template <class Message>
std::string SerializeReply(const Message& message) {
  return "+" + message.SerializeAsString();
}

inline std::string SerializeReply(ErrorReply reply) {
  v1::Error error;
  ToWire(std::move(reply), &error);
  return "-" + error.SerializeAsString();
}

// What a call to the coordinator came to.
template <class Message, class Reply>
std::optional<InitiatorReply> ParseReply(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  WireError wire_error;
  if (bytes[0] == '-') {
    v1::Error error;
    if (!ParseWire(bytes.substr(1), &error, &wire_error)) return std::nullopt;
    return InitiatorReply(FromWire(&error));
  }
  Message message;
  Reply reply;
  if (!ParseWire(bytes.substr(1), &message, &wire_error) ||
      !FromWire(&message, &reply, &wire_error)) {
    return std::nullopt;
  }
  return InitiatorReply(std::move(reply));
}

}  // namespace assent::simulation
