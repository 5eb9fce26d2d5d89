#include "simulations/fault_driver.h"

#include <algorithm>
#include <utility>

namespace assent::simulation {
namespace {

// How often the operator looks.
constexpr std::int64_t kOperatorMs = 300;

}  // namespace

const std::vector<FaultCountName>& FaultCountNames() {
  static const std::vector<FaultCountName> names = {
      {"coordinator_crashes", &FaultCounts::coordinator_crashes},
      {"participant_crashes", &FaultCounts::participant_crashes},
      {"initiator_crashes", &FaultCounts::initiator_crashes},
      {"power_losses", &FaultCounts::power_losses},
      {"pauses", &FaultCounts::pauses},
      {"partitions", &FaultCounts::partitions},
      {"one_way_partitions", &FaultCounts::one_way_partitions},
      {"clock_jumps", &FaultCounts::clock_jumps},
      {"failed_writes", &FaultCounts::failed_writes},
      {"full_disks", &FaultCounts::full_disks},
      {"flipped_bits", &FaultCounts::flipped_bits},
      {"wiped_stores", &FaultCounts::wiped_stores},
      {"older_stores", &FaultCounts::older_stores},
      {"older_logs", &FaultCounts::older_logs},
      {"names_rebound", &FaultCounts::names_rebound}};
  return names;
}

FaultDriver::FaultDriver(Context* context, Population population)
    : context_(context), all_(std::move(population)) {}

void FaultDriver::Start() {
  const Profile& p = context_->profile;
  Every(p.coordinator_crash_every_ms, &FaultDriver::CrashCoordinator);
  Every(p.participant_crash_every_ms, &FaultDriver::CrashParticipant);
  Every(p.initiator_crash_every_ms, &FaultDriver::CrashInitiator);
  Every(p.pause_every_ms, &FaultDriver::Pause);
  Every(p.partition_every_ms, &FaultDriver::Partition);
  Every(p.reset_every_ms, &FaultDriver::Reset);
  Every(p.clock_jump_every_ms, &FaultDriver::JumpClock);
  Every(p.write_fails_every_ms, &FaultDriver::FailWrite);
  Every(p.full_every_ms, &FaultDriver::FillDisk);
  Every(p.flip_every_ms, &FaultDriver::FlipBit);
  Every(p.wrong_store_every_ms, &FaultDriver::UseWrongStore);
  Every(p.wrong_log_every_ms, &FaultDriver::UseWrongLog);
  context_->scheduler.After(Duration::Millis(kOperatorMs), [this] { Operate(); });
}

void FaultDriver::Every(std::int64_t interval_ms, void (FaultDriver::*fault)()) {
  if (interval_ms == 0) return;
  const Duration wait = Duration::Micros(1 + context_->random.Below(2000 * interval_ms));
  context_->scheduler.After(wait, [this, interval_ms, fault] {
    if (context_->healed) return;
    (this->*fault)();
    Every(interval_ms, fault);
  });
}

template <class T>
T* FaultDriver::Pick(const std::vector<T*>& all) {
  if (all.empty()) return nullptr;
  return all[static_cast<std::size_t>(
      context_->random.Below(static_cast<std::int64_t>(all.size())))];
}

Process* FaultDriver::AnyProcess() {
  const std::int64_t kind = context_->random.Below(3);
  if (kind == 0) return Pick(all_.coordinators);
  if (kind == 1) return Pick(all_.participants);
  return Pick(all_.initiators);
}

FaultyDisk* FaultDriver::AnyDisk() {
  if (context_->random.Below(2) == 0) return Pick(all_.coordinators)->disk();
  return Pick(all_.participants)->disk();
}

// ---------------------------------------------------------------------------------------------
// Processes

CrashKind FaultDriver::DrawCrash() {
  const Profile& p = context_->profile;
  CrashKind kind;
  kind.power_loss = context_->random.Chance(p.power_loss_ppm);
  kind.out_of_order = kind.power_loss && context_->random.Chance(p.out_of_order_ppm);
  kind.in_write = context_->random.Chance(p.crash_in_write_ppm);
  if (kind.power_loss) ++counts_.power_losses;
  return kind;
}

Duration FaultDriver::DownTime() {
  return context_->random.Between(Duration::Millis(1),
                                  Duration::Millis(1 + 2 * context_->profile.down_ms));
}

void FaultDriver::CrashCoordinator() {
  CoordinatorNode* const node = Pick(all_.coordinators);
  if (operator_errs_ || !node->up()) return;
  ++counts_.coordinator_crashes;
  node->Crash(DrawCrash());
  const bool keep = context_->random.Below(4) == 0 && context_->profile.wrong_log_every_ms > 0;
  if (keep && !node->disk()->is_damaged()) node->disk()->KeepCopy();
  const Duration down = DownTime();
  node->StartAfter(down);
  if (!context_->random.Chance(context_->profile.crash_in_recovery_ppm)) return;
  context_->scheduler.After(down + context_->random.Between(Duration(), Duration::Millis(20)),
                            [this, node] { CrashAgainSoon(node); });
}

void FaultDriver::CrashAgainSoon(CoordinatorNode* node) {
  if (operator_errs_ || context_->healed || !node->up()) return;
  ++counts_.coordinator_crashes;
  node->Crash(DrawCrash());
  node->StartAfter(DownTime());
}

void FaultDriver::CrashParticipant() {
  StoreProcess* const node = Pick(all_.participants);
  if (operator_errs_ || !node->up()) return;
  ++counts_.participant_crashes;
  node->Crash(DrawCrash());
  const bool keep = context_->random.Below(4) == 0 && context_->profile.wrong_store_every_ms > 0;
  if (keep && !node->disk()->is_damaged()) node->disk()->KeepCopy();
  node->StartAfter(DownTime());
}

void FaultDriver::CrashInitiator() {
  InitiatorNode* const node = Pick(all_.initiators);
  if (!node->up()) return;
  ++counts_.initiator_crashes;
  node->Crash();
  context_->scheduler.After(DownTime(), [node] {
    if (!node->up()) node->Start();
  });
}

void FaultDriver::Pause() {
  Process* const process = AnyProcess();
  if (!process->up()) return;
  ++counts_.pauses;
  process->PauseUntil(
      context_->scheduler.Now() +
      context_->random.Between(Duration(), Duration::Millis(2 * context_->profile.pause_ms)));
}

void FaultDriver::JumpClock() {
  Process* const process = AnyProcess();
  if (!process->up()) return;
  ++counts_.clock_jumps;
  process->JumpClock(context_->random.Between(Duration(), Duration::Seconds(60)));
}

// ---------------------------------------------------------------------------------------------
// Network

void FaultDriver::Partition() {
  const Process* const a = Pick(all_.coordinators);
  const Process* const b = AnyProcess();
  const Time until =
      context_->scheduler.Now() +
      context_->random.Between(Duration(), Duration::Millis(2 * context_->profile.partition_ms));
  const bool one_way = context_->random.Chance(context_->profile.one_way_ppm);
  const bool forth = context_->random.Below(2) == 0;
  ++(one_way ? counts_.one_way_partitions : counts_.partitions);
  if (!one_way || forth) context_->network.Cut(a, b, until);
  if (!one_way || !forth) context_->network.Cut(b, a, until);
}

void FaultDriver::Reset() { context_->network.ResetOne(); }

// ---------------------------------------------------------------------------------------------
// Disks

void FaultDriver::FailWrite() {
  FaultyDisk* const disk = AnyDisk();
  if (operator_errs_ || disk->has_pending_fault()) return;
  ++counts_.failed_writes;
  disk->FailNextWrite(&context_->random);
}

void FaultDriver::FillDisk() {
  FaultyDisk* const disk = AnyDisk();
  if (operator_errs_ || disk->has_pending_fault() || !disk->Fill()) return;
  ++counts_.full_disks;
}

// At rest: its process is killed first.
void FaultDriver::FlipBit() {
  if (operator_errs_) return;
  const bool at_coordinator = context_->random.Below(2) == 0;
  CoordinatorNode* const coordinator = at_coordinator ? Pick(all_.coordinators) : nullptr;
  StoreProcess* const participant = at_coordinator ? nullptr : Pick(all_.participants);
  if (at_coordinator ? !coordinator->up() : !participant->up()) return;
  FaultyDisk* disk = nullptr;
  if (at_coordinator) {
    coordinator->Crash(CrashKind());
    disk = coordinator->disk();
    coordinator->StartAfter(DownTime());
  } else {
    participant->Crash(CrashKind());
    disk = participant->disk();
    participant->StartAfter(DownTime());
  }
  if (disk->FlipBit(&context_->random)) ++counts_.flipped_bits;
}

// ---------------------------------------------------------------------------------------------
// Operators

void FaultDriver::UseWrongStore() {
  AgentNode* const node = Pick(all_.agents);
  if (operator_errs_ || node == nullptr || !node->is_attached_everywhere()) return;
  // A coordinator that has just forgotten to whom the name belongs would take any store.
  for (const CoordinatorNode* coordinator : all_.coordinators) {
    if (!coordinator->HasAttached(node->name(), node->store_id())) return;
  }
  const bool wiped = context_->random.Below(2) == 0;
  if (!node->BeginWrongStore(wiped)) return;
  ++(wiped ? counts_.wiped_stores : counts_.older_stores);
  operator_errs_ = true;
  for (CoordinatorNode* coordinator : all_.coordinators) coordinator->disk()->MendFaults();
  for (StoreProcess* participant : all_.participants) participant->disk()->MendFaults();
  context_->scheduler.After(Duration::Seconds(4), [this, node] {
    node->EndWrongStore();
    node->TakeRefusals();
    operator_errs_ = false;
  });
}

void FaultDriver::UseWrongLog() {
  CoordinatorNode* const node = Pick(all_.coordinators);
  if (operator_errs_ || !node->up() || !node->BeginWrongLog()) return;
  ++counts_.older_logs;
  operator_errs_ = true;
  for (CoordinatorNode* coordinator : all_.coordinators) coordinator->disk()->MendFaults();
  for (StoreProcess* participant : all_.participants) participant->disk()->MendFaults();
  context_->scheduler.After(Duration::Seconds(10), [this, node] {
    node->EndWrongLog();
    operator_errs_ = false;
  });
}

// A right store that is refused, because its name went to another one while nobody remembered, is
// bound again by hand.
void FaultDriver::Operate() {
  for (AgentNode* agent : all_.agents) {
    for (const auto& [host, reason] : agent->TakeRefusals()) {
      if (agent->runs_on_wrong_store()) {
        agent->EndWrongStore();
        break;
      }
      if (reason != Reason::kOtherStore) continue;
      for (CoordinatorNode* coordinator : all_.coordinators) {
        if (coordinator != host) continue;
        ++counts_.names_rebound;
        coordinator->Replace(agent->name(), agent->store_id());
      }
    }
    if (!agent->runs_on_wrong_store()) agent->TakeRefusals();
  }
  context_->scheduler.After(Duration::Millis(kOperatorMs), [this] { Operate(); });
}

void FaultDriver::Heal() {
  context_->healed = true;
  context_->network.Heal();
  const Time now = context_->scheduler.Now();
  for (CoordinatorNode* node : all_.coordinators) {
    node->EndWrongLog();
    node->disk()->MendFaults();
    node->PauseUntil(now);
    node->StartAfter(Duration::Millis(1));
  }
  for (StoreProcess* node : all_.participants) {
    node->EndWrongStore();
    node->disk()->MendFaults();
    node->PauseUntil(now);
    node->StartAfter(Duration::Millis(1));
  }
  for (InitiatorNode* node : all_.initiators) {
    node->PauseUntil(now);
    if (!node->up()) node->Start();
  }
}

}  // namespace assent::simulation
