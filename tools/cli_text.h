// How `assent` prints. Pure functions but for Emit; thread-safe.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli_command.h"

namespace assent::cli {

// `text` without anything that a terminal would obey or hide: control characters, bytes that are
// not UTF-8, and marks that change the direction of writing become \xNN. A backslash stays.
std::string Printable(std::string_view text);

// Columns as wide as their widest cell, two spaces apart; the first row is the header. Cells are
// made printable.
std::string Table(const std::vector<std::vector<std::string>>& rows);

// One line of JSON by protobuf's own mapping: keys as in the .proto file, all fields present,
// 64-bit numbers as strings.
std::string Json(const google::protobuf::Message& message);

// Writes `text` to standard output. kDiskFailed if that fails, else `code`.
Exit Emit(std::string_view text, Exit code);

// Writes "assent: text" to standard error, printable; gives `code` back.
Exit Complain(std::string_view text, Exit code);

}  // namespace assent::cli
