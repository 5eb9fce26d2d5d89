#include "tools/cli_text.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "core/check.h"
#include "proto/utf8.h"

namespace assent::cli {
namespace {

void AppendEscaped(std::string_view bytes, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *out += "\\x";
    *out += kDigits[byte >> 4];
    *out += kDigits[byte & 15];
  }
}

// The number of bytes of the valid character that `text` begins with; 0: there is none.
std::size_t CharacterSize(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    if (IsValidUtf8(text.substr(0, size))) return size;
  }
  return 0;
}

bool IsBetween(std::string_view character, std::string_view first, std::string_view last) {
  return character.size() == first.size() && character >= first && character <= last;
}

bool IsHarmless(std::string_view character) {
  if (character.size() == 1) return character[0] >= ' ' && character[0] != '\x7f';
  return !IsBetween(character, "\xc2\x80", "\xc2\x9f") &&          // C1 control characters
         !IsBetween(character, "\xd8\x9c", "\xd8\x9c") &&          // directions of writing
         !IsBetween(character, "\xe2\x80\x8b", "\xe2\x80\x8f") &&  // no width, directions
         !IsBetween(character, "\xe2\x80\xa8", "\xe2\x80\xae") &&  // line ends, directions
         !IsBetween(character, "\xe2\x81\xa6", "\xe2\x81\xa9") &&
         !IsBetween(character, "\xef\xbb\xbf", "\xef\xbb\xbf");
}

// Of characters, as far as a terminal gives each one column.
std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
    if (size > 0 && IsHarmless(character)) {
      out += character;
    } else {
      AppendEscaped(character, &out);
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    ASSENT_CHECK(row.size() == widths.size(), "every row has every column");
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], WidthOf(Printable(row[i])));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = Printable(row[i]);
      out += cell;
      if (i + 1 < row.size()) out.append(widths[i] + 2 - WidthOf(cell), ' ');
    }
    out += '\n';
  }
  return out;
}

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string out;
  const auto status = google::protobuf::util::MessageToJsonString(message, &out, options);
  ASSENT_CHECK(status.ok(), "our messages have a JSON form");
  return out + '\n';
}

Exit Emit(std::string_view text, Exit code) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return code;
  return Complain("cannot write to standard output", Exit::kDiskFailed);
}

Exit Complain(std::string_view text, Exit code) {
  std::fprintf(stderr, "assent: %s\n", Printable(text).c_str());
  return code;
}

}  // namespace assent::cli
