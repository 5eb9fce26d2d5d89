// assent-sim-mutants: proves that the simulator can fail. Switches one known bug after the other on
// and hunts it, in random worlds and with the explorer, until a promise, a rule or a check of a
// contract is found broken.
//
//   assent-sim-mutants [--worlds N] [--hunters both|worlds|explorer] [--jobs J] [--json] [NAME...]
//   assent-sim-mutants --world FILE.toml [--worlds N] [--json] NAME...
//   assent-sim-mutants --report FILE.html [--worlds N] NAME
//   assent-sim-mutants --list
//
// First the same worlds run with no bug on (simulations/mutants/control.h): nothing may be caught.
// --spoil-control NAME has that bug on in them, and shows that the control can fail.
// --world hunts in the worlds of a file, from its seed on.
// --report hunts in worlds only, and writes the page of the world in which the bug was caught.
//
// Ends with 0 if every one was caught, each within N worlds (2,000) or by the explorer, with 1 if
// one was missed or the control caught something, with 64: usage.
#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/mutants/control.h"
#include "simulations/mutants/hunters.h"
#include "simulations/mutants/report_catch.h"
#include "simulations/print.h"
#include "simulations/report/report.h"
#include "simulations/settings.h"

namespace {

using namespace assent::mutants;  // the program is the mutants'
using assent::simulation::JsonString;
using assent::simulation::kExitHeld;
using assent::simulation::kExitUsage;
using assent::simulation::kExitViolated;
using assent::simulation::Profile;

constexpr char kUsage[] =
    "assent-sim mutants [--worlds N] [--hunters both|worlds|explorer] [--jobs J] [--json]\n"
    "                   [--list] [--world FILE.toml | --report FILE.html]\n"
    "                   [--spoil-control NAME] [NAME...]\n";

struct Options {
  HuntOptions hunt;
  std::string spoiler;  // of the control
  bool help = false;
  bool json = false;
  bool list = false;
  std::string report;  // a file; empty: none
  std::vector<const Mutant*> wanted;
};

struct Counts {
  std::size_t mutants = 0;
  std::size_t caught = 0;
};

std::string Number(std::uint64_t number) { return std::to_string(number); }

// How it was found, in words.
std::string HowOf(const Hunt& hunt) {
  if (hunt.hunter == "explorer") {
    return hunt.set + ", " + Number(hunt.states) + " states, " + Number(hunt.actions) + " actions";
  }
  if (!hunt.caught) return Number(hunt.worlds) + " worlds";
  return Number(hunt.worlds) + " worlds, " + hunt.scenario + " " + Number(hunt.seed);
}

void PrintText(const Mutant& mutant, const Hunt& hunt) {
  std::printf("%-6s %-36s %-34s %s\n", hunt.caught ? "caught" : "MISSED",
              std::string(mutant.name).c_str(), HowOf(hunt).c_str(),
              hunt.caught ? (hunt.checker + ": " + hunt.text).c_str() : "");
}

void PrintJson(const Mutant& mutant, const Hunt& hunt) {
  std::string text = "{\"mutant\":" + JsonString(mutant.name);
  text += ",\"folder\":" + JsonString(mutant.folder) + ",\"what\":" + JsonString(mutant.what);
  text += std::string(",\"caught\":") + (hunt.caught ? "true" : "false");
  text += ",\"hunter\":" + JsonString(hunt.hunter);
  text += ",\"checker\":" + JsonString(hunt.checker) + ",\"text\":" + JsonString(hunt.text);
  if (hunt.hunter == "explorer") {
    text += ",\"set\":" + JsonString(hunt.set) + ",\"states\":" + Number(hunt.states) +
            ",\"actions\":" + Number(hunt.actions);
  } else {
    text += ",\"worlds\":" + Number(hunt.worlds) + ",\"scenario\":" + JsonString(hunt.scenario) +
            ",\"seed\":" + Number(hunt.seed);
  }
  std::printf("%s}\n", text.c_str());
}

bool ReadNumber(std::string_view text, std::uint64_t* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool ReadHunters(std::string_view text, Hunters* hunters) {
  if (text == "both") *hunters = Hunters::kBoth;
  if (text == "worlds") *hunters = Hunters::kWorlds;
  if (text == "explorer") *hunters = Hunters::kExplorer;
  return text == "both" || text == "worlds" || text == "explorer";
}

bool TakeName(std::string_view name, Options* options) {
  const Mutant* mutant = FindMutant(name);
  if (mutant == nullptr) {
    std::fprintf(stderr, "assent-sim-mutants: no bug is called %s\n", std::string(name).c_str());
    return false;
  }
  options->wanted.push_back(mutant);
  return true;
}

bool ReadWorld(const std::string& path, HuntOptions* options) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  Profile profile;
  const std::string error =
      file ? assent::simulation::ReadProfile(text.str(), &profile) : "cannot be read";
  if (error.empty()) {
    options->world = profile;
    options->hunters = Hunters::kWorlds;
    return true;
  }
  std::fprintf(stderr, "assent-sim-mutants: %s: %s\n", path.c_str(), error.c_str());
  return false;
}

bool TakeValue(std::string_view name, std::string_view value, Options* options) {
  std::uint64_t jobs = 0;
  if (name == "--report") {
    options->report = value;
    options->hunt.hunters = Hunters::kWorlds;
    return !value.empty();
  }
  if (name == "--world") return ReadWorld(std::string(value), &options->hunt);
  if (name == "--spoil-control") {
    options->spoiler = value;
    return FindMutant(value) != nullptr;
  }
  if (name == "--worlds") return ReadNumber(value, &options->hunt.worlds);
  if (name == "--hunters") return ReadHunters(value, &options->hunt.hunters);
  if (name != "--jobs" || !ReadNumber(value, &jobs) || jobs < 1 || jobs > 256) return false;
  options->hunt.jobs = jobs;
  return true;
}

bool Parse(int count, char** values, Options* options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = values[i];
    if (word == "--help" || word == "-h") {
      options->help = true;
    } else if (word == "--json") {
      options->json = true;
    } else if (word == "--list") {
      options->list = true;
    } else if (word.starts_with("--")) {
      if (i + 1 == count || !TakeValue(word, values[++i], options)) return false;
    } else if (!TakeName(word, options)) {
      return false;
    }
  }
  if (!options->report.empty()) return options->wanted.size() == 1 && !options->hunt.world;
  if (!options->wanted.empty()) return true;
  for (const Mutant& mutant : Catalogue()) options->wanted.push_back(&mutant);
  return true;
}

