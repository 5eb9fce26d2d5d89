#include "simulations/explorer/coverage.h"

#include "simulations/explorer/words.h"

namespace assent::explorer {
namespace {

const char* const kFateOfLog[] = {"nothing unsynced", "unsynced effects lost",
                                  "unsynced effects survive"};
const char* const kFateOfWork[] = {"resource manager idle", "work under way lost",
                                   "work under way durable"};

// Why a cell cannot be reached; empty if it can.
std::string WhyNot(const std::string& process, std::size_t fate, const std::string& state) {
  if (process == "coordinator") {
    if (state == "DECIDING" && fate == 0) return "DECIDING is while its record is unsynced (C-I2)";
    return "";
  }
  if (process == "failed sync") return fate == 0 ? "nothing was being synced" : "";
  if (state == "PREPARING") return fate == 0 ? "PREPARING is while work is under way (P-I4)" : "";
  const bool waits = state == "not there" || state == "ACTIVE" || state == "PREPARED";
  return waits && fate != 0 ? "no work of the branch is under way (P-I4)" : "";
}

template <typename State, typename Table>
void AddCells(const std::string& process, const char* const* fates, const Table& table,
              const std::vector<State>& states, std::vector<CoverageCell>* cells) {
  for (std::size_t fate = 0; fate < table.size(); ++fate) {
    cells->push_back({process + ": " + fates[fate], "not there", table[fate][0],
                      WhyNot(process, fate, "not there")});
    for (const State state : states) {
      const auto column = static_cast<std::size_t>(state);
      cells->push_back({process + ": " + fates[fate], Words(state), table[fate][column],
                        WhyNot(process, fate, Words(state))});
    }
  }
}

}  // namespace

void Coverage::Note(const World& world, const WorldState& state, Action action) {
  if (action.kind == Action::kCrashCoordinator || action.kind == Action::kFailLog) {
    NoteCoordinator(world, state, action);
  } else if (action.kind == Action::kCrashParticipant) {
    NoteParticipant(world, state, action);
  }
}

void Coverage::NoteCoordinator(const World& world, const WorldState& state, Action action) {
  const auto& facts = world.FactsOfCoordinator(state);
  const Fate fate = facts.unsynced == 0 ? kNothing : action.a < facts.unsynced ? kLost : kKept;
  auto& row = (action.kind == Action::kFailLog ? log_failures_ : crashes_)[fate];
  for (int slot = 0; slot < world.bounds().transactions; ++slot) {
    std::size_t column = 0;
    for (const auto& transaction : facts.transactions) {
      if (transaction.id != World::IdOf(state.slots[slot])) continue;
      column = static_cast<std::size_t>(transaction.state);
    }
    ++row[column];
  }
}

void Coverage::NoteParticipant(const World& world, const WorldState& state, Action action) {
  const auto& facts = world.FactsOfParticipant(state, action.participant);
  for (int slot = 0; slot < world.bounds().transactions; ++slot) {
    const Sequence id = World::IdOf(state.slots[slot]);
    std::size_t column = 0;
    for (const auto& branch : facts.branches) {
      if (branch.id == id) column = static_cast<std::size_t>(branch.state);
    }
    Fate fate = kNothing;
    for (std::size_t i = 0; i < facts.work.size(); ++i) {
      if (facts.work[i].id == id) fate = (action.a >> i & 1) != 0 ? kKept : kLost;
    }
    ++participants_[fate][column];
  }
}

std::vector<CoverageCell> Coverage::Cells() const {
  using enum LocalBranchState;
  const std::vector<TransactionState> transactions = {
      TransactionState::kActive,     TransactionState::kPreparing, TransactionState::kDeciding,
      TransactionState::kCommitting, TransactionState::kCommitted, TransactionState::kAborted};
  const std::vector<LocalBranchState> branches = {kActive, kPreparing, kPrepared, kCommitting,
                                                  kAborting};
  std::vector<CoverageCell> cells;
  AddCells("coordinator", kFateOfLog, crashes_, transactions, &cells);
  AddCells("failed sync", kFateOfLog, log_failures_, transactions, &cells);
  AddCells("participant", kFateOfWork, participants_, branches, &cells);
  return cells;
}

}  // namespace assent::explorer
