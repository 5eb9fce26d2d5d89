// Single steps that everything is made of, measured alone.
#pragma once

#include <string>

#include "tools/bench/figures.h"
#include "tools/bench/settings.h"

namespace assent::bench {

// Appends of 128 bytes, each with an fdatasync, from one thread. Adds syncs_per_second, p50_us,
// p99_us. Empty, or why not.
std::string ProbeSync(const Settings& settings, Figures* figures);

// LevelDB batches of `records` records of 100 bytes, each batch with a sync, from one thread. Adds
// records_per_second, batches_per_second, p50_us and p99_us of a batch.
std::string ProbeLevelDb(int records, const Settings& settings, Figures* figures);

}  // namespace assent::bench
