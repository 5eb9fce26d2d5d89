#include "coordinator/log_keys.h"

namespace assent::log_keys {

std::string OfGroup(char kind, std::uint64_t number) {
  std::string key(1, kind);
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>((number >> shift) & 0xff));
  }
  return key;
}

std::uint64_t NumberIn(std::string_view key) {
  if (key.size() != 9) return 0;
  std::uint64_t number = 0;
  for (const char byte : key.substr(1)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string OfBinding(std::string_view participant) {
  return std::string(1, kBinding).append(participant);
}

}  // namespace assent::log_keys
