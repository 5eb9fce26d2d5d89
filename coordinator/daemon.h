// A running coordinator: the composition root of `assentd`, and of `assent dev`.
//
// Run opens the log, serves until a signal or a failure, drains, and returns the exit code of the
// program. Everything that the process acknowledged is durable whenever it ends, however it ends.
#pragma once

#include <functional>
#include <string>

#include "coordinator/options.h"

namespace assent {

class StopSignal;

// Told once, when serving: "HOST:PORT", with the port that was really taken.
using ServingHandler = std::function<void(const std::string& address)>;

// Blocks until the end. The first signal drains, for at most options.drain_timeout; a second one
// exits at once.
ExitCode RunDaemon(const DaemonOptions& options, StopSignal* stop, const ServingHandler& serving);

}  // namespace assent
