#include "simulations/report/json.h"

#include <cstdio>

#include "proto/utf8.h"

namespace assent::simulation {

void JsonWriter::Separate() {
  if (needs_comma_) text_ += ',';
  needs_comma_ = true;
}

void JsonWriter::Begin(char bracket) {
  Separate();
  text_ += bracket;
  needs_comma_ = false;
}

void JsonWriter::End(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
}

void JsonWriter::Key(std::string_view name) {
  String(name);
  text_ += ':';
  needs_comma_ = false;
}

void JsonWriter::String(std::string_view text) {
  Separate();
  text_ += '"';
  if (IsValidUtf8(text)) {
    Append(text);
  } else {
    std::string valid(text);
    ReplaceInvalidUtf8(&valid);
    Append(valid);
  }
  text_ += '"';
}

// "<" begins whatever could end the script element: "</script>" as well as "<!--".
void JsonWriter::Append(std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '\x7f') {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      text_ += escape;
    } else {
      text_ += c;
    }
  }
}

void JsonWriter::Number(std::int64_t number) {
  Separate();
  text_ += std::to_string(number);
}

void JsonWriter::Number(std::uint64_t number) {
  Separate();
  text_ += std::to_string(number);
}

}  // namespace assent::simulation
