#include "simulations/mutants/control.h"

#include <algorithm>
#include <set>

namespace assent::mutants {
namespace {

constexpr std::uint64_t kWorldsOfEachScenario = 200;

}  // namespace

Control RunControl(const std::vector<const Mutant*>& wanted, const HuntOptions& options,
                   std::string_view spoiler) {
  std::set<std::string_view> scenarios;
  for (const Mutant* mutant : wanted) {
    for (const std::string_view scenario : ScenariosOf(*mutant)) scenarios.insert(scenario);
  }
  if (options.hunters == Hunters::kExplorer) scenarios.clear();
  if (options.world) scenarios = {""};
  std::vector<Mutant> none;
  for (const std::string_view scenario : scenarios) {
    none.push_back(Mutant{spoiler, "", "no known bug", scenario, "", ""});
  }
  std::vector<const Mutant*> hunted;
  for (const Mutant& one : none) hunted.push_back(&one);
  HuntOptions bounded = options;
  bounded.worlds = std::min(options.worlds, kWorldsOfEachScenario);
  bounded.hunters = Hunters::kWorlds;
  Control control;
  HuntAll(hunted, bounded, [&control](const Mutant&, const Hunt& hunt) {
    control.worlds += hunt.worlds;
    if (hunt.caught) control.false_alarms.push_back(hunt);
  });
  return control;
}

}  // namespace assent::mutants
