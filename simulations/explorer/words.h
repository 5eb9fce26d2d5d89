// Messages, requests and states in words. Two that differ in anything a machine reads differ in
// words as well: they are interned by them.
#pragma once

#include <string>

#include "core/coordinator_io.h"
#include "core/messages.h"
#include "core/participant.h"

namespace assent::explorer {

std::string Words(Sequence id);
std::string Words(const ToParticipant& message);
std::string Words(const FromParticipant& message);
std::string Words(const InitiatorRequest& request);
std::string Words(const InitiatorReply& reply);
const char* Words(TransactionState state);
const char* Words(LocalBranchState state);

// The participants' names: a, b, c.
std::string NameOfParticipant(int participant);
int ParticipantNamed(const std::string& name);

}  // namespace assent::explorer
