#include "tools/bench/waiting.h"

#include <vector>

#include "runtime/clock.h"
#include "tools/bench/completions.h"

namespace assent::bench {

void BlockFor(Duration length) {
  Completions none;
  std::vector<Completions::Done> done;
  none.Take(MonotonicNow() + length, &done);
}

bool PollUntil(const std::function<bool()>& done, Duration interval, Duration patience) {
  const Time end = MonotonicNow() + patience;
  while (!done()) {
    if (MonotonicNow() >= end) return false;
    BlockFor(interval);
  }
  return true;
}

}  // namespace assent::bench
