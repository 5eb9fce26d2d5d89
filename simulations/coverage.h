// Which crash points were reached in which states, counted over worlds: the cells of the explorer's
// tables (explorer/coverage.h), for each cause of a crash.
//
// A crash is a scene: what was under way when it came. What became of it is known at the next
// start, and counted then; a start from a repaired disk, or from a wrong one, tells nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/coordinator.h"
#include "core/participant.h"
#include "core/records.h"
#include "simulations/disk_faults.h"
#include "simulations/report/table.h"

namespace assent::simulation {

// What became of what was not durable yet.
enum class Fate : std::uint8_t { kNothing, kLost, kPartlyKept, kKept };

class CrashCoverage {
 public:
  void CountTransaction(CrashCause cause, Fate fate, TransactionState state) {
    ++coordinators_[Index(cause)][Index(fate)][Index(state)];
  }
  void CountBranch(CrashCause cause, Fate fate, LocalBranchState state) {
    ++participants_[Index(cause)][Index(fate)][Index(state)];
  }
  void Add(const CrashCoverage& other);

  // Of coordinators, and of participants, with the reasons why cells cannot be reached.
  std::vector<ReportTable> Tables() const;

 private:
  static constexpr std::size_t kCauses = 4;
  static constexpr std::size_t kFates = 4;
  static constexpr std::size_t kStates = 9;  // by enumerator
  using Counts = std::array<std::array<std::array<std::int64_t, kStates>, kFates>, kCauses>;

  template <class Enum>
  static std::size_t Index(Enum value) {
    return static_cast<std::size_t>(value);
  }

  Counts coordinators_{};
  Counts participants_{};
};

// A crash of a coordinator: the transactions that it knew, and what its log had yet to write.
struct CoordinatorScene {
  CrashCause cause = CrashCause::kKilled;
  std::vector<TransactionState> states;
  LogBatch batch;         // was being written
  bool has_more = false;  // waited behind it
};
// `recovered`: what the log held at the next start.
Fate FateOf(const CoordinatorScene& scene, const RecoveredLog& recovered);

// A crash of a participant: its branches. Of each: whether it had ever been prepared, and whether
// its store had been asked to commit it or to roll it back. It has not while a call is running, or
// until it is asked again for what it could not do.
struct ParticipantScene {
  struct Branch {
    TransactionId id;
    LocalBranchState state = LocalBranchState::kActive;
    bool was_prepared = false;
    bool is_ending = false;
  };
  CrashCause cause = CrashCause::kKilled;
  std::vector<Branch> branches;
};
// `is_prepared`: the next start found it so.
Fate FateOf(const ParticipantScene::Branch& branch, bool is_prepared);

// Cells of `table` that are empty without a reason: "row, column".
std::vector<std::string> GapsIn(const ReportTable& table);

}  // namespace assent::simulation
