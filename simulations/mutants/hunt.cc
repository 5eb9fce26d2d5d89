#include "simulations/mutants/hunt.h"

#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <iterator>
#include <sstream>
#include <string_view>

#include "core/check.h"
#include "core/mutants.h"
#include "simulations/explorer/explorer.h"
#include "simulations/profile.h"
#include "simulations/worker.h"

namespace assent::mutants {
namespace {

using simulation::kExitViolated;
using simulation::Profile;
using simulation::Worker;
using simulation::WorldReport;

// One after the other, each with its own seeds: bugs differ in where they show.
constexpr std::string_view kScenarios[] = {"memory", "crashes", "unary", "network", "mutants"};
constexpr std::uint64_t kScenarioCount = sizeof kScenarios / sizeof *kScenarios;
// A bug may let a world run in circles.
constexpr std::int64_t kMaxActions = 2'000'000;

// World number `number`, from 0.
class Itinerary {
 public:
  Itinerary(std::string_view scenario, const std::optional<Profile>& world)
      : scenario_(scenario), world_(world) {}

  std::string_view Scenario(std::uint64_t number) const {
    if (world_) return "";
    return scenario_.empty() ? kScenarios[number % kScenarioCount] : scenario_;
  }
  std::uint64_t Seed(std::uint64_t number) const {
    return (scenario_.empty() ? number / kScenarioCount : number) + 1;
  }
  Profile World(std::uint64_t number) const {
    Profile profile =
        world_ ? *world_ : simulation::DrawProfile(Scenario(number), Seed(number)).value();
    if (world_) profile.seed += static_cast<std::int64_t>(number);
    profile.max_actions = kMaxActions;
    return profile;
  }

 private:
  const std::string_view scenario_;
  const std::optional<Profile> world_;
};

// A promise, a rule or a contract's check; not that a world ran in circles or a process died.
bool IsCaught(const WorldReport& report) {
  return report.exit_code == kExitViolated && report.promise != "process";
}

// From world number hunt->worlds on, in one process until one fails, which may end that process.
void HuntOn(const Itinerary& itinerary, std::uint64_t worlds, Hunt* hunt) {
  std::uint64_t next = hunt->worlds;
  Worker worker(
      [&](Profile* profile) {
        if (next >= worlds) return false;
        *profile = itinerary.World(next++);
        return true;
      },
      simulation::WorkerOptions());
  bool lives = true;
  while (lives && !hunt->caught) {
    lives = worker.Read();
    WorldReport report;
    while (!hunt->caught && worker.TakeReport(&report)) {
      hunt->scenario = itinerary.Scenario(hunt->worlds++);
      hunt->seed = report.seed;
      hunt->caught = IsCaught(report);
      if (!hunt->caught) continue;
      hunt->checker = report.promise;
      hunt->text = report.text;
    }
  }
}

// ---------------------------------------------------------------------------------------------
// The explorer

// Explores in a process of its own, since a broken check ends it, and gives what it prints.
std::string ExploreApart(const explorer::Bounds& bounds) {
  int ends[2];
  ASSENT_CHECK(pipe(ends) == 0, "no pipe to the explorer");
  const pid_t child = fork();
  ASSENT_CHECK(child >= 0, "no process for the explorer");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    const explorer::Report report = explorer::Explore(bounds, &std::cout);
    explorer::Print(report, &std::cout);
    std::cout.flush();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char bytes[4096];
  for (ssize_t count = 0; (count = read(ends[0], bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return text;
}

bool Cut(std::string_view prefix, std::string_view line, std::string* rest) {
  if (!line.starts_with(prefix)) return false;
  *rest = line.substr(prefix.size());
  return true;
}

// The digits of "1,234".
std::uint64_t NumberIn(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

// A step of the path: "  12. what happens", with what follows from it below.
bool IsAction(std::string_view line) {
  return line.size() > 2 && line.starts_with("  ") && line[2] >= '0' && line[2] <= '9';
}

void TakeLine(std::string_view line, Hunt* hunt) {
  std::string rest;
  if (Cut("VIOLATED: ", line, &rest)) {
    hunt->caught = true;
    hunt->checker = rest;
  } else if (Cut("  on the one hand   ", line, &rest)) {
    hunt->text = rest;
  } else if (Cut("  on the other hand ", line, &rest)) {
    hunt->text += "; but " + rest;
  } else if (Cut("found in state ", line, &rest)) {
    hunt->states = NumberIn(rest.substr(0, rest.find(';')));
  } else if (IsAction(line)) {
    ++hunt->actions;
  }
}

}  // namespace

std::vector<std::string_view> ScenariosOf(const Mutant& mutant) {
  if (mutant.scenario.empty()) return {std::begin(kScenarios), std::end(kScenarios)};
  return {mutant.scenario};
}

Hunt HuntInWorlds(const Mutant& mutant, std::uint64_t worlds, const std::optional<Profile>& world) {
  ActivateMutant(mutant.name);
  Hunt hunt;
  hunt.hunter = "worlds";
  const Itinerary itinerary(mutant.scenario, world);
  while (!hunt.caught && hunt.worlds < worlds) HuntOn(itinerary, worlds, &hunt);
  return hunt;
}

Hunt HuntWithExplorer(const Mutant& mutant) {
  ActivateMutant(mutant.name);
  Hunt hunt;
  hunt.hunter = "explorer";
  hunt.set = mutant.set;
  const explorer::Bounds* bounds = explorer::FindBounds(hunt.set);
  ASSENT_CHECK(bounds != nullptr, "the catalogue names a set of bounds");
  std::istringstream output(ExploreApart(*bounds));
  for (std::string line; std::getline(output, line);) TakeLine(line, &hunt);
  return hunt;
}

}  // namespace assent::mutants