int List(const Options& options) {
  for (const Mutant* mutant : options.wanted) {
    std::printf("%-36s %-12s %s\n", std::string(mutant->name).c_str(),
                std::string(mutant->folder).c_str(), std::string(mutant->what).c_str());
  }
  return kExitHeld;
}

void PrintFalseAlarm(const Options& options, const Hunt& hunt) {
  if (options.json) {
    std::printf("{\"false_alarm\":%s,\"text\":%s,\"scenario\":%s,\"seed\":%s}\n",
                JsonString(hunt.checker).c_str(), JsonString(hunt.text).c_str(),
                JsonString(hunt.scenario).c_str(), Number(hunt.seed).c_str());
  } else {
    std::printf("FALSE ALARM without a known bug, %s %s: %s: %s\n", hunt.scenario.c_str(),
                Number(hunt.seed).c_str(), hunt.checker.c_str(), hunt.text.c_str());
  }
}

void PrintSummary(const Options& options, const Counts& counts, const Control& control) {
  const std::size_t missed = counts.mutants - counts.caught;
  const char* const form =
      options.json ? "{\"mutants\":%zu,\"caught\":%zu,\"missed\":%zu,\"control_worlds\":%s,"
                     "\"false_alarms\":%zu}\n"
                   : "%zu mutants, %zu caught, %zu missed; %s worlds without a bug, "
                     "%zu false alarms\n";
  std::printf(form, counts.mutants, counts.caught, missed, Number(control.worlds).c_str(),
              control.false_alarms.size());
}

// All that are wanted; `last` is the last hunt.
Counts HuntWanted(const Options& options, Hunt* last) {
  Counts counts;
  HuntAll(options.wanted, options.hunt, [&](const Mutant& mutant, const Hunt& hunt) {
    *last = hunt;
    ++counts.mutants;
    counts.caught += hunt.caught ? 1 : 0;
    options.json ? PrintJson(mutant, hunt) : PrintText(mutant, hunt);
    std::fflush(stdout);
  });
  return counts;
}

}  // namespace

int main(int count, char** values) {
  Options options;
  if (!Parse(count, values, &options)) {
    std::fprintf(stderr, "%s", kUsage);
    return kExitUsage;
  }
  if (options.help) {
    std::printf("%s", kUsage);
    return kExitHeld;
  }
  if (options.list) return List(options);
  const std::string unwritable =
      options.report.empty() ? "" : assent::simulation::WhyNotWritable(options.report);
  if (!unwritable.empty()) {
    std::fprintf(stderr, "assent-sim mutants: %s\n", unwritable.c_str());
    return kExitUsage;
  }
  const Control control = RunControl(options.wanted, options.hunt, options.spoiler);
  for (const Hunt& hunt : control.false_alarms) PrintFalseAlarm(options, hunt);
  if (!control.false_alarms.empty()) {
    PrintSummary(options, Counts(), control);
    return kExitViolated;
  }
  Hunt last;
  const Counts counts = HuntWanted(options, &last);
  PrintSummary(options, counts, control);
  const bool is_told =
      options.report.empty() || ReportCatch(options.report, *options.wanted.front(), last);
  if (!is_told) return kExitViolated;
  return counts.caught == counts.mutants ? kExitHeld : kExitViolated;
}
