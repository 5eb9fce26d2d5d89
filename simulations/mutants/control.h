// The control of the hunts: the same worlds with no known bug on. Who catches something there would
// catch every bug, and prove nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "simulations/mutants/hunters.h"

namespace assent::mutants {

struct Control {
  std::uint64_t worlds = 0;
  std::vector<Hunt> false_alarms;  // at most one of each scenario
};

// Runs the first worlds of each scenario in which `wanted` are hunted: 200, or as many as options
// say for a hunt if these are fewer. `spoiler` is a bug that is on nevertheless, to see the control
// fail; mostly empty.
Control RunControl(const std::vector<const Mutant*>& wanted, const HuntOptions& options,
                   std::string_view spoiler);

}  // namespace assent::mutants
