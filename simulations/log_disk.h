// What a coordinator's process leaves behind when it dies: the disk of its decision log, in memory
// or under LevelDB.
#pragma once

#include <memory>

#include "coordinator/decision_log.h"
#include "core/ids.h"
#include "simulations/disk_faults.h"
#include "storage/status.h"

namespace assent::simulation {

class LogDisk : public FaultyDisk {
 public:
  virtual storage::Status Open(std::unique_ptr<DecisionLog>* log) = 0;

  // The process dies. `in_flight`, which may be null, was about to be written.
  virtual void Crash(std::unique_ptr<DecisionLog> log, const LogBatch* in_flight,
                     const CrashKind& kind, Random* random) = 0;
};

std::unique_ptr<LogDisk> MakeMemoryLogDisk(const CoordinatorId& coordinator);
std::unique_ptr<LogDisk> MakeLevelDbLogDisk(const CoordinatorId& coordinator);

}  // namespace assent::simulation
