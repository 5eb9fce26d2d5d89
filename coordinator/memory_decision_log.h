// The decision log in memory: for tests, simulations and `assent dev` without a directory.
//
// A MemoryLogDisk outlives the logs opened on it. It keeps apart what was synced and what was not,
// and forgets the latter on request, so that a test can pull the plug. Contract: decision_log.h.
// Open fails with kLocked while another log is open on the disk.
//
// Threads: one at a time, disk and log together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/decision_log.h"
#include "core/ids.h"
#include "core/records.h"

namespace assent {

class MemoryLogDisk {
 public:
  // What a disk does to the next Write.
  enum class Fault {
    kNone,
    kFailBefore,    // fails; nothing of the batch is kept
    kFailUnsynced,  // fails; all of the batch is kept, and a power loss may take it
    kFailAfter,     // fails; all of the batch is durable
  };

  // What was written without sync is lost, but for the first `kept` such batches. Call it when no
  // log is open.
  void LosePower(std::size_t kept = 0);
  void SetFault(Fault fault) { fault_ = fault; }

  std::size_t unsynced_batches() const { return unsynced_.size(); }
  std::uint64_t syncs() const { return syncs_; }

 private:
  friend class MemoryDecisionLog;

  struct Image {
    std::map<Sequence, RecoveredDecision> decisions;
    std::map<std::string, BindingUpdate> bindings;
    Sequence horizon;
    std::uint64_t last_number = 0;
    std::string superseded;
    bool is_superseded = false;

    void Apply(const LogBatch& batch);
    void Apply(const LogUpdate& update);
  };

  void Keep(const LogBatch& batch, bool sync);

  bool created_ = false;
  bool open_ = false;
  CoordinatorId coordinator_;
  Epoch epoch_ = 0;
  Image synced_;
  std::vector<LogBatch> unsynced_;
  std::uint64_t syncs_ = 0;
  Fault fault_ = Fault::kNone;
};

class MemoryDecisionLog : public DecisionLog {
 public:
  static storage::Status Create(MemoryLogDisk* disk, const CoordinatorId& coordinator);
  // `disk` must outlive the log. `expected` empty: any coordinator's.
  static storage::Status Open(MemoryLogDisk* disk, const CoordinatorId& expected,
                              std::unique_ptr<MemoryDecisionLog>* log);
  ~MemoryDecisionLog() override;

  RecoveredLog TakeRecovered() override;
  storage::Status Write(const LogBatch& batch) override;

 private:
  explicit MemoryDecisionLog(MemoryLogDisk* disk) : disk_(disk) {}

  MemoryLogDisk* const disk_;
  storage::Status failure_;
};

}  // namespace assent
