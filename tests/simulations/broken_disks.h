// Disks that break their promises, for worlds whose checkers must notice.
#pragma once

#include "simulations/world.h"

namespace assent::simulation {

// A decision log that acknowledges decisions and does not write one in four of them.
extern const Disks kForgetfulLog;
// A store that after a crash is what it was at an earlier start: it has lost what it synced.
extern const Disks kForgetfulStore;

}  // namespace assent::simulation
