// Reads the options of `assentd`: flag over environment over file over default.
//
// The file is TOML; every key is optional, unknown ones are refused. Errors are one text that says
// where (FILE:LINE, flag or variable), what is wrong and what to do. Values, no state; blocks for
// reading the file.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/options.h"

namespace assent {

// What an environment variable holds; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

struct Configuration {
  DaemonOptions options;
  // By key: "default", "FILE:LINE", "environment ASSENT_LISTEN" or "flag --listen". Participants
  // are "participants.NAME.address".
  std::map<std::string, std::string, std::less<>> origins;
};

// What a command line asks for.
struct ConfigurationResult {
  enum class Action {
    kServe,  // with `configuration`
    kPrint,  // print `text` to standard output and exit 0 (--help, --version, --print-config)
    kError,  // print `text` to standard error and exit ExitCode::kConfiguration
  };

  Action action = Action::kError;
  Configuration configuration;
  std::string text;
};

// `arguments` without the program's name. --config FILE, or ASSENT_CONFIG, names the file; without
// one there is no file.
ConfigurationResult LoadConfiguration(const std::vector<std::string>& arguments,
                                      const Environment& environment);

// Each option with its value and where it came from, as a TOML file that gives the same options.
std::string DescribeConfiguration(const Configuration& configuration);

// The tables of docs/configuration.md, from the table of options.
std::string ConfigurationReference();

}  // namespace assent
