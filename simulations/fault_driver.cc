#include "simulations/fault_driver.h"

#include <algorithm>
#include <utility>

namespace assent::simulation {
namespace {

// How often the operator looks.
constexpr std::int64_t kOperatorMs = 300;
constexpr Duration kLook = Duration::Millis(20);  // of a rolling restart
constexpr Duration kTryAgain = Duration::Millis(50);

}  // namespace

const std::vector<FaultCountName>& FaultCountNames() {
  static const std::vector<FaultCountName> names = {
      {"coordinator_crashes", &FaultCounts::coordinator_crashes},
      {"participant_crashes", &FaultCounts::participant_crashes},
      {"initiator_crashes", &FaultCounts::initiator_crashes},
      {"recovery_crashes", &FaultCounts::recovery_crashes},
      {"power_losses", &FaultCounts::power_losses},
      {"moves", &FaultCounts::moves},
      {"rolling_restarts", &FaultCounts::rolling_restarts},
      {"pauses", &FaultCounts::pauses},
      {"partitions", &FaultCounts::partitions},
      {"one_way_partitions", &FaultCounts::one_way_partitions},
      {"clock_jumps", &FaultCounts::clock_jumps},
      {"failed_writes", &FaultCounts::failed_writes},
      {"full_disks", &FaultCounts::full_disks},
      {"flipped_bits", &FaultCounts::flipped_bits},
      {"wiped_stores", &FaultCounts::wiped_stores},
      {"older_stores", &FaultCounts::older_stores},
      {"outrunning_stores", &FaultCounts::outrunning_stores},
      {"older_logs", &FaultCounts::older_logs},
      {"names_rebound", &FaultCounts::names_rebound},
      {"refused_ends", &FaultCounts::refused_ends}};
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
  Every(p.rolling_every_ms, &FaultDriver::RollingRestart);
  EveryOnceItCan(p.wrong_store_every_ms, &FaultDriver::UseWrongStore);
  EveryOnceItCan(p.wrong_log_every_ms, &FaultDriver::UseWrongLog);
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

void FaultDriver::EveryOnceItCan(std::int64_t interval_ms, bool (FaultDriver::*fault)()) {
  if (interval_ms == 0) return;
  const Duration wait = Duration::Micros(1 + context_->random.Below(2000 * interval_ms));
  context_->scheduler.After(wait,
                            [this, interval_ms, fault] { TryUntilItCan(interval_ms, fault); });
}

void FaultDriver::TryUntilItCan(std::int64_t interval_ms, bool (FaultDriver::*fault)()) {
  if (context_->healed) return;
  if ((this->*fault)()) return EveryOnceItCan(interval_ms, fault);
  context_->scheduler.After(kTryAgain,
                            [this, interval_ms, fault] { TryUntilItCan(interval_ms, fault); });
}

template <class T>
T* FaultDriver::Pick(const std::vector<T*>& all) {
  if (all.empty()) return nullptr;
  return all[static_cast<std::size_t>(
      context_->random.Below(static_cast<std::int64_t>(all.size())))];
}

void FaultDriver::Happens(std::int64_t FaultCounts::*count, const Process& process,
                          const char* what, Time until, const Process* other) {
  ++(counts_.*count);
  if (!context_->events.Wants(EventKind::kFault)) return;
  Event event;
  event.kind = EventKind::kFault;
  event.who = process.name();
  event.what = what;
  event.until = until;
  if (other != nullptr) event.peer = other->name();
  for (const FaultCountName& name : FaultCountNames()) {
    if (name.count == count) event.fault = name.name;
  }
  context_->events.Add(std::move(event));
}

Process* FaultDriver::AnyProcess() {
  return context_->random.Below(3) == 0 ? Pick(all_.coordinators) : AnyPeer();
}

Process* FaultDriver::AnyPeer() {
  if (context_->random.Below(2) == 0) return Pick(all_.participants);
  return Pick(all_.initiators);
}

FaultDriver::Owner FaultDriver::AnyDisk() {
  if (context_->random.Below(2) == 0) {
    CoordinatorNode* const node = Pick(all_.coordinators);
    return {node, node->disk()};
  }
  StoreProcess* const node = Pick(all_.participants);
  return {node, node->disk()};
}

// ---------------------------------------------------------------------------------------------
// Processes

CrashKind FaultDriver::DrawCrash(const Process& process) {
  const Profile& p = context_->profile;
  CrashKind kind;
  kind.power_loss = context_->random.Chance(p.power_loss_ppm);
  kind.out_of_order = kind.power_loss && context_->random.Chance(p.out_of_order_ppm);
  kind.in_write = context_->random.Chance(p.crash_in_write_ppm);
  if (kind.power_loss) Happens(&FaultCounts::power_losses, process, "the power goes");
  return kind;
}

Duration FaultDriver::DownTime() {
  return context_->random.Between(Duration::Millis(1),
                                  Duration::Millis(1 + 2 * context_->profile.down_ms));
}

// A move leaves its old address to nobody, or to one of the same kind that came there.
template <class T>
void FaultDriver::MaybeMove(T* node, const std::vector<T*>& alike, Duration down) {
  if (context_->healed || !context_->random.Chance(context_->profile.move_ppm)) return;
  Happens(&FaultCounts::moves, *node, "it will come back under another address");
  T* const tenant = Pick(alike);
  const bool is_taken = tenant != node && context_->random.Below(2) == 0;
  const Duration stale = context_->random.Between(Duration(), Duration::Seconds(5));
  context_->network.Move(node, is_taken ? tenant : nullptr,
                         context_->scheduler.Now() + down + stale);
}

void FaultDriver::MaybeMove(CoordinatorNode* node, Duration down) {
  MaybeMove(node, all_.coordinators, down);
}

void FaultDriver::MaybeMove(StoreProcess* node, Duration down) {
  MaybeMove(node, all_.unary, down);
}

// After a crash: it comes back, perhaps elsewhere, perhaps to crash again while it recovers.
template <class T>
void FaultDriver::Restart(T* node) {
  const Duration down = DownTime();
  MaybeMove(node, down);
  node->StartAfter(down);
  MaybeCrashAgain(node, down);
}

template <class T>
void FaultDriver::MaybeCrashAgain(T* node, Duration down) {
  if (!context_->random.Chance(context_->profile.crash_in_recovery_ppm)) return;
  // While it opens its links again, or when work has come back.
  const std::int64_t most_ms = context_->random.Below(2) == 0 ? 20 : 1'500;
  const Duration soon = context_->random.Between(Duration(), Duration::Millis(most_ms));
  context_->scheduler.After(down + soon, [this, node] {
    if (operator_errs() || context_->healed || !node->up()) return;
    Happens(&FaultCounts::recovery_crashes, *node, "a crash soon after the start");
    CrashKind kind = DrawCrash(*node);
    kind.in_recovery = true;
    node->Crash(kind);
    node->StartAfter(DownTime());
  });
}

void FaultDriver::CrashCoordinator() {
  CoordinatorNode* const node = Pick(all_.coordinators);
  if (operator_errs() || !node->up()) return;
  Happens(&FaultCounts::coordinator_crashes, *node, "a crash");
  node->Crash(DrawCrash(*node));
  const bool keep = context_->random.Below(2) == 0 && context_->profile.wrong_log_every_ms > 0;
  if (keep && !node->disk()->is_damaged()) node->disk()->KeepCopy();
  Restart(node);
}

void FaultDriver::CrashParticipant() {
  StoreProcess* const node = Pick(all_.participants);
  if (is_wrong_log_used_ || node == on_wrong_store_ || !node->up()) return;
  Happens(&FaultCounts::participant_crashes, *node, "a crash");
  node->Crash(DrawCrash(*node));
  const bool keep = context_->random.Below(2) == 0 && context_->profile.wrong_store_every_ms > 0;
  if (keep) node->KeepCopy();
  Restart(node);
}

void FaultDriver::CrashInitiator() {
  InitiatorNode* const node = Pick(all_.initiators);
  if (!node->up()) return;
  Happens(&FaultCounts::initiator_crashes, *node, "a crash");
  node->Crash();
  context_->scheduler.After(DownTime(), [node] {
    if (!node->up()) node->Start();
  });
}

void FaultDriver::Pause() {
  Process* const process = AnyProcess();
  if (!process->up()) return;
  const Time until =
      context_->scheduler.Now() +
      context_->random.Between(Duration(), Duration::Millis(2 * context_->profile.pause_ms));
  Happens(&FaultCounts::pauses, *process, "a pause", until);
  process->PauseUntil(until);
}

void FaultDriver::JumpClock() {
  Process* const process = AnyProcess();
  if (!process->up()) return;
  Happens(&FaultCounts::clock_jumps, *process, "its clock jumps ahead");
  process->JumpClock(context_->random.Between(Duration(), Duration::Seconds(60)));
}

// All coordinators, then all participants, one after the other: each is stopped in order, comes
// back, and only then the next one is.
void FaultDriver::RollingRestart() {
  if (is_rolling_ || operator_errs()) return;
  Happens(&FaultCounts::rolling_restarts, *all_.coordinators.front(), "a rolling restart begins");
  is_rolling_ = true;
  RollOn(0);
}

void FaultDriver::RollOn(std::size_t next) {
  const std::size_t coordinators = all_.coordinators.size();
  const bool is_over = next == coordinators + all_.participants.size();
  if (is_over || context_->healed || operator_errs()) {
    is_rolling_ = false;
    return;
  }
  if (next < coordinators) {
    all_.coordinators[next]->Drain();
    AwaitStopped(all_.coordinators[next], next);
  } else {
    all_.participants[next - coordinators]->Stop();
    AwaitStopped(all_.participants[next - coordinators], next);
  }
}

template <class T>
void FaultDriver::AwaitStopped(T* node, std::size_t next) {
  context_->scheduler.After(kLook, [this, node, next, life = node->life()] {
    if (context_->healed) return;
    if (node->up() && node->life() == life) return AwaitStopped(node, next);
    if (!node->up()) Restart(node);
    AwaitBack(node, next);
  });
}

void FaultDriver::AwaitBack(const Process* node, std::size_t next) {
  context_->scheduler.After(kLook, [this, node, next] {
    if (node->up() || context_->healed) return RollOn(next + 1);
    AwaitBack(node, next);
  });
}

// ---------------------------------------------------------------------------------------------
// Network

void FaultDriver::Partition() {
  const Process* const a = Pick(all_.coordinators);
  const Process* const b = AnyPeer();
  const Time until =
      context_->scheduler.Now() +
      context_->random.Between(Duration(), Duration::Millis(2 * context_->profile.partition_ms));
  const bool one_way = context_->random.Chance(context_->profile.one_way_ppm);
  const bool forth = context_->random.Below(2) == 0;
  if (one_way) {
    const char* const what = "nothing gets through, in this direction";
    Happens(&FaultCounts::one_way_partitions, forth ? *a : *b, what, until, forth ? b : a);
  } else {
    Happens(&FaultCounts::partitions, *a, "nothing gets through", until, b);
  }
  if (!one_way || forth) context_->network.Cut(a, b, until);
  if (!one_way || !forth) context_->network.Cut(b, a, until);
}

void FaultDriver::Reset() { context_->network.ResetOne(); }

// ---------------------------------------------------------------------------------------------
// Disks

void FaultDriver::FailWrite() {
  const Owner owner = AnyDisk();
  if (operator_errs() || owner.disk->has_pending_fault()) return;
  Happens(&FaultCounts::failed_writes, *owner.process, "its next write will fail");
  owner.disk->FailNextWrite(&context_->random);
}

void FaultDriver::FillDisk() {
  const Owner owner = AnyDisk();
  if (operator_errs() || owner.disk->has_pending_fault() || !owner.disk->Fill()) return;
  Happens(&FaultCounts::full_disks, *owner.process, "its disk is full");
}

// At rest: its process is killed first.
void FaultDriver::FlipBit() {
  if (operator_errs()) return;
  const bool at_coordinator = context_->random.Below(2) == 0;
  CoordinatorNode* const coordinator = at_coordinator ? Pick(all_.coordinators) : nullptr;
  StoreProcess* const participant = at_coordinator ? nullptr : Pick(all_.participants);
  if (at_coordinator ? !coordinator->up() : !participant->up()) return;
  Owner owner;
  if (at_coordinator) {
    coordinator->Crash(CrashKind());
    owner = {coordinator, coordinator->disk()};
    coordinator->StartAfter(DownTime());
  } else {
    participant->Crash(CrashKind());
    owner = {participant, participant->disk()};
    participant->StartAfter(DownTime());
  }
  if (owner.disk->FlipBit(&context_->random)) {
    Happens(&FaultCounts::flipped_bits, *owner.process, "a bit on its disk flips");
  }
}

// ---------------------------------------------------------------------------------------------
// Operators

bool FaultDriver::operator_may_err() const {
  return !operator_errs() &&
         std::none_of(all_.coordinators.begin(), all_.coordinators.end(),
                      [](const CoordinatorNode* node) { return node->is_draining(); });
}

// A coordinator that has just forgotten to whom the name belongs would take any store, and one that
// has not heard of the last starts an older copy.
bool FaultDriver::IsKnownEverywhere(const StoreProcess& node) const {
  const auto is_it = [&node](const ParticipantView& view) {
    return view.name == node.name() && view.attached && view.store == node.store_id() &&
           view.incarnation >= node.incarnation();
  };
  return std::all_of(all_.coordinators.begin(), all_.coordinators.end(),
                     [&is_it](const CoordinatorNode* coordinator) {
                       if (!coordinator->up()) return false;
                       const auto views = coordinator->core()->ListParticipants();
                       return std::any_of(views.begin(), views.end(), is_it);
                     });
}

bool FaultDriver::UseWrongStore() {
  StoreProcess* const node = Pick(all_.participants);
  if (!operator_may_err() || !node->is_attached_everywhere() || !IsKnownEverywhere(*node)) {
    return false;
  }
  const WrongStore kind{context_->random.Below(4) == 0,
                        context_->random.Chance(context_->profile.outrun_ppm)};
  if (!node->BeginWrongStore(kind)) return false;
  Happens(kind.is_empty ? &FaultCounts::wiped_stores : &FaultCounts::older_stores, *node,
          kind.is_empty ? "an operator takes an empty store" : "an operator takes an older copy");
  if (kind.outruns) {
    Happens(&FaultCounts::outrunning_stores, *node, "no coordinator can refuse what he takes");
  }
  on_wrong_store_ = node;
  for (CoordinatorNode* coordinator : all_.coordinators) coordinator->disk()->MendFaults();
  for (StoreProcess* participant : all_.participants) participant->disk()->MendFaults();
  const std::int64_t mean = context_->profile.wrong_store_ms;
  const Duration lasts =
      context_->random.Between(Duration::Millis(mean / 2), Duration::Millis(mean * 3 / 2));
  context_->scheduler.After(lasts, [this, node] {
    node->EndWrongStore();
    on_wrong_store_ = nullptr;
  });
  return true;
}

bool FaultDriver::UseWrongLog() {
  CoordinatorNode* const node = Pick(all_.coordinators);
  if (!operator_may_err() || !node->up() || !node->BeginWrongLog()) return false;
  Happens(&FaultCounts::older_logs, *node, "an operator takes an older copy of the log");
  is_wrong_log_used_ = true;
  for (CoordinatorNode* coordinator : all_.coordinators) coordinator->disk()->MendFaults();
  for (StoreProcess* participant : all_.participants) participant->disk()->MendFaults();
  context_->scheduler.After(Duration::Seconds(10), [this, node] {
    node->EndWrongLog();
    is_wrong_log_used_ = false;
  });
  return true;
}

// A right store that is refused, because its name went to another one while nobody remembered, is
// bound again by hand.
void FaultDriver::Operate() {
  for (AgentNode* agent : all_.agents) {
    for (const auto& [host, reason] : agent->TakeRefusals()) {
      if (reason != Reason::kOtherStore) continue;
      for (CoordinatorNode* coordinator : all_.coordinators) {
        if (coordinator == host) Rebind(coordinator, agent->name());
      }
    }
  }
  for (CoordinatorNode* coordinator : all_.coordinators) {
    for (const auto& [participant, reason] : coordinator->TakeRefused()) {
      if (reason == Reason::kOtherStore) Rebind(coordinator, participant);
    }
  }
  context_->scheduler.After(Duration::Millis(kOperatorMs), [this] { Operate(); });
}

void FaultDriver::Rebind(CoordinatorNode* coordinator, const std::string& participant) {
  for (const StoreProcess* node : all_.participants) {
    if (node->name() != participant || node->runs_on_wrong_store()) continue;
    Happens(&FaultCounts::names_rebound, *node, "an operator binds its name again");
    coordinator->Replace(participant, node->store_id());
  }
}

void FaultDriver::Heal() {
  context_->healed = true;
  context_->network.Heal();
  const Time now = context_->scheduler.Now();
  for (CoordinatorNode* node : all_.coordinators) {
    node->EndWrongLog();
    if (node->is_draining()) node->Crash(CrashKind());
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
