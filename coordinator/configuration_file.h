// Reads a TOML file into flat settings, without knowing which ones there are. The only file that
// includes toml11. Blocks for reading the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assent {

enum class FileValueKind : std::uint8_t { kText, kInteger, kSwitch, kTable, kOther };

struct FileSetting {
  std::vector<std::string> path;  // {"limits", "max_branches"}
  FileValueKind kind = FileValueKind::kOther;
  std::string text;   // of a text, an integer or a switch: its value
  std::string where;  // "FILE:LINE"

  std::string Key() const;  // "limits.max_branches"
};

// In the order of their lines. Empty tables are settings too. What is wrong, or nothing.
std::optional<std::string> ReadConfigurationFile(const std::string& name,
                                                 std::vector<FileSetting>* settings);

}  // namespace assent
