// A coordinator without protocol: it passes work on to the participants, makes a record durable
// when all have answered, tells them, and answers when all have said so. No checks, no timeouts, no
// states, nothing remembered.
//
//   role floor-coordinator DIRECTORY PARTICIPANTS ADDRESSES WORK
//
// ADDRESSES: "-" if the participants dial it (streams), else theirs, with commas (unary calls).
// WORK: "write", or "read": nothing
// is made durable then, and it answers when all have voted (streams only).
// Initiators use the stream or unary calls. Ready: "ready ADDRESS". Answers "links" (of
// participants that have dialled), "syncs", "frames", "bytes". The same threads as the coordinator:
// an event loop and a writer.
#pragma once

#include "tools/bench/role.h"

namespace assent::bench {

int RunFloorCoordinator(const Arguments& arguments);

}  // namespace assent::bench
