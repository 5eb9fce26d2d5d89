// The report of a known bug: the page of the world in which it was caught.
#pragma once

#include <string>

#include "simulations/mutants/hunt.h"

namespace assent::mutants {

// Runs that world again, here, with the bug switched on. False, after saying why on standard error,
// if it was not caught in a world or the file cannot be written.
bool ReportCatch(const std::string& file, const Mutant& mutant, const Hunt& hunt);

}  // namespace assent::mutants
