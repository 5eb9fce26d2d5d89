// Writes JSON that may stand inside a script element of a page: no text in it can end the element,
// and bytes that are no UTF-8 become '?'.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assent::simulation {

class JsonWriter {
 public:
  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void BeginArray() { Begin('['); }
  void EndArray() { End(']'); }
  // Within an object: the value comes next.
  void Key(std::string_view name);
  void String(std::string_view text);
  void Number(std::int64_t number);
  void Number(std::uint64_t number);

  void Member(std::string_view name, std::string_view text) {
    Key(name);
    String(text);
  }
  void Member(std::string_view name, std::int64_t number) {
    Key(name);
    Number(number);
  }

  const std::string& text() const { return text_; }

 private:
  void Begin(char bracket);
  void End(char bracket);
  void Separate();
  void Append(std::string_view text);

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace assent::simulation
