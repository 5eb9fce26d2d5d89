#include <cstdint>

#include "coordinator/configuration.h"
#include "coordinator/configuration_values.h"
#include "coordinator/option_table.h"

namespace assent {
namespace {

// "limits" of "limits.max_branches"; empty if the key is in no table.
std::string_view TableOf(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

std::string_view NameIn(std::string_view key) { return key.substr(key.find('.') + 1); }

std::string DescribeRow(const OptionRow& row, const Configuration& configuration) {
  std::string line = std::string(NameIn(row.key)) + " = " + TomlValueOf(row, configuration.options);
  line += "  # " + configuration.origins.find(row.key)->second + "\n";
  // They are refused in a file.
  return row.command_line_only ? "# " + line : line;
}

std::string DescribeParticipants(const Configuration& configuration) {
  std::string text;
  for (const auto& entry : configuration.options.participants) {
    text += "\n[participants." + QuoteToml(entry.first) +
            "]\naddress = " + QuoteToml(entry.second) + "  # " +
            configuration.origins.find("participants." + entry.first + ".address")->second + "\n";
  }
  return text;
}

std::string ReferenceRow(const OptionRow& row) {
  const std::string key(row.key);
  std::string line = "| `" + (row.command_line_only ? FlagOf(row) : key) + "` | ";
  line += row.command_line_only ? "command line only | "
                                : "`" + FlagOf(row) + "`, `" + VariableOf(row) + "` | ";
  line += "`" + TomlValueOf(row, DaemonOptions()) + "` | ";
  return line + std::string(row.meaning) + " " + Expectation(row) + ". |\n";
}

}  // namespace

std::string DescribeConfiguration(const Configuration& configuration) {
  std::string head;  // what is in no table comes first, as TOML wants it
  std::string rest;
  std::string_view table;
  for (const OptionRow& row : OptionTable()) {
    if (TableOf(row.key).empty()) {
      head += DescribeRow(row, configuration);
      continue;
    }
    if (TableOf(row.key) != table) {
      table = TableOf(row.key);
      rest += "\n[" + std::string(table) + "]\n";
    }
    rest += DescribeRow(row, configuration);
  }
  return head + rest + DescribeParticipants(configuration);
}

std::string ConfigurationReference() {
  std::string text =
      "| key in the file | flag and environment variable | default | meaning, and what it may be "
      "|\n|---|---|---|---|\n";
  for (const OptionRow& row : OptionTable()) text += ReferenceRow(row);
  return text;
}

}  // namespace assent
