// What a stretch of load has cost: processors, files, messages.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/bench/figures.h"
#include "tools/bench/load.h"
#include "tools/bench/machine.h"
#include "tools/bench/rig.h"

namespace assent::bench {

// One moment of a rig. Taking it blocks.
class Reading {
 public:
  explicit Reading(Rig* rig);

 private:
  friend void AddCosts(const Reading&, const Reading&, const LoadResult&, Figures*);

  struct Role {
    Duration cpu;
    std::uint64_t written_bytes = 0;
    std::uint64_t peak_memory_kib = 0;  // of the largest process
    std::uint64_t switches = 0;
  };

  std::map<std::string, Role> roles_;
  WorkDone done_;
  Duration machine_;
};

// Rates and latencies of `result`.
void AddLoad(const LoadResult& result, Figures* figures);

// What `result` has cost between two readings, per committed transaction (per ended one, if none
// was committed).
void AddCosts(const Reading& before, const Reading& after, const LoadResult& result,
              Figures* figures);

}  // namespace assent::bench
