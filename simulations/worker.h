// A process that runs worlds for its parent, and tells it of each through a pipe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "simulations/run.h"

namespace assent::simulation {

// What a worker tells. Travels as it is: both ends are one program.
struct WorkerRecord {
  enum class What : std::uint8_t { kBegins, kEnds };
  What what = What::kBegins;
  std::uint64_t seed = 0;
  ExitCode exit_code = kExitHeld;
  bool is_lost = false;
  Totals totals;
  std::uint32_t promise_size = 0;
  std::uint32_t text_size = 0;
};

// What a failed check of the code under test says.
std::string TextOfBrokenCheck(const char* file, int line, const char* condition,
                              const char* message);

// Runs one world.
WorldReport RunWorld(const Profile& profile);

// Of one world that ran twice: a broken promise, else that the runs differ, else what both say.
WorldReport JudgeTwice(const WorldReport& first, const WorldReport& second);

struct WorkerOptions {
  // Each world a second time, in a process that has run no other, so that what a world leaves
  // behind in its process shows: JudgeTwice.
  bool twice = false;
  unsigned world_seconds = kWorldSeconds;
  WorldReport (*run)(const Profile& profile) = &RunWorld;
};

class Worker {
 public:
  // Starts a process that runs the worlds that `next` gives it until it gives none. It dies with
  // the process that has started it.
  using Next = std::function<bool(Profile* profile)>;
  Worker(const Next& next, const WorkerOptions& options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  int fd() const { return fd_; }
  // Reads what is there. False: the worker has ended.
  bool Read();
  // The next report; a worker that ended within a world reports that world as failed.
  bool TakeReport(WorldReport* report);
  // The next report, when it has come; there must be one to come.
  WorldReport AwaitReport();
  // The last world that it has begun.
  std::uint64_t last_seed() const { return last_seed_; }
  // It ended before it had done all.
  bool died() const { return died_; }

 private:
  void End();

  int fd_ = -1;
  int pid_ = -1;
  unsigned world_seconds_ = 0;
  bool is_in_world_ = false;
  bool has_ended_ = false;
  bool died_ = false;
  bool is_out_of_time_ = false;
  std::uint64_t last_seed_ = 0;
  std::string buffer_;
  std::string death_;
};

// Runs one world in a process of its own.
WorldReport RunIsolated(const Profile& profile, const WorkerOptions& options = WorkerOptions());

}  // namespace assent::simulation
