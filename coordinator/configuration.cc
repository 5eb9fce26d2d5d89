#include "coordinator/configuration.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "coordinator/configuration_file.h"
#include "coordinator/configuration_flags.h"
#include "coordinator/configuration_values.h"
#include "coordinator/option_table.h"
#include "core/ids.h"

namespace assent {
namespace {

// What is wrong, or nothing.
using Problem = std::optional<std::string>;

constexpr std::string_view kParticipants = "participants";

Problem Set(const OptionRow& row, const std::string& text, const std::string& origin,
            Configuration* configuration) {
  if (auto wrong = SetOption(row, text, &configuration->options)) {
    return origin + ": " + std::string(row.key) + ": " + *wrong;
  }
  configuration->origins.insert_or_assign(std::string(row.key), origin);
  return std::nullopt;
}

// [participants.NAME] address = "HOST:PORT"
Problem SetParticipant(const FileSetting& setting, Configuration* configuration) {
  if (setting.path.size() != 3 || setting.path[2] != "address") {
    return setting.where + ": unknown key " + setting.Key() +
           "; a participant is [participants.NAME] with address = \"HOST:PORT\"";
  }
  const std::string& name = setting.path[1];
  if (!IsValidParticipantName(name)) {
    return setting.where + ": \"" + name +
           "\" is no participant's name; it must be 1 to 64 of a-z, 0-9, '.', '_' and '-', "
           "beginning with a letter or digit";
  }
  const auto address = ParseAddress(setting.text);
  if (setting.kind != FileValueKind::kText || !address ||
      (!address->is_unix && address->port == 0)) {
    return setting.where + ": " + setting.Key() + ": \"" + setting.text +
           "\" will not do; it must be an address: \"HOST:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\"";
  }
  configuration->options.participants[name] = setting.text;
  configuration->origins[setting.Key()] = setting.where;
  return std::nullopt;
}

FileValueKind FileKindOf(OptionKind kind) {
  if (kind == OptionKind::kSwitch) return FileValueKind::kSwitch;
  return kind == OptionKind::kCount ? FileValueKind::kInteger : FileValueKind::kText;
}

std::string_view NameOf(FileValueKind kind) {
  switch (kind) {
    case FileValueKind::kText:
      return "a string";
    case FileValueKind::kInteger:
      return "an integer";
    case FileValueKind::kSwitch:
      return "a boolean";
    case FileValueKind::kTable:
      return "a table";
    case FileValueKind::kOther:
      break;
  }
  return "something else";
}

Problem UnknownKey(const FileSetting& setting) {
  std::vector<std::string> known;
  for (const OptionRow& row : OptionTable()) {
    if (!row.command_line_only) known.emplace_back(row.key);
  }
  return setting.where + ": unknown key " + setting.Key() + "; the nearest known one is " +
         Nearest(setting.Key(), known);
}

bool IsTableOfOptions(const FileSetting& setting) {
  const std::string prefix = setting.Key() + ".";
  return setting.kind == FileValueKind::kTable &&
         std::any_of(OptionTable().begin(), OptionTable().end(), [&prefix](const OptionRow& row) {
           return row.key.substr(0, prefix.size()) == prefix;
         });
}

Problem SetFromFile(const FileSetting& setting, Configuration* configuration) {
  const bool empty_table = setting.kind == FileValueKind::kTable && setting.path.size() == 1;
  if (setting.path.front() == kParticipants && !empty_table) {
    return SetParticipant(setting, configuration);
  }
  if (setting.Key() == kParticipants || IsTableOfOptions(setting)) return std::nullopt;
  const OptionRow* const row = FindOption(setting.Key());
  if (row == nullptr) return UnknownKey(setting);
  if (row->command_line_only) {
    return setting.where + ": " + setting.Key() + " is for one start only; give " + FlagOf(*row) +
           " on the command line instead";
  }
  if (setting.kind != FileKindOf(row->kind)) {
    return setting.where + ": " + setting.Key() + " is " + std::string(NameOf(setting.kind)) +
           "; it must be " + Expectation(*row) + ", as in " + std::string(row->key) + " = " +
           TomlValueOf(*row, DaemonOptions());
  }
  return Set(*row, setting.text, setting.where, configuration);
}

Problem SetFromFile(const std::string& name, Configuration* configuration) {
  std::vector<FileSetting> settings;
  if (auto wrong = ReadConfigurationFile(name, &settings)) return wrong;
  for (const FileSetting& setting : settings) {
    if (auto wrong = SetFromFile(setting, configuration)) return wrong;
  }
  return std::nullopt;
}

Problem SetFromEnvironment(const Environment& environment, Configuration* configuration) {
  for (const OptionRow& row : OptionTable()) {
    const auto value = environment(VariableOf(row));
    if (!value) continue;
    const std::string origin = "environment " + VariableOf(row);
    if (row.command_line_only) {
      return origin + ": " + std::string(row.key) + " is for one start only; give " + FlagOf(row) +
             " on the command line instead";
    }
    if (auto wrong = Set(row, *value, origin, configuration)) return wrong;
  }
  return std::nullopt;
}

Problem SetFromFlags(const CommandLine& line, Configuration* configuration) {
  for (const auto& entry : line.values) {
    const OptionRow* const row = FindOption(entry.first);
    if (auto wrong = Set(*row, entry.second, "flag " + FlagOf(*row), configuration)) return wrong;
  }
  return std::nullopt;
}

// "limits.first_retry (flag --limits-first-retry: 5s)"
std::string Cite(std::string_view key, const Configuration& configuration) {
  return std::string(key) + " (" + configuration.origins.find(key)->second + ": " +
         ValueOf(*FindOption(key), configuration.options) + ")";
}

Problem CheckListen(const Configuration& configuration) {
  const DaemonOptions& options = configuration.options;
  if (options.allow_insecure || IsLoopback(*ParseAddress(options.listen))) return std::nullopt;
  return Cite("listen", configuration) +
         ": other machines reach this address, and without TLS anybody there can read and forge "
         "everything; listen on 127.0.0.1, [::1] or a Unix socket, or accept that with --insecure "
         "(allow_insecure = true)";
}

// Pairs of options where the first must not be above the second, divided.
struct Order {
  std::string_view low;
  std::string_view high;
  std::uint64_t low_value;
  std::uint64_t high_value;
  std::string_view what;
};

Problem CheckOrder(const Configuration& configuration) {
  const DaemonOptions& o = configuration.options;
  const auto micros = [](Duration d) { return static_cast<std::uint64_t>(d.micros); };
  const Order orders[] = {
      {"limits.default_transaction_timeout", "limits.max_transaction_timeout",
       micros(o.limits.default_transaction_timeout), micros(o.limits.max_transaction_timeout), ""},
      {"limits.first_retry", "limits.max_retry", micros(o.limits.first_retry),
       micros(o.limits.max_retry), ""},
      {"limits.max_payload_bytes", "limits.max_transaction_payload_bytes",
       o.limits.max_payload_bytes, o.limits.max_transaction_payload_bytes, ""},
      {"limits.max_transaction_payload_bytes", "frames.max_bytes",
       o.limits.max_transaction_payload_bytes, o.max_frame_bytes / 2, "half of "},
      {"frames.max_bytes", "frames.max_pending_bytes", o.max_frame_bytes, o.max_pending_bytes, ""},
  };
  for (const Order& order : orders) {
    if (order.low_value <= order.high_value) continue;
    return Cite(order.low, configuration) + " is above " + std::string(order.what) +
           Cite(order.high, configuration) + "; lower the one or raise the other";
  }
  return std::nullopt;
}

Problem CheckTexts(const Configuration& configuration) {
  if (!configuration.options.data_directory.empty()) return std::nullopt;
  return Cite("data_directory", configuration) +
         " is empty; name the directory of the decision log";
}

Problem Layer(const CommandLine& line, const Environment& environment,
              Configuration* configuration) {
  for (const OptionRow& row : OptionTable())
    configuration->origins[std::string(row.key)] = "default";
  const std::string file =
      line.file.empty() ? environment("ASSENT_CONFIG").value_or("") : line.file;
  if (!file.empty()) {
    if (auto wrong = SetFromFile(file, configuration)) return wrong;
  }
  if (auto wrong = SetFromEnvironment(environment, configuration)) return wrong;
  if (auto wrong = SetFromFlags(line, configuration)) return wrong;
  for (const auto check : {&CheckTexts, &CheckListen, &CheckOrder}) {
    if (auto wrong = check(*configuration)) return wrong;
  }
  return std::nullopt;
}

ConfigurationResult Print(std::string text) {
  return {ConfigurationResult::Action::kPrint, {}, std::move(text)};
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

ConfigurationResult LoadConfiguration(const std::vector<std::string>& arguments,
                                      const Environment& environment) {
  ConfigurationResult result;
  CommandLine line;
  Problem wrong = ReadCommandLine(arguments, &line);
  if (!wrong && !line.help.empty()) return Print(line.help);
  if (!wrong && line.version) return Print("assentd " ASSENT_VERSION "\n");
  if (!wrong) wrong = Layer(line, environment, &result.configuration);
  if (wrong) {
    result.text = "assentd: " + *wrong + "\n";
    return result;
  }
  if (line.print_config) return Print(DescribeConfiguration(result.configuration));
  result.action = ConfigurationResult::Action::kServe;
  return result;
}

}  // namespace assent
