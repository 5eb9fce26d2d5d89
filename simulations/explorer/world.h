// A small world: one coordinator, its participants, the links between them and the initiators.
// Says what may happen in a state, does it, and checks the promises.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulations/explorer/automaton.h"
#include "simulations/explorer/coordinator_process.h"
#include "simulations/explorer/explorer.h"
#include "simulations/explorer/lists.h"
#include "simulations/explorer/participant_process.h"
#include "simulations/explorer/state.h"

namespace assent::explorer {

struct Breach {
  std::string promise;
  std::string first;
  std::string second;
};

// What one action did, beside the state that follows.
struct Effects {
  std::optional<Breach> breach;
  int committed = 0;  // initiators that were told so
  int aborted = 0;
  std::vector<std::string>* log = nullptr;  // if set: what it did, in words
};

class World {
 public:
  using CoordinatorFacts = CoordinatorProcess::Facts;
  using ParticipantFacts = ParticipantProcess::Facts;

  explicit World(const Bounds& bounds);

  // All are attached, and the transactions that are not begun by an action are begun.
  WorldState Initial();

  // world_actions.cc: what may happen, within the bounds.
  void Enumerate(const WorldState& state, std::vector<Action>* actions) const;
  // Only what happens by itself.
  void EnumerateNatural(const WorldState& state, std::vector<Action>* actions) const;

  // world_steps.cc
  WorldState Apply(const WorldState& state, Action action, Effects* effects);

  // promises.cc: of one state; and of one in which nothing is left to do.
  std::optional<Breach> Check(const WorldState& state) const;
  std::optional<Breach> CheckFinished(const WorldState& state) const;
  // Whether a person is needed: somebody was refused for good.
  bool NeedsPerson(const WorldState& state) const;

  // world_words.cc
  std::string Describe(const WorldState& state, Action action) const;
  std::string DescribeFault(const WorldState& state, Action action) const;

  const Bounds& bounds() const { return bounds_; }
  const CoordinatorFacts& FactsOfCoordinator(const WorldState& state) const {
    return coordinators_.FactsOf(state.coordinator);
  }
  const ParticipantFacts& FactsOfParticipant(const WorldState& state, int participant) const {
    return participants_.FactsOf(state.participants[participant]);
  }
  static Sequence IdOf(const Slot& slot) { return {slot.epoch, slot.number}; }

  std::uint64_t coordinator_states() const { return coordinators_.size(); }
  std::uint64_t participant_states() const { return participants_.size(); }
  std::uint64_t core_steps() const { return coordinators_.steps() + participants_.steps(); }

 private:
  // world_actions.cc
  void EnumerateCoordinator(const WorldState& state, std::vector<Action>* actions) const;
  void EnumerateParticipant(const WorldState& state, int p, std::vector<Action>* actions) const;
  void EnumerateLink(const WorldState& state, int p, std::vector<Action>* actions) const;
  void EnumerateInitiators(const WorldState& state, std::vector<Action>* actions) const;
  void EnumerateTime(const WorldState& state, std::vector<Action>* actions) const;
  void EnumerateFaults(const WorldState& state, std::vector<Action>* actions) const;
  void EnumerateStrays(const WorldState& state, int p, std::vector<Action>* actions) const;
  void EnumerateCrashes(const WorldState& state, int p, std::vector<Action>* actions) const;
  bool MayFail(const WorldState& state, Fault fault, int limit) const;
  bool MayCommit(const WorldState& state, int slot) const;

  // world_steps.cc; each works on state_.
  void Perform(Action action);
  void PerformFault(Action action);
  void PerformRequest(Action action);
  InitiatorRequest MakeRequest(const WorldState& state, Action action) const;
  void Connect(int p);
  void Deliver(int p, bool old);
  void GoAstray(Action action);
  void DeliverStray(int p, bool up);
  void DeliverDown(int p);
  void NoticeEnd(int p, bool old);
  void Detach(int p);
  void LeaveBehind(int p);
  void LoseCoordinator();
  void CrashParticipant(int p, Input input);
  void BeginCall(int p, int slot);
  void SettleCall(int p, const ParticipantProcess::Output& output);
  void AnswerCall(Calls* calls);
  void StepCoordinator(Input input);
  void StepParticipant(int p, Input input);
  void Take(const CoordinatorProcess::Output& output);
  void Take(int p, const ParticipantProcess::Output& output);
  void TakeReply(int slot, const InitiatorReply& reply);
  void TakeOutcome(Slot* slot, const OutcomeReply& reply);
  void Breaks(std::string promise, std::string first, std::string second);
  void Say(std::string text);

  // promises.cc
  std::optional<Breach> CheckSlot(const WorldState& state, int slot) const;
  const CoordinatorProcess::DecisionFact* DecisionOf(const WorldState& state, Sequence id) const;

  const Bounds bounds_;
  mutable Shared shared_;
  Automaton<CoordinatorProcess> coordinators_;
  Automaton<ParticipantProcess> participants_;
  Lists lists_;

  WorldState state_;  // of the Apply() under way
  Effects* effects_ = nullptr;
};

}  // namespace assent::explorer
