// Makes a world that breaks a promise smaller: fewer transactions, faults, participants.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "simulations/profile.h"
#include "simulations/run.h"

namespace assent::simulation {

// How long a smaller world is looked for: no world begins beyond them, or when `stop` says so.
struct ShrinkBounds {
  std::uint64_t worlds = std::numeric_limits<std::uint64_t>::max();
  double seconds = std::numeric_limits<double>::infinity();
  std::function<bool()> stop = [] { return false; };
};

// Makes `profile`, whose world ended as `failed` tells, smaller as long as it ends alike; runs some
// hundred worlds. How the smallest one ends.
WorldReport MakeSmaller(const WorldReport& failed, const ShrinkBounds& bounds, Profile* profile);

// The subcommand: prints the smaller world as a file that `replay` takes. Gives the exit code of
// its world.
int Shrink(Profile profile);

// Of a run's world that failed: writes the smaller world to a file of its own in the current
// directory, and prints how to run it. At most 200 worlds or 60 s, or until `stop`.
void PrintShrunk(const RunOptions& options, const WorldReport& failed,
                 const std::function<bool()>& stop);

}  // namespace assent::simulation
