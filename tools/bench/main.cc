// assent-bench: how fast transactions are on this machine. docs/performance.md says what the
// figures mean.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/bench/role.h"
#include "tools/bench/scenario.h"
#include "tools/bench/supervisor.h"

namespace assent::bench {
namespace {

constexpr int kUsage = 64;

int RunRole(const Arguments& command) {
  for (const Role& role : Roles()) {
    if (command.empty() || command[0] != role.name) continue;
    if (command.size() != role.arguments + 1) break;
    return role.run(Arguments(command.begin() + 1, command.end()));
  }
  std::fprintf(stderr, "assent-bench: a role is for the benchmark's own use; see docs\n");
  return kUsage;
}

int RunInTurn(const std::vector<std::string>& names, const Settings& settings) {
  Report report(settings.json);
  std::vector<const Scenario*> scenarios;
  for (const std::string& name : names) scenarios.push_back(FindScenario(name));
  const std::string error = MeasureInTurn(scenarios, settings, &report);
  if (!error.empty()) report.Say("in turn: " + error);
  return error.empty() ? 0 : 1;
}

int RunScenarios(const std::vector<std::string>& names, const Settings& settings) {
  if (settings.in_turn) return RunInTurn(names, settings);
  Report report(settings.json);
  int failed = 0;
  for (const std::string& name : names) {
    const std::string error = FindScenario(name)->run(settings, &report);
    if (error.empty()) continue;
    report.Say(name + ": " + error);
    failed = 1;
  }
  return failed;
}

std::vector<std::string> UsualNames() {
  std::vector<std::string> names;
  for (const Scenario& scenario : Scenarios()) {
    if (scenario.usual) names.push_back(scenario.name);
  }
  return names;
}

std::string About() {
  std::string text = "Scenarios, several with commas, or \"all\":";
  for (const Scenario& scenario : Scenarios()) {
    text += "\n  " + scenario.name + ": " + scenario.about;
  }
  return text;
}

void AddListOptions(CLI::App* command, Settings* settings) {
  command->add_option("--concurrency", settings->concurrencies, "In flight, one or more")
      ->check(CLI::Range(1, 100'000))
      ->delimiter(',');
  command->add_option("--participants", settings->participants, "Of fan: one or more")
      ->check(CLI::Range(1, 64))
      ->delimiter(',');
}

// CLI::Range lets what is no number at all pass.
CLI::Validator Between(double least, double most) {
  const CLI::Range range(least, most);
  return CLI::Validator(
      [range](std::string& text) {
        return std::isnan(std::strtod(text.c_str(), nullptr)) ? text + " is no number"
                                                              : range(text);
      },
      range.get_description());
}

// Of each the last one counts.
void AddNumberOptions(CLI::App* command, Settings* settings) {
  command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  command->add_option("--rate", settings->rate, "Open loop: transactions begun per second")
      ->check(Between(0.1, 1e7));
  command->add_option("--seconds", settings->seconds, "Length of a run")
      ->check(Between(0.05, 86400.0));
  command->add_option("--warm-up", settings->warm_up, "Seconds before each run")
      ->check(Between(0.0, 3600.0));
  command->add_option("--runs", settings->runs, "Runs; medians are printed")
      ->check(CLI::Range(1, 100));
  command->add_option("--repeats", settings->repeats, "Disturbed runs that are measured again")
      ->check(CLI::Range(0, 100));
  command->add_option("--agents", settings->agents, "Of idle")->check(CLI::Range(1, 10'000));
  command->add_option("--decisions", settings->decisions, "Of recover and open: so many")
      ->check(CLI::Range(1, 10'000'000));
}

void AddOptions(CLI::App* command, Settings* settings) {
  AddListOptions(command, settings);
  AddNumberOptions(command, settings);
  command->add_flag("!--no-floor", settings->floor, "Do not measure the floor in turn");
  command->add_flag("--in-turn", settings->in_turn,
                    "All loads run by run in turn; with --rate, the open loop and the closed ones");
  command->add_flag("--json", settings->json, "One object per line");
}

CLI::Validator IsScenario() {
  return CLI::Validator(
      [](std::string& name) {
        if (name == "all" || FindScenario(name) != nullptr) return std::string();
        return "there is no scenario \"" + name + "\": see assent-bench run --help";
      },
      "NAME");
}

// What the command line asks for, and cannot be had; or empty.
std::string Impossible(const std::vector<std::string>& names, const Settings& settings) {
  for (const std::string& name : names) {
    if (settings.rate > 0 && !FindScenario(name)->open_loop) {
      return "--rate: " + name + " has no open loop";
    }
    if (settings.in_turn && FindScenario(name)->loads == nullptr) {
      return "--in-turn: " + name + " is more than load, and cannot be interrupted";
    }
  }
  return "";
}

int List() {
  for (const std::string& name : UsualNames()) std::printf("%s\n", name.c_str());
  return 0;
}

int Measure(std::vector<std::string> names, const Settings& settings) {
  if (std::find(names.begin(), names.end(), "all") != names.end()) names = UsualNames();
  const std::string impossible = Impossible(names, settings);
  if (!impossible.empty()) {
    std::fprintf(stderr, "%s\n", impossible.c_str());
    return kUsage;
  }
  Supervisor::Get().Watch();
  return RunScenarios(names, settings);
}

}  // namespace

int Main(const Arguments& arguments, int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a child that is gone is seen by its missing answer
  if (!arguments.empty() && arguments[0] == "role") {
    return RunRole(Arguments(arguments.begin() + 1, arguments.end()));
  }
  CLI::App app("Measures transactions on this machine: all processes here, real syncs.");
  app.require_subcommand(1);
  Settings settings;
  std::vector<std::string> names;
  CLI::App* run = app.add_subcommand("run", About());
  run->add_option("--scenario", names, "One or more")
      ->required()
      ->delimiter(',')
      ->check(IsScenario());
  AddOptions(run, &settings);
  CLI::App* floor = app.add_subcommand("floor", "The same as run --scenario floor");
  AddOptions(floor, &settings);
  CLI::App* list = app.add_subcommand("list", "The names of the usual scenarios");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (list->parsed()) return List();
  return Measure(floor->parsed() ? std::vector<std::string>{"floor"} : names, settings);
}

}  // namespace assent::bench

int main(int argc, char** argv) {
  return assent::bench::Main(std::vector<std::string>(argv + 1, argv + argc), argc, argv);
}
