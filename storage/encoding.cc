#include "storage/encoding.h"

#include "core/check.h"

namespace assent::storage {
namespace {

void AppendNumber(uint64_t number, size_t bytes, std::string* out) {
  char raw[8];
  for (size_t i = 0; i < bytes; ++i) raw[i] = static_cast<char>((number >> (8 * i)) & 0xff);
  out->append(raw, bytes);
}

uint64_t NumberOf(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    number = (number << 8) | static_cast<unsigned char>(bytes[i - 1]);
  }
  return number;
}

}  // namespace

void AppendFixed32(uint32_t number, std::string* out) { AppendNumber(number, 4, out); }

void AppendFixed64(uint64_t number, std::string* out) { AppendNumber(number, 8, out); }

void AppendString(std::string_view bytes, std::string* out) {
  ASSENT_CHECK(bytes.size() <= UINT32_MAX);
  AppendFixed32(static_cast<uint32_t>(bytes.size()), out);
  out->append(bytes);
}

bool Reader::Take(size_t count, std::string_view* taken) {
  intact_ = intact_ && rest_.size() >= count;
  if (!intact_) return false;
  *taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return true;
}

bool Reader::ReadFixed32(uint32_t* number) {
  std::string_view taken;
  if (!Take(4, &taken)) return false;
  *number = static_cast<uint32_t>(NumberOf(taken));
  return true;
}

bool Reader::ReadFixed64(uint64_t* number) {
  std::string_view taken;
  if (!Take(8, &taken)) return false;
  *number = NumberOf(taken);
  return true;
}

bool Reader::ReadString(std::string* bytes) {
  uint32_t size = 0;
  std::string_view taken;
  if (!ReadFixed32(&size) || !Take(size, &taken)) return false;
  bytes->assign(taken);
  return true;
}

}  // namespace assent::storage
