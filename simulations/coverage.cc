#include "simulations/coverage.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace assent::simulation {
namespace {

constexpr CrashCause kAllCauses[] = {CrashCause::kKilled, CrashCause::kPowerLost,
                                     CrashCause::kWriteFailed, CrashCause::kInRecovery};
constexpr const char* kCauseNames[] = {"killed", "power lost", "write failed", "in recovery"};
constexpr const char* kLogFates[] = {"nothing unsynced", "unsynced lost", "a part kept",
                                     "unsynced kept"};
constexpr const char* kWorkFates[] = {"no work under way", "work lost", "", "work durable"};

constexpr TransactionState kTransactionStates[] = {
    TransactionState::kActive,     TransactionState::kPreparing, TransactionState::kDeciding,
    TransactionState::kCommitting, TransactionState::kCommitted, TransactionState::kAborted};
constexpr const char* kTransactionStateNames[] = {"ACTIVE",     "PREPARING", "DECIDING",
                                                  "COMMITTING", "COMMITTED", "ABORTED"};
constexpr LocalBranchState kBranchStates[] = {
    LocalBranchState::kActive, LocalBranchState::kPreparing, LocalBranchState::kPrepared,
    LocalBranchState::kCommitting, LocalBranchState::kAborting};
constexpr const char* kBranchStateNames[] = {"ACTIVE", "PREPARING", "PREPARED", "COMMITTING",
                                             "ABORTING"};

// Why a cell cannot be reached; empty if it can.
std::string WhyNot(CrashCause cause, Fate fate, TransactionState state) {
  if (fate != Fate::kNothing) return "";
  if (cause == CrashCause::kWriteFailed) return "something was being written";
  return state == TransactionState::kDeciding ? "its record is unsynced (C-I2)" : "";
}

std::string WhyNot(Fate fate, LocalBranchState state) {
  using S = LocalBranchState;
  const bool waits = state == S::kActive || state == S::kPrepared;
  if (waits && fate != Fate::kNothing) return "no work of it is under way (P-I4)";
  if (state == S::kPreparing && fate == Fate::kNothing) return "its work is under way (P-I4)";
  return "";
}

bool Holds(const RecoveredLog& log, const DecisionRecord& record) {
  return std::any_of(log.decisions.begin(), log.decisions.end(),
                     [&](const RecoveredDecision& one) { return one.record == record; });
}

struct IsIn {
  const RecoveredLog& log;

  bool operator()(const AcknowledgedUpdate& update) const {
    return std::none_of(log.decisions.begin(), log.decisions.end(), [&](const auto& one) {
      return one.record.id == update.id && (update.branches & ~one.acknowledged) != 0;
    });
  }
  bool operator()(const RemovalUpdate& update) const { return log.horizon >= update.horizon; }
  bool operator()(const BindingUpdate& update) const {
    return std::find(log.bindings.begin(), log.bindings.end(), update) != log.bindings.end();
  }
  bool operator()(const SupersededUpdate&) const { return false; }
};

void AddRow(std::string name, std::vector<std::int64_t> counts, std::vector<std::string> reasons,
            ReportTable* table) {
  const std::size_t row = table->rows.size();
  table->rows.push_back(std::move(name));
  for (std::size_t column = 0; column < reasons.size(); ++column) {
    if (!reasons[column].empty()) table->reasons.push_back({{row, column}, reasons[column]});
  }
  table->counts.push_back(std::move(counts));
}

}  // namespace

void CrashCoverage::Add(const CrashCoverage& other) {
  for (std::size_t cause = 0; cause < kCauses; ++cause) {
    for (std::size_t fate = 0; fate < kFates; ++fate) {
      for (std::size_t state = 0; state < kStates; ++state) {
        coordinators_[cause][fate][state] += other.coordinators_[cause][fate][state];
        participants_[cause][fate][state] += other.participants_[cause][fate][state];
      }
    }
  }
}

std::vector<ReportTable> CrashCoverage::Tables() const {
  ReportTable logs{"Crashes of coordinators",
                   "Transactions that it knew, by state and by what became of what was unsynced.",
                   {},
                   {std::begin(kTransactionStateNames), std::end(kTransactionStateNames)},
                   {},
                   {}};
  ReportTable stores{"Crashes of participants",
                     "Branches that it had, by state and by what became of the work under way.",
                     {},
                     {std::begin(kBranchStateNames), std::end(kBranchStateNames)},
                     {},
                     {}};
  for (const CrashCause cause : kAllCauses) {
    for (const Fate fate : {Fate::kNothing, Fate::kLost, Fate::kPartlyKept, Fate::kKept}) {
      const std::string name = std::string(kCauseNames[Index(cause)]) + ", ";
      std::vector<std::int64_t> counts;
      std::vector<std::string> reasons;
      for (const TransactionState state : kTransactionStates) {
        counts.push_back(coordinators_[Index(cause)][Index(fate)][Index(state)]);
        reasons.push_back(WhyNot(cause, fate, state));
      }
      AddRow(name + kLogFates[Index(fate)], std::move(counts), std::move(reasons), &logs);
      if (fate == Fate::kPartlyKept) continue;  // a branch's work is done or not
      counts.clear();
      reasons.clear();
      for (const LocalBranchState state : kBranchStates) {
        counts.push_back(participants_[Index(cause)][Index(fate)][Index(state)]);
        reasons.push_back(WhyNot(fate, state));
      }
      AddRow(name + kWorkFates[Index(fate)], std::move(counts), std::move(reasons), &stores);
    }
  }
  return {std::move(logs), std::move(stores)};
}

Fate FateOf(const CoordinatorScene& scene, const RecoveredLog& recovered) {
  const LogBatch& batch = scene.batch;
  if (batch.empty()) return scene.has_more ? Fate::kLost : Fate::kNothing;
  const bool is_kept = batch.decisions.empty() ? std::visit(IsIn{recovered}, batch.updates.front())
                                               : Holds(recovered, batch.decisions.front());
  if (!is_kept) return Fate::kLost;
  return scene.has_more ? Fate::kPartlyKept : Fate::kKept;
}

Fate FateOf(const ParticipantScene::Branch& branch, bool is_prepared) {
  switch (branch.state) {
    case LocalBranchState::kPreparing:
      return is_prepared ? Fate::kKept : Fate::kLost;
    case LocalBranchState::kCommitting:
      if (!branch.is_ending) return Fate::kNothing;
      return is_prepared ? Fate::kLost : Fate::kKept;
    case LocalBranchState::kAborting:
      if (!branch.is_ending) return Fate::kNothing;
      return branch.was_prepared && !is_prepared ? Fate::kKept : Fate::kLost;
    case LocalBranchState::kActive:
    case LocalBranchState::kPrepared:
    case LocalBranchState::kReadOnly:
    case LocalBranchState::kCommitted:
    case LocalBranchState::kAborted:
      return Fate::kNothing;
  }
  return Fate::kNothing;
}

std::vector<std::string> GapsIn(const ReportTable& table) {
  std::vector<std::string> gaps;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      const std::pair<std::size_t, std::size_t> cell(row, column);
      const bool is_excused = std::any_of(table.reasons.begin(), table.reasons.end(),
                                          [&](const auto& one) { return one.first == cell; });
      if (table.counts[row][column] > 0 || is_excused) continue;
      gaps.push_back(table.rows[row] + ", " + table.columns[column]);
    }
  }
  return gaps;
}

}  // namespace assent::simulation
