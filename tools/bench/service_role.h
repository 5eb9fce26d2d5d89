// A service that works when it is called, on gRPC's synchronous server, as the shop's services do.
//
//   role service NAME DIRECTORY COORDINATOR
//   role plain-service NAME DIRECTORY -
//
// The first takes part in the call's transaction with the agent and the key-value store. The second
// knows of no transactions: each call makes its change durable, in batches with others, and
// answers. Ready: "ready ADDRESS". Answers "syncs" and "sum" (of the numbers in the store; the
// plain one: of what was added).
#pragma once

#include "tools/bench/role.h"

namespace assent::bench {

int RunService(const Arguments& arguments);
int RunPlainService(const Arguments& arguments);

}  // namespace assent::bench
