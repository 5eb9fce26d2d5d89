// assent-sim: runs simulated worlds and says whether all promises held. docs/simulation.md
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/explorer/explorer.h"
#include "simulations/print.h"
#include "simulations/profile.h"
#include "simulations/run.h"
#include "simulations/shrink.h"

namespace {

using namespace assent::simulation;  // the program is the simulator's

constexpr char kUsage[] =
    "assent-sim run [OPTION]...          run worlds, each from a seed\n"
    "assent-sim replay SEED|FILE [...]   run one world and tell what happens in it\n"
    "assent-sim shrink SEED|FILE [...]   make a failing world smaller, print it as a file\n"
    "assent-sim explore [OPTION]...      all orders of small worlds; explore --list\n"
    "assent-sim mutants [OPTION]...      hunt known bugs: [--worlds N] [--json] [NAME...]\n"
    "assent-sim list                     the scenarios, and every number of a world\n"
    "\n"
    "  --seeds N             how many worlds (100)\n"
    "  --start S             the first seed (1)\n"
    "  --jobs J              processes at a time (1)\n"
    "  --minutes M           begin no world after M minutes; 0.5: half a one\n"
    "  --scenario NAME|FILE  what befalls the worlds (swarm); a FILE.toml holds NAME = NUMBER\n"
    "                        lines over what each seed draws\n"
    "  --set 'NAME = NUMBER' one such line\n"
    "  --coverage            print which crashes came in which states\n"
    "  --json                one object per line, the summary last\n"
    "  --check-determinism   run each world twice\n"
    "  --log short|full      what replay prints\n"
    "  --no-shrink           do not make the first world smaller that breaks a promise\n"
    "  --report FILE.html    write a page that shows the world, or the run's first that failed\n"
    "\n"
    "Ends with 0: all promises held, 1: one was broken, 2: a world did not finish,\n"
    "3: a world was not deterministic, 64: wrong usage.\n";

struct Arguments {
  RunOptions options;
  LogLevel log = LogLevel::kShort;
  std::string subject;  // SEED or FILE
  std::string error;
};

bool ReadNumber(std::string_view text, std::uint64_t* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool ReadMinutes(std::string_view text, double* minutes) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *minutes);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size() &&
         *minutes > 0;
}

bool ReadFile(const std::string& name, std::string* text) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return false;
  text->assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return true;
}

void TakeScenario(const std::string& value, Arguments* arguments) {
  if (!value.ends_with(".toml")) {
    arguments->options.scenario = value;
    return;
  }
  std::string text;
  if (!ReadFile(value, &text)) {
    arguments->error = "cannot read " + value;
  } else {
    arguments->options.overrides += text + "\n";
  }
}

// True if `name` is an option that takes a value.
bool TakeValue(const std::string& name, const std::string& value, Arguments* arguments) {
  RunOptions& options = arguments->options;
  std::uint64_t number = 0;
  const bool is_number = ReadNumber(value, &number);
  if (name == "--scenario") {
    TakeScenario(value, arguments);
    return true;
  }
  if (name == "--set") {
    options.overrides += value + "\n";
    return true;
  }
  if (name == "--report") {
    if (value.empty()) arguments->error = "--report takes a file";
    options.report = value;
    return true;
  }
  if (name == "--minutes") {
    if (!ReadMinutes(value, &options.minutes)) {
      arguments->error = "--minutes takes a number above 0, not '" + value + "'";
    }
    return true;
  }
  if (name == "--log") {
    if (value != "short" && value != "full") arguments->error = "--log takes short or full";
    arguments->log = value == "full" ? LogLevel::kFull : LogLevel::kShort;
    return true;
  }
  if (name == "--seeds") options.seeds = number;
  if (name == "--start") options.start = number;
  if (name == "--jobs") options.jobs = static_cast<std::int64_t>(number);
  const bool is_known = name == "--seeds" || name == "--start" || name == "--jobs";
  if (is_known && !is_number) arguments->error = name + " takes a number, not '" + value + "'";
  return is_known;
}

