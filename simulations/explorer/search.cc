#include "simulations/explorer/search.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "simulations/explorer/words.h"

namespace assent::explorer {
namespace {

// Rounds of timers after which the healed world must have finished.
constexpr int kRounds = 30;
constexpr std::size_t kFirstTable = 1 << 16;

}  // namespace

std::size_t WorldStateHash::operator()(const WorldState& state) const {
  std::array<std::uint32_t, sizeof(WorldState) / 4> words;
  std::memcpy(words.data(), &state, sizeof(state));
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  for (const std::uint32_t word : words) {
    hash = (hash ^ word) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  return hash;
}

Report Search::Run() {
  report_.name = world_.bounds().name;
  report_.held = true;
  report_.complete = true;
  table_.assign(kFirstTable, 0);
  Insert(world_.Initial(), 0, {});
  std::uint64_t level_ends = 1;
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    if (node == level_ends) {
      ++report_.depth;
      level_ends = nodes_.size();
    }
    if (!Visit(node)) break;
  }
  report_.states = nodes_.size();
  report_.coordinator_states = world_.coordinator_states();
  report_.participant_states = world_.participant_states();
  report_.core_steps = world_.core_steps();
  report_.coverage = coverage_.Cells();
  return std::move(report_);
}

bool Search::Visit(std::uint32_t node) {
  current_node_ = node;
  const WorldState state = nodes_[node].state;
  std::vector<Action> actions;
  world_.EnumerateNatural(state, &actions);
  if (actions.empty() && !Heal(node)) return false;
  actions.clear();
  world_.Enumerate(state, &actions);
  for (const Action action : actions) {
    current_action_ = action;
    coverage_.Note(world_, state, action);
    Effects effects;
    const WorldState next = world_.Apply(state, action, &effects);
    current_action_.reset();
    ++report_.transitions;
    report_.committed += static_cast<std::uint64_t>(effects.committed);
    report_.aborted += static_cast<std::uint64_t>(effects.aborted);
    if (!effects.breach) effects.breach = world_.Check(next);
    if (effects.breach) {
      Fail(*effects.breach, node, {action});
      return false;
    }
    if (!Insert(next, node, action)) {
      report_.complete = false;
      return false;
    }
  }
  return true;
}

bool Search::Insert(const WorldState& state, std::uint32_t parent, Action action) {
  if (nodes_.size() * 2 >= table_.size()) Grow();
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = WorldStateHash()(state) & mask;; at = (at + 1) & mask) {
    if (table_[at] == 0) {
      if (nodes_.size() >= world_.bounds().max_states) return false;
      nodes_.push_back({state, parent, action});
      table_[at] = static_cast<std::uint32_t>(nodes_.size());
      return true;
    }
    if (nodes_[table_[at] - 1].state == state) return true;
  }
}

void Search::Grow() {
  table_.assign(table_.size() * 2, 0);
  const std::size_t mask = table_.size() - 1;
  for (std::uint32_t number = 1; number <= nodes_.size(); ++number) {
    std::size_t at = WorldStateHash()(nodes_[number - 1].state) & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = number;
  }
}

bool Search::Heal(std::uint32_t node) {
  WorldState state = nodes_[node].state;
  if (world_.NeedsPerson(state)) return true;
  // What it has gone through does not matter for what it can still do.
  std::memset(state.faults, 0, sizeof(state.faults));
  state.ticks = state.long_ticks = 0;
  if (!healed_.insert(state).second) return true;
  ++report_.quiet_states;
  healing_.clear();
  std::optional<Breach> breach;
  for (int round = 0; round < kRounds && !breach && !Finished(state); ++round) {
    state.ticks = 0;
    breach = TickAll(&state);
    if (!breach) breach = RunNatural(&state);
  }
  if (!breach && !Finished(state)) {
    breach = Breach{"P5 (live)",
                    "all faults have healed, all messages have arrived and all timers have fired " +
                        std::to_string(kRounds) + " times",
                    Unfinished(state)};
  }
  if (!breach) breach = world_.CheckFinished(state);
  if (breach) Fail(*breach, node, healing_);
  healing_.clear();
  return !breach;
}

std::optional<Breach> Search::Act(WorldState* state, Action action) {
  healing_.push_back(action);
  current_action_ = action;
  Effects effects;
  *state = world_.Apply(*state, action, &effects);
  current_action_.reset();
  return effects.breach ? effects.breach : world_.Check(*state);
}

std::optional<Breach> Search::TickAll(WorldState* state) {
  if (world_.FactsOfCoordinator(*state).up && world_.FactsOfCoordinator(*state).short_timer) {
    if (auto breach = Act(state, {Action::kTickCoordinator})) return breach;
  }
  for (std::uint8_t p = 0; p < world_.bounds().participants; ++p) {
    const auto& facts = world_.FactsOfParticipant(*state, p);
    if (!facts.up || !facts.short_timer) continue;
    if (auto breach = Act(state, {Action::kTickParticipant, p})) return breach;
  }
  return std::nullopt;
}

std::optional<Breach> Search::RunNatural(WorldState* state) {
  for (;;) {
    natural_.clear();
    world_.EnumerateNatural(*state, &natural_);
    if (natural_.empty()) return std::nullopt;
    if (auto breach = Act(state, natural_.front())) return breach;
  }
}

bool Search::Finished(const WorldState& state) const {
  if (!world_.FactsOfCoordinator(state).settled) return false;
  for (int p = 0; p < world_.bounds().participants; ++p) {
    if (!world_.FactsOfParticipant(state, p).settled) return false;
  }
  return true;
}

std::string Search::Unfinished(const WorldState& state) const {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (const auto& transaction : world_.FactsOfCoordinator(state).transactions) {
    add(Words(transaction.id) + " is " + Words(transaction.state) + " at the coordinator");
  }
  for (int p = 0; p < world_.bounds().participants; ++p) {
    for (const auto& branch : world_.FactsOfParticipant(state, p).branches) {
      add(Words(branch.id) + " is still " + Words(branch.state) + " at " + NameOfParticipant(p));
    }
  }
  return text.empty() ? "something is still under way" : text;
}

void Search::Fail(const Breach& breach, std::uint32_t node, const std::vector<Action>& more) {
  report_.held = false;
  report_.complete = false;
  report_.violation = {breach.promise, breach.first, breach.second, Narrate(node, more, false)};
}

std::vector<std::string> Search::Narrate(std::uint32_t node, const std::vector<Action>& more,
                                         bool last_may_fail) {
  std::vector<Action> actions;
  for (std::uint32_t at = node; at != 0; at = nodes_[at].parent) {
    actions.push_back(nodes_[at].action);
  }
  std::reverse(actions.begin(), actions.end());
  actions.insert(actions.end(), more.begin(), more.end());
  WorldState state = nodes_[0].state;
  std::vector<std::string> path;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    path.push_back(std::to_string(i + 1) + ". " + world_.Describe(state, actions[i]));
    if (last_may_fail && i + 1 == actions.size()) break;
    Effects effects;
    std::vector<std::string> log;
    effects.log = &log;
    state = world_.Apply(state, actions[i], &effects);
    for (std::string& line : log) path.push_back("     " + std::move(line));
  }
  return path;
}

std::vector<std::string> Search::PathOfCurrentStep() {
  if (!current_action_) return {};
  const std::vector<Action> one = {*current_action_};
  return Narrate(current_node_, healing_.empty() ? one : healing_, true);
}

}  // namespace assent::explorer
