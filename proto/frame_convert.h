// Converts between frames as bytes, as links carry them, and the core's values.
//
// What the frame functions of wire_convert.h say holds here, too: the same frames, values, limits
// and errors. What a transaction needs (Prepare, Commit, Abort, a vote, Acknowledge, and of
// sessions Commit, a final outcome and a refusal) is written and read without an object of protobuf
// in between, which costs more than all that is done with it. All else, and whatever a peer has
// written in another way than we do, goes through wire_convert.h, when reading with the whole
// frame: so what comes often must not be left to it.
//
// Thread-safe as far as the arguments differ; nothing blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/wire_convert.h"

namespace assent {

// Appends one message to a frame, which is empty at first.
void AppendTo(std::string* frame, FromParticipant message);
void AppendTo(std::string* frame, ToParticipant message);
void AppendTo(std::string* frame, std::uint64_t correlation_id, const InitiatorRequest& request,
              const CoordinatorId& coordinator);
void AppendTo(std::string* frame, std::uint64_t correlation_id, InitiatorReply reply,
              const CoordinatorId& coordinator);

bool FromWire(std::string_view frame, std::vector<FromParticipant>* messages, WireError* error);
bool FromWire(std::string_view frame, std::vector<ToParticipant>* messages, WireError* error);
bool FromWire(std::string_view frame, const CoordinatorId& coordinator, std::uint64_t session,
              std::vector<SessionCall>* calls, WireError* error);
bool FromWire(std::string_view frame, CoordinatorId* coordinator,
              std::vector<SessionAnswer>* answers, WireError* error);

}  // namespace assent
