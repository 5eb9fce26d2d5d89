// Reads the command line of `assentd` into texts by key. The only file that includes CLI11.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assent {

struct CommandLine {
  std::map<std::string, std::string> values;  // by option key
  std::string file;                           // --config
  bool print_config = false;
  bool version = false;
  std::string help;  // the text, if --help was given
};

// `arguments` without the program's name. What is wrong, or nothing.
std::optional<std::string> ReadCommandLine(const std::vector<std::string>& arguments,
                                           CommandLine* line);

}  // namespace assent
