#include <algorithm>

#include "simulations/profile.h"
#include "simulations/random.h"

namespace assent::simulation {
namespace {

// Sets `knob` to something up to `most` in about a third of all worlds, else leaves it off.
void Maybe(Random* random, std::int64_t* knob, std::int64_t least, std::int64_t most) {
  const bool on = random->Below(3) == 0;
  const std::int64_t value = random->Between(least, most);
  if (on) *knob = value;
}

// How many transactions each initiator runs one after the other.
std::int64_t RoundsOf(const Profile& p) {
  const std::int64_t at_once = p.initiators * p.window;
  return (p.transactions + at_once - 1) / at_once;
}

// Spreads the initiators' work over 0.6 to 19 seconds, so that faults can happen in its midst.
void DrawPace(Random* random, Profile* p) {
  constexpr std::int64_t kLongestUs = 1'500'000;
  const std::int64_t work_us = random->Between(600'000, 1'200'000) << random->Below(5);
  p->think_us = std::min(work_us / RoundsOf(*p), kLongestUs);
}

// How long the initiators work, if nothing disturbs them.
std::int64_t WorkMs(const Profile& p) { return RoundsOf(p) * p.think_us / 1000; }

// In one of `worlds` worlds sets `every_ms` so that something happens `least` to `most` times while
// the initiators work.
void Often(Random* random, const Profile& p, std::int64_t* every_ms, std::int64_t least,
           std::int64_t most, std::int64_t worlds) {
  constexpr std::int64_t kShortestMs = 40;
  const bool on = random->Below(worlds) == 0;
  const std::int64_t times = random->Between(least, most);
  if (on) *every_ms = std::max(WorkMs(p) / times, kShortestMs);
}

// The mean length of a fault that lasts. If many lasted longer than the work, none could begin.
std::int64_t DrawLength(Random* random, const Profile& p) {
  return random->Between(10, std::max<std::int64_t>(WorkMs(p), 100));
}

void DrawShape(Random* random, Profile* p) {
  p->coordinators = 1 + random->Below(3);
  p->participants = 2 + random->Below(4);
  p->unary = random->Below(3);
  p->initiators = 1 + random->Below(16);
  p->transactions = 30 + random->Below(120);
  p->window = 1 + random->Below(4);
  p->accounts = 4 << random->Below(6);
  p->branches = 1 + random->Below(4);
  DrawPace(random, p);
  p->session_ppm = random->Below(kAlways);
  p->log_leveldb = random->Chance(150'000) ? 1 : 0;
  p->store_leveldb = random->Chance(150'000) ? 1 : 0;
}

void DrawWorkload(Random* random, Profile* p) {
  p->enlisted_ppm = random->Below(500'000);
  p->read_only_ppm = random->Below(300'000);
  Maybe(random, &p->abandon_ppm, 10'000, 300'000);
  Maybe(random, &p->abort_ppm, 10'000, 300'000);
  Maybe(random, &p->ask_again_ppm, 50'000, 700'000);
  Maybe(random, &p->different_ppm, 10'000, 300'000);
  Maybe(random, &p->decision_only_ppm, 50'000, 1'000'000);
  Maybe(random, &p->expect_ppm, 100'000, 1'000'000);
  Maybe(random, &p->peek_ppm, 50'000, 700'000);
  Maybe(random, &p->eager_ppm, 50'000, 500'000);
  Maybe(random, &p->twice_ppm, 50'000, 700'000);
  Maybe(random, &p->look_back_ppm, 100'000, 700'000);
  Maybe(random, &p->overload_ppm, 10'000, 200'000);
  if (random->Below(8) == 0) p->max_active = 1 + random->Below(10);
  if (random->Below(8) == 0) p->max_remembered = random->Below(30);
  if (random->Below(8) == 0) p->max_open = 1 + random->Below(6);
  if (random->Below(4) == 0) p->retention_ms = random->Between(2'000, 40'000);
  if (random->Below(4) == 0) {
    p->transaction_timeout_ms = p->think_us / 1000 + random->Between(50, 4'000);
  }
  if (random->Below(4) == 0) p->prepare_timeout_ms = random->Between(20, 4'000);
  if (random->Below(4) == 0) p->call_timeout_ms = random->Between(100, 4'000);
  if (random->Below(4) == 0) p->block_lifetime_ms = random->Between(1'000, 10'000);
}

void DrawNetwork(Random* random, Profile* p) {
  p->delay_us = 50 << random->Below(8);
  Maybe(random, &p->slow_ppm, 1'000, 100'000);
  p->slow_factor = 10 << random->Below(7);
  Maybe(random, &p->loss_ppm, 1'000, 200'000);
  Maybe(random, &p->duplicate_ppm, 1'000, 500'000);
  Maybe(random, &p->late_ppm, 10'000, 1'000'000);
  Often(random, *p, &p->reset_every_ms, 2, 8, 3);
  Maybe(random, &p->half_open_ppm, 10'000, 600'000);
  Often(random, *p, &p->partition_every_ms, 2, 4, 3);
  p->partition_ms = DrawLength(random, *p);
  p->one_way_ppm = random->Below(kAlways);
}

// An older copy is made while its process is down: without crashes there is none.
void DrawOperators(Random* random, Profile* p) {
  Often(random, *p, &p->wrong_store_every_ms, 2, 4, 6);
  Often(random, *p, &p->wrong_log_every_ms, 2, 4, 6);
  p->wrong_store_ms = 500 << random->Below(6);
  Maybe(random, &p->outrun_ppm, 100'000, 900'000);
  if (p->wrong_store_every_ms > 0) Often(random, *p, &p->participant_crash_every_ms, 2, 5, 1);
  if (p->wrong_log_every_ms > 0) Often(random, *p, &p->coordinator_crash_every_ms, 2, 5, 1);
}

void DrawProcesses(Random* random, Profile* p) {
  Often(random, *p, &p->coordinator_crash_every_ms, 2, 5, 2);
  Often(random, *p, &p->participant_crash_every_ms, 2, 5, 2);
  Often(random, *p, &p->initiator_crash_every_ms, 2, 5, 3);
  p->down_ms = random->Between(1, std::clamp<std::int64_t>(WorkMs(*p) / 2, 100, 3'000));
  Maybe(random, &p->crash_in_recovery_ppm, 50'000, 500'000);
  p->power_loss_ppm = random->Below(kAlways);
  p->crash_in_write_ppm = random->Below(kAlways);
  Maybe(random, &p->move_ppm, 100'000, 1'000'000);
  Often(random, *p, &p->rolling_every_ms, 1, 3, 3);
  Often(random, *p, &p->pause_every_ms, 2, 4, 3);
  p->pause_ms = DrawLength(random, *p);
  DrawOperators(random, p);
}

void DrawDisksAndClocks(Random* random, Profile* p) {
  p->sync_us = 20 << random->Below(9);
  Maybe(random, &p->slow_sync_ppm, 1'000, 200'000);
  Often(random, *p, &p->write_fails_every_ms, 2, 6, 3);
  Often(random, *p, &p->full_every_ms, 2, 4, 2);
  Often(random, *p, &p->flip_every_ms, 2, 4, 2);
  Maybe(random, &p->out_of_order_ppm, 100'000, 1'000'000);
  Maybe(random, &p->clock_drift_ppm, 10'000, 300'000);
  Often(random, *p, &p->clock_jump_every_ms, 2, 4, 3);
  p->faults_ms = WorkMs(*p) + random->Between(8'000, 30'000);
}

// These have a chance of their own, so that what is drawn before stays what it was.
void DrawRefusals(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x5265'6675'7365'0001);
  Maybe(&random, &p->refuse_end_ppm, 10'000, 500'000);
}

void DrawManyParticipants(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x4d61'6e79'0000'0001);
  if (random.Below(16) == 0) p->participants = 8 - p->unary;
}

void DrawEnlisting(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x456e'6c69'7374'0001);
  Maybe(&random, &p->by_name_ppm, 50'000, 700'000);
  Maybe(&random, &p->log_batch, 1, 6);
}

// Else a part of the steps: that takes less time.
void DrawChecks(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x4368'6563'6b73'0001);
  if (random.Below(8) == 0) p->check_every = 1;
}

void DrawWindow(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x5769'6e64'6f77'0001);
  if (random.Below(8) == 0) p->max_awaited = 1 + random.Below(4);
}

// Draws again with the world's own chance: what a scenario does not fix, it leaves to swarm.
void Swarm(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x5377'6172'6d00'0001);
  DrawShape(&random, p);
  DrawWorkload(&random, p);
  DrawNetwork(&random, p);
  DrawProcesses(&random, p);
  DrawDisksAndClocks(&random, p);
  DrawEnlisting(p);
  DrawRefusals(p);
  DrawManyParticipants(p);
  DrawWindow(p);
  DrawChecks(p);
}

// Without one fault everything commits but what meets a lock or an empty account.
void Calm(Profile*) {}

void Speed(Profile* p) {
  p->transactions = 2'000;
  p->initiators = 16;
  p->window = 16;
  p->accounts = 20'000;
  p->branches = 2;
  p->order_ppm = 0;
  p->enlisted_ppm = 0;
  p->read_only_ppm = 0;
  p->session_ppm = kAlways;
  p->expect_ppm = 0;
  p->look_back_ppm = 0;
  p->think_us = 0;
  p->faults_ms = 100'000;
  p->check_every = 100'000;
}

void SpeedLevelDb(Profile* p) {
  Speed(p);
  p->transactions = 4'000;
  p->log_leveldb = 1;
  p->store_leveldb = 1;
}

void OnLevelDb(Profile* p) {
  Swarm(p);
  p->log_leveldb = 1;
  p->store_leveldb = 1;
}

void InMemory(Profile* p) {
  Swarm(p);
  p->log_leveldb = 0;
  p->store_leveldb = 0;
}

void Network(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed));
  DrawShape(&random, p);
  DrawNetwork(&random, p);
  p->reset_every_ms = 500;
  p->partition_every_ms = 2'000;
}

void Crashes(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed));
  DrawShape(&random, p);
  DrawProcesses(&random, p);
  p->coordinator_crash_every_ms = 800;
  p->participant_crash_every_ms = 800;
}

// Short worlds, crowded with the moments in which known bugs show.
void Mutants(Profile* p) {
  Swarm(p);
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x6d75'7461'6e74);
  p->log_leveldb = p->store_leveldb = 0;
  p->transactions = 60;
  p->accounts = 64;
  p->think_us = 100 << random.Below(10);
  p->sync_us = random.Between(500, 20'000);
  p->ask_again_ppm = p->peek_ppm = 600'000;
  p->expect_ppm = p->eager_ppm = 400'000;
  if (random.Below(2) == 0) p->wrong_store_every_ms = 1'500;
  p->enlisted_ppm = p->twice_ppm = 500'000;
  p->reset_every_ms = random.Between(50, 400);
  p->coordinator_crash_every_ms = random.Between(200, 1'000);
  p->participant_crash_every_ms = random.Between(200, 1'000);
  p->power_loss_ppm = 500'000;
  if (random.Below(2) == 0) {  // calls that come twice and late
    p->unary = 2;
    p->duplicate_ppm = p->late_ppm = 400'000;
  }
  p->retention_ms = random.Below(2) == 0 ? 100 << random.Below(6) : 600'000;
  p->prepare_timeout_ms = random.Below(2) == 0 ? 30 : 5'000;
  p->faults_ms = 10'000;
  p->accounts = random.Below(2) == 0 ? 6 : 64;
  p->by_name_ppm = 200'000;
  p->log_batch = random.Below(2) == 0 ? 1 + random.Below(3) : 4096;
}

// Everything dies all the time, with work under way and slow disks: for the table of crash points.
void CrashPoints(Profile* p) {
  Swarm(p);
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x6372'6173'68);
  p->coordinators = 1;
  p->participants = 3;
  p->unary = random.Below(2);
  p->initiators = 16;
  p->window = 8;
  p->transactions = 600;
  p->accounts = 2'000;
  p->think_us = random.Between(100, 20'000);
  p->delay_us = random.Between(50, 2'000);
  p->enlisted_ppm = 400'000;
  p->transaction_timeout_ms = 2'000;
  p->sync_us = random.Between(5'000, 40'000);
  p->coordinator_crash_every_ms = random.Between(100, 600);
  p->participant_crash_every_ms = p->write_fails_every_ms = 500;
  p->down_ms = 50;
  p->power_loss_ppm = 600'000;
  p->crash_in_recovery_ppm = p->crash_in_write_ppm = 850'000;
  p->refuse_end_ppm = 300'000;
  p->faults_ms = 10'000;
}

// Participants restart between two calls for one branch, with little else to disturb them.
void BetweenCalls(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x4265'7477'6565'6e01);
  DrawShape(&random, p);
  p->unary = 0;
  p->initiators = 8;
  p->enlisted_ppm = p->twice_ppm = 700'000;
  p->between_ms = random.Between(50, 500);
  p->participant_crash_every_ms = random.Between(100, 600);
  p->down_ms = random.Between(1, 50);
  p->faults_ms = 10'000;
}

// An operator runs a participant on a copy that every coordinator must take for its store, with
// commits on their way.
void Outrun(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x4f75'7472'756e'0001);
  DrawShape(&random, p);
  p->initiators = 8;
  p->window = 2;
  p->transactions = 200;
  p->enlisted_ppm = 300'000;
  p->sync_us = random.Between(2'000, 20'000);
  p->participant_crash_every_ms = random.Between(100, 400);
  p->wrong_store_every_ms = 500;
  p->wrong_store_ms = 1'000;
  p->outrun_ppm = 900'000;
  p->down_ms = 50;
  p->retention_ms = random.Below(2) == 0 ? 2'000 : 600'000;
  p->faults_ms = 15'000;
}

// Writes and syncs on LevelDB fail, and soon the power does, too.
void FailingDisks(Profile* p) {
  Random random(static_cast<std::uint64_t>(p->seed) ^ 0x4661'696c'696e'6701);
  DrawShape(&random, p);
  p->log_leveldb = p->store_leveldb = 1;
  p->initiators = 8;
  p->transactions = 200;
  p->write_fails_every_ms = random.Between(50, 300);
  p->coordinator_crash_every_ms = random.Between(200, 1'000);
  p->participant_crash_every_ms = random.Between(100, 500);
  p->power_loss_ppm = 900'000;
  p->down_ms = 50;
  p->faults_ms = 10'000;
}

void Unary(Profile* p) {
  Swarm(p);
  p->participants = 1;
  p->unary = 3;
  p->session_ppm = 0;
  p->duplicate_ppm = 300'000;
  p->late_ppm = 300'000;
}

// Calls are slow or lost, and nothing is remembered: what a participant without the library lists
// as prepared may come after its acknowledgement.
void OldLists(Profile* p) {
  p->participants = 1;
  p->unary = 6;
  p->initiators = 16;
  p->transactions = 300;
  p->window = 2;
  p->session_ppm = p->enlisted_ppm = 0;
  p->delay_us = 500;
  p->slow_ppm = 150'000;
  p->slow_factor = 1'000;
  p->loss_ppm = 50'000;
  p->max_remembered = 0;
  p->retention_ms = 10;
  p->faults_ms = 20'000;
}

// Coordinators move all the time, and messages are slow: two addresses lead to one coordinator.
void TwoAddresses(Profile* p) {
  p->coordinators = 3;
  p->participants = 8;
  p->transactions = 200;
  p->delay_us = 20'000;
  p->slow_ppm = 300'000;
  p->reset_every_ms = p->coordinator_crash_every_ms = 500;
  p->down_ms = 300;
  p->move_ppm = kAlways;
  p->faults_ms = 20'000;
}

void Overload(Profile* p) {
  Swarm(p);
  p->initiators = 16;
  p->window = 8;
  p->max_open = 4;
  p->overload_ppm = 200'000;
}

}  // namespace

const std::vector<Scenario>& Scenarios() {
  static const std::vector<Scenario> scenarios = {
      {"swarm", "the default: every world has another subset of all faults", &Swarm},
      {"memory", "swarm, stores and logs in memory", &InMemory},
      {"leveldb", "swarm, stores and logs in LevelDB on a simulated disk", &OnLevelDb},
      {"network", "resets, partitions, loss and delay; processes and disks are well", &Network},
      {"crashes", "coordinators and participants die every second; the network is well", &Crashes},
      {"unary", "swarm, mostly participants without the library, calls that come twice and late",
       &Unary},
      {"overload", "swarm, more work than the limits allow", &Overload},
      {"mutants", "short worlds, crowded with crashes and resets while work is under way",
       &Mutants},
      {"crash-points", "everything dies all the time, with work under way and slow disks",
       &CrashPoints},
      {"between-calls", "participants restart between two calls for one branch", &BetweenCalls},
      {"outrun", "an operator runs participants on copies that were started too often", &Outrun},
      {"failing-disks", "writes and syncs on LevelDB fail, and soon the power does, too",
       &FailingDisks},
      {"old-lists", "participants without the library whose calls are slow, lost and forgotten",
       &OldLists},
      {"two-addresses", "coordinators move all the time, and messages are slow", &TwoAddresses},
      {"calm", "no fault", &Calm},
      {"speed", "no fault, 2,000 transactions of two branches in memory", &Speed},
      {"speed-leveldb", "no fault, 4,000 transactions with LevelDB on simulated disks",
       &SpeedLevelDb}};
  return scenarios;
}

std::optional<Profile> DrawProfile(std::string_view scenario, std::uint64_t seed) {
  for (const Scenario& one : Scenarios()) {
    if (scenario != one.name) continue;
    Profile profile;
    profile.seed = static_cast<std::int64_t>(seed);
    one.shape(&profile);
    return profile;
  }
  return std::nullopt;
}

}  // namespace assent::simulation
