// A participant without protocol: it makes durable what Prepare brings, and what Commit means, and
// says so. A read it answers at once.
//
//   role floor-participant NAME DIRECTORY COORDINATOR
//
// Ready: "ready". Answers "syncs". The same threads as an agent with the key-value store: an event
// loop and a writer.
#pragma once

#include "tools/bench/role.h"

namespace assent::bench {

int RunFloorParticipant(const Arguments& arguments);

}  // namespace assent::bench
