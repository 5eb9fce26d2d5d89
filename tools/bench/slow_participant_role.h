// A participant with the key-value store whose votes can be made late
// (tools/bench/delaying_store.h).
//
//   role slow-participant NAME DIRECTORY COORDINATOR
//
// As participant; started again on its directory it is the next life of the same store. Answers
// "delay MICROS", too: votes come so much later from now on.
#pragma once

#include "tools/bench/role.h"

namespace assent::bench {

int RunSlowParticipant(const Arguments& arguments);

}  // namespace assent::bench
