// What a world is made of and what befalls it: numbers, each with a name, drawn from the seed
// (swarm: each world has another subset of the faults) and printed with it. A world is fully
// determined by its Profile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::simulation {

// Times are virtual. An interval of 0: never. Chances are of a million.
struct Profile {
  std::int64_t seed = 0;

  // Who is there.
  std::int64_t coordinators = 1;
  std::int64_t participants = 3;  // with the agent's core, over streams
  std::int64_t unary = 0;         // participants without the library, one call per message
  std::int64_t initiators = 4;
  std::int64_t transactions = 100;  // of all initiators together
  std::int64_t window = 1;          // at once, of one initiator
  std::int64_t log_leveldb = 0;     // 1: the decision log is LevelDB on a simulated disk
  std::int64_t store_leveldb = 0;   // 1: the stores are

  // Workload.
  std::int64_t accounts = 50;  // of each participant: fewer, more conflicts
  std::int64_t branches = 3;   // at most, of a transaction
  std::int64_t think_us = 1000;
  std::int64_t order_ppm = 200'000;     // share of orders among transactions
  std::int64_t read_only_ppm = 50'000;  // of branches
  std::int64_t enlisted_ppm = 200'000;  // of branches: work by a call before Commit
  std::int64_t by_name_ppm = 0;    // of transactions: enlists by name before it calls, if it does
  std::int64_t abandon_ppm = 0;    // an initiator leaves a transaction at some step
  std::int64_t abort_ppm = 0;      // asks for abort instead of commit
  std::int64_t ask_again_ppm = 0;  // asks, commits or aborts again after the answer
  std::int64_t different_ppm = 0;  // repeats Commit with other branches
  std::int64_t decision_only_ppm = 0;    // waits for the decision alone
  std::int64_t expect_ppm = 100'000;     // tells the number of branches
  std::int64_t session_ppm = 500'000;    // of initiators: a session, else unary calls
  std::int64_t peek_ppm = 0;             // asks before Commit, and while it is under way
  std::int64_t eager_ppm = 0;            // asks for commit while calls still run
  std::int64_t twice_ppm = 0;            // of branches by a call: by two, one after the other
  std::int64_t between_ms = 0;           // mean time between the two
  std::int64_t look_back_ppm = 50'000;   // reads later what it knows to be committed
  std::int64_t overload_ppm = 0;         // asks for more than the limits
  std::int64_t call_timeout_ms = 5'000;  // how long an initiator waits for an answer

  // Limits and timers of the processes.
  std::int64_t max_open = 10'000;
  std::int64_t max_active = 100'000;  // branches of a participant that have not voted
  std::int64_t max_awaited = 1024;    // answers of one participant, at one coordinator
  std::int64_t transaction_timeout_ms = 10'000;
  std::int64_t prepare_timeout_ms = 5'000;
  std::int64_t retention_ms = 600'000;
  std::int64_t max_remembered = 1'000'000;
  std::int64_t block_lifetime_ms = 60'000;
  std::int64_t log_batch = 4096;  // records that the log takes at once

  // Network.
  std::int64_t delay_us = 200;  // mean, one way
  std::int64_t slow_ppm = 0;    // a message takes up to slow_factor times as long
  std::int64_t slow_factor = 100;
  std::int64_t loss_ppm = 0;        // a stream repeats after 0.2 to 1 s, a call is lost
  std::int64_t duplicate_ppm = 0;   // of calls
  std::int64_t late_ppm = 0;        // of duplicates: up to two minutes late
  std::int64_t reset_every_ms = 0;  // a connection is reset
  std::int64_t half_open_ppm = 0;   // an end of it notices up to 20 s late
  std::int64_t partition_every_ms = 0;
  std::int64_t partition_ms = 3'000;   // mean length
  std::int64_t one_way_ppm = 300'000;  // of partitions

  // Processes.
  std::int64_t coordinator_crash_every_ms = 0;
  std::int64_t participant_crash_every_ms = 0;
  std::int64_t initiator_crash_every_ms = 0;
  std::int64_t down_ms = 500;              // mean
  std::int64_t crash_in_recovery_ppm = 0;  // soon after a start, again
  std::int64_t power_loss_ppm = 300'000;   // of crashes: what was not synced is at stake
  std::int64_t crash_in_write_ppm = 0;     // of crashes: in the middle of a write
  std::int64_t move_ppm = 0;               // of restarts: under another address
  std::int64_t rolling_every_ms = 0;       // all servers are restarted in order, one by one
  std::int64_t pause_every_ms = 0;
  std::int64_t pause_ms = 2'000;          // mean
  std::int64_t wrong_store_every_ms = 0;  // an operator starts a wiped or older store
  std::int64_t wrong_store_ms = 3'000;    // mean time until the right one is put back
  std::int64_t outrun_ppm = 0;          // of wrong stores: has the right one's id, and more starts
  std::int64_t wrong_log_every_ms = 0;  // an operator starts an older log

  // Disks.
  std::int64_t sync_us = 100;             // mean time of a write
  std::int64_t slow_sync_ppm = 0;         // of writes: up to two seconds
  std::int64_t write_fails_every_ms = 0;  // a write fails, done or not
  std::int64_t full_every_ms = 0;         // a disk is full for a while (LevelDB)
  std::int64_t flip_every_ms = 0;         // a bit flips on a disk at rest (LevelDB)
  std::int64_t refuse_end_ppm = 0;        // of commits and rollbacks: the store cannot do it now
  std::int64_t out_of_order_ppm = 0;      // of power losses: any piece may be lost (LevelDB)

  // Clocks.
  std::int64_t clock_drift_ppm = 0;
  std::int64_t clock_jump_every_ms = 0;

  // How it ends.
  std::int64_t faults_ms = 30'000;  // length of the safety phase, at most
  std::int64_t heal_ms = 400'000;   // within which all must finish after it
  std::int64_t max_actions = 20'000'000;
  std::int64_t check_every = 8;  // steps of a core between checks of its invariants
};

// Outcomes are remembered for as long as the retention says, in the world's time.
bool KeepsItsRetention(const Profile& profile);

struct Knob {
  const char* name;
  std::int64_t Profile::*field;
  std::int64_t least = 0;  // what a user may set it to
  std::int64_t most = 0;
};

constexpr std::int64_t kMostSeed = INT64_MAX;

// All numbers of a profile, in the order above.
const std::vector<Knob>& Knobs();

// Nothing if no knob is called so.
std::optional<Knob> KnobNamed(std::string_view name);

// "name = value" lines: all, or the seed and those that differ from the defaults.
std::string ToText(const Profile& profile, bool only_changed);

// The scenarios that have a name.
struct Scenario {
  const char* name;
  const char* what;
  void (*shape)(Profile* profile);
};
const std::vector<Scenario>& Scenarios();

// The profile of `seed` in the named scenario; nothing if there is none of that name.
std::optional<Profile> DrawProfile(std::string_view scenario, std::uint64_t seed);

}  // namespace assent::simulation
