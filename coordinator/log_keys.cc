#include "coordinator/log_keys.h"

#include <cstdint>

namespace assent::log_keys {
namespace {

void AppendBigEndian(std::uint64_t number, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>((number >> shift) & 0xff));
  }
}

}  // namespace

std::string OfId(char kind, const Sequence& id) {
  std::string key(1, kind);
  AppendBigEndian(id.epoch, &key);
  AppendBigEndian(id.number, &key);
  return key;
}

std::string OfBinding(std::string_view participant) {
  return std::string(1, kBinding).append(participant);
}

}  // namespace assent::log_keys
