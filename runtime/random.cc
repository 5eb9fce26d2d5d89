#include "runtime/random.h"

#include <sys/random.h>

#include "core/check.h"

namespace assent {

std::uint64_t RandomNumber() {
  std::uint64_t number = 0;
  while (number == 0) {
    const ssize_t got = getrandom(&number, sizeof number, 0);
    ASSENT_CHECK(got == sizeof number, "the kernel gives eight random bytes at once");
  }
  return number;
}

}  // namespace assent
