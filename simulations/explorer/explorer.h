// The bounded exhaustive explorer: every order of deliveries, losses, timers, crashes and syncs of
// a small world, over the production state machines of core/. docs/exploration.md says which
// network, disk and time it takes, and what it leaves out.
//
// Deterministic: no clock, no randomness, one thread. Explore() holds about 100 bytes of memory per
// distinct state. A broken check of the core (ASSENT_CHECK) cannot be returned from: it prints the
// path to `out` and ends the process with exit code 1.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace assent::explorer {

// How the branches of a transaction come about (R4).
enum class Work : std::uint8_t {
  kPayload,  // the initiator lists them in Commit
  kCall,     // a service's call enlists, and the initiator tells how many branches it expects
};

// A world, and how often each thing may happen in it. Deliveries, syncs, completions, connecting
// and restarting happen in every order as often as they can.
struct Bounds {
  std::string name;
  std::string text;  // what it is for

  int participants = 2;  // 1 to 3
  int transactions = 1;  // 1 or 2
  Work work = Work::kPayload;
  int calls = 1;                // of kCall: of each participant, 1 or 2
  bool eager_commit = false;    // of kCall: Commit may be asked for while calls still run
  bool wrong_expected = false;  // of kCall: the initiator expects a branch too many
  bool block = false;           // ids come as one block to a session, which may be lost once
  std::string votes = "y";      // what a resource manager may vote: y, n, r

  // The initiator, per transaction.
  int commits = 1;
  int aborts = 0;
  int gets = 0;
  bool guess = false;  // asks for ids that are given out later

  // Faults, in all; `faults` bounds their sum.
  int faults = 2;
  int coordinator_crashes = 1;
  int participant_crashes = 1;
  int breaks = 1;             // of a link
  int log_failures = 0;       // of a sync (R8)
  int resource_failures = 0;  // of a resource manager's commit or abort
  int wipes = 0;              // of a participant's store, by an operator's error
  bool outruns = false;       // of wipes: an empty copy of the store, started more often than it

  int strays = 0;  // of a message: it is copied or delayed, across links and restarts

  int ticks = 1;       // a process's short timers fire: timeouts, repetitions, inquiries
  int long_ticks = 0;  // the coordinator's long ones: retention, lifetime of blocks
  // Timeouts last two ticks, repetitions one: the timers of one process fire one by one.
  bool slow_timeouts = false;

  std::uint64_t max_states = 50'000'000;
};

// The documented sets of bounds.
const std::vector<Bounds>& KnownBounds();
const Bounds* FindBounds(const std::string& name);

struct Violation {
  std::string promise;  // which promise or rule
  std::string first;    // the two facts that contradict each other
  std::string second;
  std::vector<std::string> path;  // from the start, step by step, in words
};

struct CoverageCell {
  std::string crash;  // which process, and what became of what was under way
  std::string state;  // of its transaction or branch at that moment
  std::uint64_t count = 0;
  std::string reason;  // why it cannot be reached, or empty
};

struct Report {
  std::string name;
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::uint64_t depth = 0;
  std::uint64_t coordinator_states = 0;  // of one process, seen alone
  std::uint64_t participant_states = 0;
  std::uint64_t core_steps = 0;    // inputs that were really given to a machine of core/
  std::uint64_t quiet_states = 0;  // from each of which the healed world was followed to its end
  std::uint64_t committed = 0;     // transitions in which an initiator was told so
  std::uint64_t aborted = 0;
  bool complete = false;  // every state within the bounds was visited
  bool held = false;      // no violation
  Violation violation;    // if not held
  std::vector<CoverageCell> coverage;
};

Report Explore(const Bounds& bounds, std::ostream* out);

// For people.
void Print(const Report& report, std::ostream* out);
void PrintCoverage(const std::vector<Report>& reports, std::ostream* out);

// The subcommand: `assent-sim explore [SET ...] [--list] [--json] [--no-coverage] [--max-states N]
// [--mutant NAME]`. Exit codes: 0 held, 1 violated, 2 not complete, 64 usage.
int RunExplore(const std::vector<std::string>& args, std::ostream* out);

}  // namespace assent::explorer
