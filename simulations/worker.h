// A process that runs worlds for its parent, and tells it of each through a pipe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "simulations/run.h"

namespace assent::simulation {

// What a worker tells. Travels as it is: both ends are one program.
struct WorkerRecord {
  enum class What : std::uint8_t { kBegins, kEnds };
  What what = What::kBegins;
  std::uint64_t seed = 0;
  ExitCode exit_code = kExitHeld;
  Totals totals;
  std::uint32_t promise_size = 0;
  std::uint32_t text_size = 0;
};

// What a failed check of the code under test says.
std::string TextOfBrokenCheck(const char* file, int line, const char* condition,
                              const char* message);

// Runs one world; a second time, too, if `twice`, which must give the same digest.
WorldReport RunWorld(const Profile& profile, bool twice);

class Worker {
 public:
  // Starts a process that runs the worlds that `next` gives it until it gives none.
  using Next = std::function<bool(Profile* profile)>;
  Worker(const Next& next, bool twice);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int fd() const { return fd_; }
  // Reads what is there. False: the worker has ended.
  bool Read();
  // The next report; a worker that ended within a world reports that world as failed.
  bool TakeReport(WorldReport* report);
  // The last world that it has begun.
  std::uint64_t last_seed() const { return last_seed_; }
  // It ended before it had done all.
  bool died() const { return died_; }

 private:
  void End();

  int fd_ = -1;
  int pid_ = -1;
  bool is_in_world_ = false;
  bool has_ended_ = false;
  bool died_ = false;
  std::uint64_t last_seed_ = 0;
  std::string buffer_;
  std::string death_;
};

}  // namespace assent::simulation
