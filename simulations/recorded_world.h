// One world, run in this process and recorded.
#pragma once

#include <functional>

#include "simulations/world.h"

namespace assent::simulation {

// Hears how a world ended; gives the program's exit code.
using TellWorld = std::function<int(const WorldResult& result)>;

// Runs the world and gives what `tell` gives. If a check of the code under test fails, `tell` hears
// of the world as far as it came, as one that breaks the promise "invariant"; then the process
// ends, since the code's state cannot be trusted any more. One at a time.
int RunRecorded(const Profile& profile, LogLevel level, const TellWorld& tell);

}  // namespace assent::simulation
