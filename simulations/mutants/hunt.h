// Looks for a known bug: in random worlds, or with the explorer. Each hunt is a process of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/mutants/catalogue.h"
#include "simulations/profile.h"

namespace assent::mutants {

struct Hunt {
  bool caught = false;
  std::string hunter;         // "worlds" or "explorer"
  std::string checker;        // the promise, rule or check that broke
  std::string text;           // the contradiction
  std::uint64_t worlds = 0;   // that were run
  std::string scenario;       // of the world in which it was caught
  std::uint64_t seed = 0;     // of that world
  std::string set;            // the explorer's
  std::uint64_t states = 0;   // that were visited
  std::uint64_t actions = 0;  // on the shortest path to it
};

// The scenarios in whose random worlds the bug is hunted.
std::vector<std::string_view> ScenariosOf(const Mutant& mutant);

// Worlds until one does not hold, at most `worlds`: of `world`, from its seed on, if there is one.
Hunt HuntInWorlds(const Mutant& mutant, std::uint64_t worlds,
                  const std::optional<simulation::Profile>& world);

// The explorer's set of the mutant, to its end or to the first violation.
Hunt HuntWithExplorer(const Mutant& mutant);

}  // namespace assent::mutants
