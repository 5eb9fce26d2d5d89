// Known bugs, to prove that the checkers of the simulator can fail.
//
// ASSENT_MUTANT(name) is true while the bug of that name is switched on. In every build but the
// mutants' own (targets *_mutants, compiled with ASSENT_WITH_MUTANTS) it is the constant false, and
// neither the names nor the switch exist. simulations/mutants/catalogue.cc lists what each breaks.
#pragma once

#ifdef ASSENT_WITH_MUTANTS

#include <string_view>

namespace assent {

// Switches the bug of that name on, and every other one off; an empty name switches all off. A name
// that no code asks for changes nothing. Not thread-safe: before threads start.
void ActivateMutant(std::string_view name);
bool IsActiveMutant(std::string_view name);

}  // namespace assent

#define ASSENT_MUTANT(name) (::assent::IsActiveMutant(#name))

#else

namespace assent {
inline constexpr bool kNoMutant = false;
}  // namespace assent

#define ASSENT_MUTANT(name) (::assent::kNoMutant)

#endif
