// A participant without the agent library: four unary calls and a synced LevelDB, no more. It does
// what a measurement needs (no stamps, no recovery), and is no model for a real one.
//
//   role unary-participant NAME DIRECTORY -
//
// Ready: "ready ADDRESS". Answers "syncs" and "sum" (branches committed).
#pragma once

#include "tools/bench/role.h"

namespace assent::bench {

int RunUnaryParticipant(const Arguments& arguments);

}  // namespace assent::bench
