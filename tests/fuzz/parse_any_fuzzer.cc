#include <cstddef>
#include <cstdint>

#include "tests/fuzz/parse_any.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assent::testing::ParseAny({reinterpret_cast<const char*>(data), size});
  return 0;
}
