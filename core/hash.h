// A 64-bit hash whose value is fixed for good, because it is stored in decision records: FNV-1a
// over the bytes, with a length before each piece (so that pieces cannot run into each other) and a
// final mix. Not against an adversary.
#pragma once

#include <cstdint>
#include <string_view>

namespace assent {

class Hasher {
 public:
  constexpr Hasher& Add(std::string_view bytes) {
    AddNumber(bytes.size());
    for (const char byte : bytes) AddByte(static_cast<unsigned char>(byte));
    return *this;
  }

  constexpr Hasher& AddNumber(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) AddByte((number >> shift) & 0xff);
    return *this;
  }

  constexpr std::uint64_t Value() const {
    std::uint64_t z = state_;
    z = (z ^ (z >> 33)) * 0xff51afd7ed558ccd;
    z = (z ^ (z >> 33)) * 0xc4ceb9fe1a85ec53;
    return z ^ (z >> 33);
  }

 private:
  constexpr void AddByte(std::uint64_t byte) { state_ = (state_ ^ byte) * 0x100000001b3; }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace assent
