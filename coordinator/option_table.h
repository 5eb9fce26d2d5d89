// The one table of what can be set: key, kind, bounds, meaning, and the field it sets. File, flags,
// environment, --print-config and docs/configuration.md are made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coordinator/options.h"

namespace assent {

enum class OptionKind : std::uint8_t {
  kSwitch,    // true or false
  kCount,     // a whole number
  kSize,      // bytes, as "64KiB"
  kDuration,  // as "30s"
  kText,
  kAddress,  // see ParseAddress
  kName,     // a coordinator's id, or empty
};

using OptionField = std::variant<bool*, std::size_t*, std::uint32_t*, Duration*, std::string*>;

struct OptionRow {
  std::string_view key;  // in the file; "limits.max_branches" is max_branches in [limits]
  OptionKind kind;
  std::uint64_t min;  // of kCount, kSize (bytes) and kDuration (microseconds)
  std::uint64_t max;
  OptionField (*field)(DaemonOptions* options);
  std::string_view meaning;
  bool command_line_only = false;  // for one start, by a person
};

const std::vector<OptionRow>& OptionTable();
// Null if there is none.
const OptionRow* FindOption(std::string_view key);

std::string FlagOf(const OptionRow& row);      // "--limits-max-branches"
std::string VariableOf(const OptionRow& row);  // "ASSENT_LIMITS_MAX_BRANCHES"

// What a value must look like: "a whole number from 1 to 64".
std::string Expectation(const OptionRow& row);

// Sets the field; what is wrong with `text`, or nothing.
std::optional<std::string> SetOption(const OptionRow& row, const std::string& text,
                                     DaemonOptions* options);
// The value, as SetOption takes it.
std::string ValueOf(const OptionRow& row, const DaemonOptions& options);
// The same as it stands in the file: texts in quotes.
std::string TomlValueOf(const OptionRow& row, const DaemonOptions& options);

}  // namespace assent
