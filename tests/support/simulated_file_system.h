// The simulator's disk, for tests of what lies on disks.
#pragma once

#include "simulations/simulated_file_system.h"

namespace assent::testing {

using simulation::FailureEffect;
using simulation::Loss;
using simulation::SimulatedFileSystem;

}  // namespace assent::testing
