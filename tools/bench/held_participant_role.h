// Participants whose store holds back what it is asked for (tools/bench/held_store.h).
//
//   role silent-participant NAME DIRECTORY COORDINATOR     never votes
//   role mute-participant NAME DIRECTORY COORDINATOR       votes yes, never acknowledges
//   role reborn-participant NAME DIRECTORY COORDINATOR     the next life of a mute one:
//   acknowledges role idle-participant NAME DIRECTORY COORDINATOR       the same as reborn: nothing
//   is asked of it
//
// Ready: "ready". Answers nothing of use.
#pragma once

#include "tools/bench/held_store.h"
#include "tools/bench/role.h"

namespace assent::bench {

int RunHeldParticipant(const Arguments& arguments, Incarnation incarnation, Holds holds);

}  // namespace assent::bench
