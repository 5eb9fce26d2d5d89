#include "coordinator/configuration_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "coordinator/configuration_values.h"
#include "coordinator/option_table.h"

namespace assent {
namespace {

void Declare(const OptionRow& row, CLI::App* app, std::string* value) {
  const std::string meaning(row.meaning);
  std::string flag = FlagOf(row);
  if (row.key == "allow_insecure") flag += ",--insecure";
  if (row.kind == OptionKind::kSwitch) {
    app->add_flag(flag, *value, meaning);  // --health and --health=false
  } else {
    app->add_option(flag, *value, meaning)->type_name("");
  }
}

std::vector<std::string> KnownFlags() {
  std::vector<std::string> flags = {"--config", "--print-config", "--version", "--help",
                                    "--insecure"};
  for (const OptionRow& row : OptionTable()) flags.push_back(FlagOf(row));
  return flags;
}

std::string Unknown(const std::string& argument) {
  if (argument.rfind("-", 0) != 0) {
    return "assentd takes flags only, not \"" + argument + "\"; assentd --help lists them";
  }
  const std::string name = argument.substr(0, argument.find('='));
  return "unknown flag " + name + "; the nearest known one is " + Nearest(name, KnownFlags()) +
         ", assentd --help lists all";
}

// As CLI11 wants them. It takes "--flag=" for a flag without a value; ours is the empty one.
std::vector<std::string> Reversed(const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed;
  for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument) {
    const bool empty_value = argument->rfind("--", 0) == 0 && argument->back() == '=';
    if (empty_value) reversed.emplace_back();
    reversed.push_back(empty_value ? argument->substr(0, argument->size() - 1) : *argument);
  }
  return reversed;
}

}  // namespace

std::optional<std::string> ReadCommandLine(const std::vector<std::string>& arguments,
                                           CommandLine* line) {
  CLI::App app("The transaction coordinator. docs/configuration.md describes every option.",
               "assentd");
  app.allow_extras();
  std::vector<std::string> values(OptionTable().size());
  for (std::size_t i = 0; i < values.size(); ++i) Declare(OptionTable()[i], &app, &values[i]);
  app.add_option("--config", line->file, "The configuration file (TOML).")->type_name("");
  app.add_flag("--print-config", line->print_config,
               "Print every option with its value and where it came from, and exit.");
  app.add_flag("--version", line->version, "Print the version, and exit.");
  try {
    app.parse(Reversed(arguments));
  } catch (const CLI::CallForHelp&) {
    line->help = app.help();
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return std::string(error.what()) + "; assentd --help lists the flags";
  }
  if (app.remaining_size() > 0) return Unknown(app.remaining().front());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const OptionRow& row = OptionTable()[i];
    if (app.count(FlagOf(row)) > 0) line->values[std::string(row.key)] = values[i];
  }
  return std::nullopt;
}

}  // namespace assent
