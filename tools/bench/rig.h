// What a scenario puts under load: processes, and a way to do one transaction with them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tools/bench/completions.h"

namespace assent::bench {

// One of the processes that do the work; those of a role are added up.
struct Part {
  std::string role;  // "coordinator", "participants", "initiator", "database"
  pid_t pid = 0;
  std::string files;  // the directory in which it keeps its data; may be empty
};

// Counted by the processes themselves since their start.
struct WorkDone {
  std::uint64_t syncs = 0;      // of coordinator and participants
  std::uint64_t frames = 0;     // messages to and from the coordinator
  std::uint64_t bytes = 0;      // of them
  std::uint64_t log_bytes = 0;  // of the batches that the coordinator's log was given
};

// One thread at a time.
class Rig {
 public:
  Rig() = default;
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;
  virtual ~Rig() = default;

  // Empty, or why it cannot run. Blocks until everything is ready. `completions` outlives it.
  virtual std::string Start(Completions* completions) = 0;

  // Starts one transaction in `slot`, which has none under way. Its end is told to the completions,
  // once, from any thread. Does not wait for it.
  virtual void Begin(int slot) = 0;

  virtual std::vector<Part> Parts() const = 0;
  virtual WorkDone Done() = 0;  // blocks

  // When nothing is under way: what does not add up in the participants' own data, or empty.
  virtual std::string Check() { return ""; }
};

}  // namespace assent::bench