Arguments Parse(const std::vector<std::string>& words) {
  Arguments arguments;
  arguments.options.progress = isatty(STDERR_FILENO) != 0;
  for (std::size_t i = 1; i < words.size() && arguments.error.empty(); ++i) {
    const std::string& word = words[i];
    const std::string value = i + 1 < words.size() ? words[i + 1] : "";
    if (word == "--coverage") {
      arguments.options.coverage = true;
    } else if (word == "--json") {
      arguments.options.json = true;
    } else if (word == "--no-shrink") {
      arguments.options.shrink = false;
    } else if (word == "--check-determinism") {
      arguments.options.check_determinism = true;
    } else if (!word.starts_with("--")) {
      arguments.subject = word;
    } else if (TakeValue(word, value, &arguments)) {
      ++i;
    } else {
      arguments.error = "no option is called " + word;
    }
  }
  const RunOptions& options = arguments.options;
  if (arguments.error.empty() && (options.jobs < 1 || options.jobs > 256)) {
    arguments.error = "--jobs is from 1 to 256";
  }
  return arguments;
}

int Refuse(const std::string& error) {
  std::fprintf(stderr, "assent-sim: %s\n", error.c_str());
  return kExitUsage;
}

// The world that SEED or FILE means.
std::string ProfileOf(Arguments arguments, Profile* profile) {
  std::uint64_t seed = 0;
  if (ReadNumber(arguments.subject, &seed)) return MakeProfile(arguments.options, seed, profile);
  std::string text;
  if (!ReadFile(arguments.subject, &text)) {
    return "'" + arguments.subject + "' is neither a seed nor a file";
  }
  std::string error = ReadProfile(text, profile);
  if (error.empty()) error = ReadProfile(arguments.options.overrides, profile);
  return error;
}

ReplayOptions ReplayOptionsOf(const Arguments& arguments) {
  ReplayOptions options;
  options.log = arguments.log;
  options.report = arguments.options.report;
  options.command = "assent-sim replay " + arguments.subject;
  // A file says all by itself.
  std::uint64_t seed = 0;
  if (ReadNumber(arguments.subject, &seed)) options.command += WorldArguments(arguments.options);
  return options;
}

// The build with known bugs stands beside this program.
int StartMutants(const std::vector<std::string>& words) {
  char buffer[4096];
  const ssize_t size = readlink("/proc/self/exe", buffer, sizeof buffer);
  if (size <= 0) return Refuse("cannot tell where this program is");
  std::string path(buffer, static_cast<std::size_t>(size));
  path = path.substr(0, path.rfind('/') + 1) + "assent-sim-mutants";
  std::vector<char*> arguments = {path.data()};
  std::vector<std::string> rest(words.begin() + 1, words.end());
  for (std::string& word : rest) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(path.c_str(), arguments.data());
  return Refuse("cannot start " + path + ": build the target assent_sim_mutants");
}

int List() {
  std::printf("Scenarios:\n");
  for (const Scenario& one : Scenarios()) std::printf("  %-14s %s\n", one.name, one.what);
  std::printf("\nNumbers of a world, and what they are if neither scenario nor file says:\n%s",
              ToText(Profile(), /*only_changed=*/false).c_str());
  return kExitHeld;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> words(values + 1, values + count);
  const std::string command = words.empty() ? "" : words[0];
  if (command == "list") return List();
  if (command == "--help" || command == "help") {
    std::printf("%s", kUsage);
    return kExitHeld;
  }
  if (command == "explore")
    return assent::explorer::RunExplore({words.begin() + 1, words.end()}, &std::cout);
  if (command == "mutants") return StartMutants(words);
  if (command != "run" && command != "replay" && command != "shrink") {
    std::fprintf(stderr, "%s", kUsage);
    return kExitUsage;
  }
  const Arguments arguments = Parse(words);
  if (!arguments.error.empty()) return Refuse(arguments.error);
  if (command == "run") return Run(arguments.options);
  Profile profile;
  const std::string error = ProfileOf(arguments, &profile);
  if (!error.empty()) return Refuse(error);
  if (command == "shrink") return Shrink(profile);
  return Replay(profile, ReplayOptionsOf(arguments));
}
