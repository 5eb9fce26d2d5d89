// The known bugs: what each leaves out, and who finds it. Only in the mutants' build.
#pragma once

#include <string_view>
#include <vector>

namespace assent::mutants {

struct Mutant {
  std::string_view name;    // of the switch: ASSENT_MUTANT(name)
  std::string_view folder;  // where the switch is
  std::string_view what;    // which rule or promise, and what is left out of it
  // The scenario of the random worlds in which it is hunted; empty: several, in turn.
  std::string_view scenario;
  std::string_view set;      // the explorer's set of bounds that shows it; empty: none
  std::string_view finding;  // its number among the findings of the protocol's check, or empty
};

// In the order of docs/mutants.md.
const std::vector<Mutant>& Catalogue();

// Null if no bug is called so.
const Mutant* FindMutant(std::string_view name);

}  // namespace assent::mutants
