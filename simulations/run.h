// Many worlds in several processes, and what came of them. A world that dies in a check of the code
// under test takes its process along, not the run.
#pragma once

#include <cstdint>
#include <string>

#include "simulations/settings.h"
#include "simulations/world.h"

namespace assent::simulation {

// What the program ends with.
enum ExitCode : int {
  kExitHeld = 0,
  kExitViolated = 1,
  kExitUnfinished = 2,
  kExitNotDeterministic = 3,
  kExitUsage = 64,
  kExitSignal = 128,  // + its number
};

// Real time that one world may take before it counts as one that does not finish.
constexpr unsigned kWorldSeconds = 300;

struct RunOptions {
  std::string scenario = "swarm";
  Settings settings;  // over what the seed draws
  std::uint64_t start = 1;
  std::uint64_t seeds = 100;
  std::int64_t jobs = 1;
  double minutes = 0;  // 0: no limit; else no world begins after them
  unsigned world_seconds = kWorldSeconds;
  bool json = false;
  bool check_determinism = false;
  bool coverage = false;  // prints the tables of crash points
  bool progress = false;  // on standard error
  std::string report;     // a file for the report; empty: none
  bool shrink = true;     // the first world that breaks a promise
};

// Sums over worlds.
struct Totals {
  std::int64_t worlds = 0;
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  OutcomeCounts outcomes;
  FaultCounts faults;
  CrashCoverage coverage;
  NetworkCounts network;
  // In how many worlds each of these happened.
  FaultCounts worlds_with;
  NetworkCounts worlds_with_network;
  std::int64_t virtual_micros = 0;
  std::uint64_t digest = 0;  // does not depend on the number of jobs

  void Add(const Totals& other);
};

// How one world ended, as far as it can be told from outside of its process.
struct WorldReport {
  std::uint64_t seed = 0;
  ExitCode exit_code = kExitHeld;
  Totals totals;
  std::string promise;
  std::string text;
  bool is_lost = false;  // its process died, or was stopped at its time limit
};

// The profile of `seed`. Empty, or that there is no such scenario.
std::string MakeProfile(const RunOptions& options, std::uint64_t seed, Profile* profile);

// Runs worlds, prints those that failed and a summary; gives the exit code. SIGINT and SIGTERM end
// it early: with the sums so far and 128 + the signal's number, if no promise was broken.
int Run(const RunOptions& options);

// Runs one world here and prints its profile, its transcript and how it ended.
struct ReplayOptions {
  LogLevel log = LogLevel::kShort;
  std::string report;   // a file for the report; empty: none
  std::string command;  // of the replay itself, for the report
};
int Replay(const Profile& profile, const ReplayOptions& options);

}  // namespace assent::simulation
