// The only source of true randomness: life numbers, store ids, seeds. Thread-safe; blocks only
// before the machine has gathered entropy after its boot.
#pragma once

#include <cstdint>

namespace assent {

// 64 random bits from the kernel; never zero.
std::uint64_t RandomNumber();

}  // namespace assent
