// assent-sim-mutants: proves that the simulator can fail. Runs worlds over a core with a known bug
// switched on, one bug after the other, until a promise, a rule or an invariant is found broken.
//
//   assent-sim-mutants [--worlds N] [--json] [NAME...]
//
// Ends with 0 if every one was caught within N worlds (2,000), 1 if one was missed, 64: usage.
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "core/mutants.h"
#include "simulations/print.h"
#include "simulations/run.h"
#include "simulations/worker.h"

namespace {

using namespace assent::simulation;  // the program is the simulator's
using assent::Mutant;

// One after the other, each with its own seeds: bugs differ in where they show.
constexpr const char* kScenarios[] = {"memory", "crashes", "unary", "network", "mutants"};
constexpr std::uint64_t kScenarioCount = sizeof kScenarios / sizeof *kScenarios;

struct Options {
  std::uint64_t worlds = 2000;
  bool json = false;
  std::vector<std::string> names;
};

struct Catch {
  bool caught = false;
  std::uint64_t worlds = 0;
  std::string scenario;
  WorldReport report;
};

// World number `number`, from 0.
Profile ProfileOf(std::uint64_t number) {
  return DrawProfile(kScenarios[number % kScenarioCount], number / kScenarioCount + 1).value();
}

// Worlds in one process until one fails, which then ends it.
Catch Hunt(std::uint64_t worlds) {
  std::uint64_t next = 0;
  Worker worker(
      [&next, worlds](Profile* profile) {
        if (next == worlds) return false;
        *profile = ProfileOf(next++);
        return true;
      },
      /*twice=*/false);
  Catch result;
  bool lives = true;
  while (lives && !result.caught) {
    lives = worker.Read();
    while (!result.caught && worker.TakeReport(&result.report)) {
      result.scenario = kScenarios[result.worlds % kScenarioCount];
      ++result.worlds;
      result.caught = result.report.exit_code != kExitHeld;
    }
  }
  return result;
}

void Print(const Options& options, const Mutant& mutant, const Catch& result) {
  const std::string name(mutant.name);
  const auto worlds = static_cast<unsigned long long>(result.worlds);
  const auto seed = static_cast<unsigned long long>(result.report.seed);
  if (!options.json) {
    std::printf("%-6s %-36s %5llu worlds  %s\n", result.caught ? "caught" : "MISSED", name.c_str(),
                worlds,
                result.caught ? (result.report.promise + ": " + result.report.text).c_str() : "");
  } else {
    std::printf(
        "{\"mutant\":%s,\"rule\":%s,\"caught\":%s,\"worlds\":%llu,\"scenario\":%s,"
        "\"seed\":%llu,\"checker\":%s,\"text\":%s}\n",
        JsonString(name).c_str(), JsonString(mutant.rule).c_str(), result.caught ? "true" : "false",
        worlds, JsonString(result.scenario).c_str(), seed,
        JsonString(result.caught ? result.report.promise : "").c_str(),
        JsonString(result.caught ? result.report.text : "").c_str());
  }
  std::fflush(stdout);
}

bool Parse(int count, char** values, Options* options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = values[i];
    if (word == "--json") {
      options->json = true;
    } else if (word == "--worlds" && i + 1 < count) {
      const std::string_view text = values[++i];
      const auto read = std::from_chars(text.data(), text.data() + text.size(), options->worlds);
      if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return false;
    } else if (word.starts_with("--")) {
      return false;
    } else {
      options->names.emplace_back(word);
    }
  }
  return true;
}

bool IsKnown(const std::string& name) {
  for (const Mutant& mutant : assent::CoreMutants()) {
    if (name == mutant.name) return true;
  }
  std::fprintf(stderr, "assent-sim-mutants: no bug is called %s\n", name.c_str());
  return false;
}

bool IsWanted(const Options& options, const Mutant& mutant) {
  if (options.names.empty()) return true;
  for (const std::string& name : options.names) {
    if (name == mutant.name) return true;
  }
  return false;
}

}  // namespace

int main(int count, char** values) {
  Options options;
  if (!Parse(count, values, &options)) {
    std::fprintf(stderr, "assent-sim-mutants [--worlds N] [--json] [NAME...]\n");
    return kExitUsage;
  }
  for (const std::string& name : options.names) {
    if (!IsKnown(name)) return kExitUsage;
  }
  int mutants = 0;
  int caught = 0;
  for (const Mutant& mutant : assent::CoreMutants()) {
    if (!IsWanted(options, mutant)) continue;
    assent::ActivateMutant(mutant.name);
    const Catch result = Hunt(options.worlds);
    ++mutants;
    caught += result.caught ? 1 : 0;
    Print(options, mutant, result);
  }
  if (options.json) {
    std::printf("{\"mutants\":%d,\"caught\":%d,\"missed\":%d}\n", mutants, caught,
                mutants - caught);
  } else {
    std::printf("%d mutants, %d caught, %d missed\n", mutants, caught, mutants - caught);
  }
  return caught == mutants && mutants > 0 ? kExitHeld : kExitViolated;
}
