// Fixed little-endian numbers and length-prefixed strings, for what this folder keeps on disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assent::storage {

void AppendFixed32(uint32_t number, std::string* out);
void AppendFixed64(uint64_t number, std::string* out);
void AppendString(std::string_view bytes, std::string* out);  // below 4 GiB

// Reads from the front; once something was missing, every later read is false as well.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ReadFixed32(uint32_t* number);
  bool ReadFixed64(uint64_t* number);
  bool ReadString(std::string* bytes);
  bool AtEnd() const { return intact_ && rest_.empty(); }

 private:
  bool Take(size_t count, std::string_view* taken);

  std::string_view rest_;
  bool intact_ = true;
};

}  // namespace assent::storage
