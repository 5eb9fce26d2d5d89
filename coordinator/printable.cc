#include "coordinator/printable.h"

namespace assent {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Whether the two bytes are a control character of U+0080 to U+009F, in UTF-8.
bool IsUpperControl(std::string_view rest) {
  return rest.size() >= 2 && rest[0] == '\xc2' && static_cast<unsigned char>(rest[1]) >= 0x80 &&
         static_cast<unsigned char>(rest[1]) <= 0x9f;
}

void AppendHex(char c, std::string* line) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  *line += "\\x";
  *line += kDigits[byte >> 4];
  *line += kDigits[byte & 15];
}

void AppendEscaped(char c, std::string* line) {
  switch (c) {
    case '\n':
      *line += "\\n";
      return;
    case '\r':
      *line += "\\r";
      return;
    case '\t':
      *line += "\\t";
      return;
    case '\\':
      *line += "\\\\";
      return;
    default:
      AppendHex(c, line);
  }
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f && c != '\\';
}

}  // namespace

std::string Printable(std::string_view text, std::size_t max_bytes) {
  std::size_t end = text.size();
  if (end > max_bytes) {
    end = max_bytes;
    while (end > 0 && IsContinuation(text[end])) --end;
  }
  std::string line;
  for (std::size_t i = 0; i < end; ++i) {
    if (IsUpperControl(text.substr(i))) {
      AppendHex(text[i], &line);
      AppendHex(text[++i], &line);
    } else if (IsPlain(text[i])) {
      line += text[i];
    } else {
      AppendEscaped(text[i], &line);
    }
  }
  if (end < text.size()) line += "...";
  return line;
}

}  // namespace assent
