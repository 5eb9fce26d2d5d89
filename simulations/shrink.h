// Makes a world that breaks a promise smaller: fewer transactions, faults, participants.
#pragma once

#include "simulations/profile.h"
#include "simulations/run.h"

namespace assent::simulation {

// Makes `profile`, whose world ended as `failed` tells, smaller as long as the same promise breaks;
// runs some hundred worlds. How the smallest one ends.
WorldReport MakeSmaller(const WorldReport& failed, Profile* profile);

// The subcommand: prints the smaller world as a file that `replay` takes.
int Shrink(Profile profile);

// Of a run's world that failed: writes the smaller world to a file of its own in the current
// directory, and prints how to run it.
void PrintShrunk(const RunOptions& options, const WorldReport& failed);

}  // namespace assent::simulation
