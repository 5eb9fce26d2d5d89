// assent-sim: runs simulated worlds and says whether all promises held. docs/simulation.md
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "simulations/command_line.h"
#include "simulations/explorer/explorer.h"
#include "simulations/print.h"
#include "simulations/profile.h"
#include "simulations/report/report.h"
#include "simulations/run.h"
#include "simulations/shrink.h"

namespace {

using namespace assent::simulation;  // the program is the simulator's

int Refuse(const std::string& error) {
  std::fprintf(stderr, "assent-sim: %s\n", error.c_str());
  return kExitUsage;
}

int Help() {
  std::printf("%s", kUsage);
  return kExitHeld;
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
  return Refuse("cannot start " + path +
                ": the build with known bugs is not installed; in a build tree it is the target "
                "assent_sim_mutants");
}

int List(const std::vector<std::string>& words) {
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) return Help();
  if (!words.empty()) return Refuse("list takes nothing, not '" + words[0] + "'");
  std::printf("Scenarios:\n");
  for (const Scenario& one : Scenarios()) std::printf("  %-14s %s\n", one.name, one.what);
  std::printf(
      "\nNumbers of a world, what they are if neither scenario nor file says, least and most:\n");
  const Profile usual;
  for (const Knob& knob : Knobs()) {
    const std::string line = std::string(knob.name) + " = " + std::to_string(usual.*knob.field);
    std::printf("%-36s # %lld to %lld\n", line.c_str(), static_cast<long long>(knob.least),
                static_cast<long long>(knob.most));
  }
  return kExitHeld;
}

// run, replay and shrink.
int RunWorlds(Command command, const std::vector<std::string>& words) {
  CommandLine line;
  std::string error = Parse(command, words, &line);
  if (!error.empty()) return Refuse(error + " (assent-sim --help tells more)");
  if (line.help) return Help();
  if (!line.options.report.empty()) error = WhyNotWritable(line.options.report);
  if (!error.empty()) return Refuse(error);
  line.options.progress = isatty(STDERR_FILENO) != 0;
  if (command == Command::kRun) return Run(line.options);
  Profile profile;
  error = ReadSubject(line, &profile);
  if (!error.empty()) return Refuse(error);
  if (command == Command::kShrink) return Shrink(profile);
  return Replay(profile, ReplayOptions{line.log, line.options.report, CommandOf(line)});
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> words(values + 1, values + count);
  const std::string name = words.empty() ? "" : words[0];
  const std::vector<std::string> rest(words.begin() + (words.empty() ? 0 : 1), words.end());
  if (name == "list") return List(rest);
  if (name == "--help" || name == "-h" || name == "help") return Help();
  if (name == "explore") return assent::explorer::RunExplore(rest, &std::cout);
  if (name == "mutants") return StartMutants(words);
  const std::optional<Command> command = CommandNamed(name);
  if (command) return RunWorlds(*command, rest);
  std::fprintf(stderr, "assent-sim: %s\n\n%s",
               name.empty() ? "what shall it do?" : ("no command is called " + name).c_str(),
               kUsage);
  return kExitUsage;
}
