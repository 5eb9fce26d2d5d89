// Texts of peers, made fit for a line of the log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assent {

// Bytes of a peer's text that are written at most.
constexpr std::size_t kMaxPrintedText = 256;

// `text` as part of one line: control characters, line ends and escape sequences among them, as
// "\n", "\t", "\xNN"; a backslash as "\\"; cut after `max_bytes` of the text, which "..." tells.
// Nothing that a peer says can look like a line of ours, or drive a terminal.
std::string Printable(std::string_view text, std::size_t max_bytes = kMaxPrintedText);

}  // namespace assent
