// Lets a world's faults happen, as often as its profile says, until it is told to stop; and plays
// the operator, who undoes operators' errors and binds names again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "simulations/agent_node.h"
#include "simulations/context.h"
#include "simulations/coordinator_node.h"
#include "simulations/initiator_node.h"
#include "simulations/store_process.h"

namespace assent::simulation {

// How often each fault really happened. A fault that never happens in many worlds is a defect.
struct FaultCounts {
  std::int64_t coordinator_crashes = 0;
  std::int64_t participant_crashes = 0;
  std::int64_t initiator_crashes = 0;
  std::int64_t recovery_crashes = 0;  // of those
  std::int64_t power_losses = 0;
  std::int64_t moves = 0;
  std::int64_t rolling_restarts = 0;
  std::int64_t pauses = 0;
  std::int64_t partitions = 0;
  std::int64_t one_way_partitions = 0;
  std::int64_t clock_jumps = 0;
  std::int64_t failed_writes = 0;
  std::int64_t full_disks = 0;
  std::int64_t flipped_bits = 0;
  std::int64_t wiped_stores = 0;
  std::int64_t older_stores = 0;
  std::int64_t outrunning_stores = 0;  // of both
  std::int64_t older_logs = 0;
  std::int64_t names_rebound = 0;
  std::int64_t refused_ends = 0;  // counted by the processes themselves
};

struct FaultCountName {
  const char* name;
  std::int64_t FaultCounts::*count;
};
const std::vector<FaultCountName>& FaultCountNames();

// Whom faults befall. All must outlive the driver.
struct Population {
  std::vector<CoordinatorNode*> coordinators;
  std::vector<StoreProcess*> participants;
  std::vector<AgentNode*> agents;    // of the participants
  std::vector<StoreProcess*> unary;  // the others
  std::vector<InitiatorNode*> initiators;
};

class FaultDriver {
 public:
  FaultDriver(Context* context, Population population);

  void Start();
  // No fault from now on; what is broken is mended, what is down comes up.
  void Heal();

  const FaultCounts& counts() const { return counts_; }

 private:
  void Every(std::int64_t interval_ms, void (FaultDriver::*fault)());
  // The same of what cannot happen at all times: then it is tried again soon.
  void EveryOnceItCan(std::int64_t interval_ms, bool (FaultDriver::*fault)());
  void TryUntilItCan(std::int64_t interval_ms, bool (FaultDriver::*fault)());
  void CrashCoordinator();
  void CrashParticipant();
  void CrashInitiator();
  void Pause();
  void Partition();
  void Reset();
  void JumpClock();
  void FailWrite();
  void FillDisk();
  void FlipBit();
  void RollingRestart();
  // False if that cannot be done now.
  bool UseWrongStore();
  bool UseWrongLog();
  bool IsKnownEverywhere(const StoreProcess& node) const;
  void Operate();
  void Rebind(CoordinatorNode* coordinator, const std::string& participant);
  // No error is under way, and no coordinator is about to end, which would forget who is right.
  bool operator_may_err() const;
  bool operator_errs() const { return on_wrong_store_ != nullptr || is_wrong_log_used_; }

  // Counts a fault that befalls `process`, and records it. `until`: of one that lasts; `other`: of
  // one between two.
  void Happens(std::int64_t FaultCounts::*count, const Process& process, const char* what,
               Time until = Time(), const Process* other = nullptr);
  CrashKind DrawCrash(const Process& process);
  Duration DownTime();
  // Perhaps the process, which is down for so long, comes back under another address.
  void MaybeMove(CoordinatorNode* node, Duration down);
  void MaybeMove(StoreProcess* node, Duration down);
  template <class T>
  void MaybeMove(T* node, const std::vector<T*>& alike, Duration down);
  template <class T>
  void Restart(T* node);
  template <class T>
  void MaybeCrashAgain(T* node, Duration down);
  // Of a rolling restart: stops the next process of all; waits until it has stopped, and is back.
  void RollOn(std::size_t next);
  template <class T>
  void AwaitStopped(T* node, std::size_t next);
  void AwaitBack(const Process* node, std::size_t next);
  Process* AnyProcess();
  // One that talks with coordinators; these do not with each other.
  Process* AnyPeer();
  // A process with a disk, and its disk.
  struct Owner {
    Process* process = nullptr;
    FaultyDisk* disk = nullptr;
  };
  Owner AnyDisk();
  template <class T>
  T* Pick(const std::vector<T*>& all);

  Context* const context_;
  const Population all_;
  FaultCounts counts_;
  // While an operator's error is under way nothing else happens to its process, to coordinators and
  // to disks: its damage is told apart from theirs, and nobody forgets which store or log is right.
  StoreProcess* on_wrong_store_ = nullptr;
  bool is_wrong_log_used_ = false;
  bool is_rolling_ = false;
};

}  // namespace assent::simulation
