// Waiting for what nobody tells.
#pragma once

#include <functional>

#include "core/time.h"

namespace assent::bench {

// Blocks for `length`, doing nothing.
void BlockFor(Duration length);

// Asks `done` at once and then every `interval`. Blocks until it says yes; false if it has not
// after `patience`.
bool PollUntil(const std::function<bool()>& done, Duration interval, Duration patience);

}  // namespace assent::bench
