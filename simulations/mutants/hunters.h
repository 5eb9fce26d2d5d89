// Several hunts at a time, each in a process of its own.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "simulations/mutants/hunt.h"

namespace assent::mutants {

enum class Hunters { kBoth, kWorlds, kExplorer };

struct HuntOptions {
  std::uint64_t worlds = 2000;
  std::size_t jobs = 1;
  Hunters hunters = Hunters::kBoth;
  std::optional<simulation::Profile> world = {};  // in whose worlds all are hunted
};

// Worlds first, then, for who was missed, the explorer.
Hunt HuntFor(const Mutant& mutant, const HuntOptions& options);

// Calls `done` once for each, in the order of `wanted`.
using Done = std::function<void(const Mutant& mutant, const Hunt& hunt)>;
void HuntAll(const std::vector<const Mutant*>& wanted, const HuntOptions& options,
             const Done& done);

}  // namespace assent::mutants
