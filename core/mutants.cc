#include "core/mutants.h"

#ifdef ASSENT_WITH_MUTANTS

#include <string>

namespace assent {
namespace {

std::string& Active() {
  static std::string name;
  return name;
}

}  // namespace

void ActivateMutant(std::string_view name) { Active() = name; }

bool IsActiveMutant(std::string_view name) { return name == Active(); }

}  // namespace assent

#endif
