// The promises, over one state of the world.
#include "simulations/explorer/world.h"

namespace assent::explorer {
namespace {

using Effect = ParticipantProcess::EffectFact;

const Effect* EffectOf(const ParticipantProcess::Facts& facts, Sequence id) {
  for (const Effect& effect : facts.effects) {
    if (effect.id == id) return &effect;
  }
  return nullptr;
}

}  // namespace

const CoordinatorProcess::DecisionFact* World::DecisionOf(const WorldState& state,
                                                          Sequence id) const {
  for (const auto& decision : FactsOfCoordinator(state).ever) {
    if (decision.id == id) return &decision;
  }
  return nullptr;
}

std::optional<Breach> World::Check(const WorldState& state) const {
  for (int slot = 0; slot < bounds_.transactions; ++slot) {
    if (state.slots[slot].epoch == 0) continue;
    if (auto breach = CheckSlot(state, slot)) return breach;
  }
  return std::nullopt;
}

std::optional<Breach> World::CheckSlot(const WorldState& state, int slot) const {
  const Slot& told = state.slots[slot];
  const Sequence id = IdOf(told);
  const auto* decision = DecisionOf(state, id);
  const std::string decided = "the commit of " + Words(id) + " is durable in the log";
  const std::string undecided = "no commit of " + Words(id) + " was ever durable in the log";
  if (told.told == Slot::kAborted && decision != nullptr) {
    return Breach{"P4 (honest)", decided, "an initiator was told ABORTED"};
  }
  for (int p = 0; p < bounds_.participants; ++p) {
    const Effect* effect = EffectOf(FactsOfParticipant(state, p), id);
    const bool listed = decision != nullptr && (decision->participants >> p & 1) != 0;
    const std::string name = NameOfParticipant(p);
    if (listed && effect == nullptr && bounds_.wipes == 0) {
      return Breach{"P1 (atomic)", decided + ", with a yes of " + name,
                    name + "'s store holds nothing prepared of it"};
    }
    if (effect == nullptr) continue;
    if (effect->applied.times > 1) {
      return Breach{"P3 (once)", name + "'s store has committed " + Words(id) + " before",
                    "it commits it again"};
    }
    if (effect->applied.times > 0 && !listed) {
      return Breach{"P1 (atomic)", decision == nullptr ? undecided : decided + " without " + name,
                    name + "'s store has committed it"};
    }
    if (effect->rolled_back && listed) {
      return Breach{"P1 (atomic)", decided + ", with a yes of " + name,
                    name + "'s store has rolled it back"};
    }
  }
  return std::nullopt;
}

std::optional<Breach> World::CheckFinished(const WorldState& state) const {
  for (int slot = 0; slot < bounds_.transactions; ++slot) {
    const Sequence id = IdOf(state.slots[slot]);
    const auto* decision = DecisionOf(state, id);
    for (int p = 0; p < bounds_.participants; ++p) {
      const Effect* effect = EffectOf(FactsOfParticipant(state, p), id);
      const std::string name = NameOfParticipant(p);
      if (effect != nullptr && effect->prepared) {
        return Breach{"P5 (live)", "all faults have healed, and nothing is left to do",
                      name + " still holds " + Words(id) + " prepared"};
      }
      if (decision == nullptr) continue;
      const int answered = state.calls[slot][p].answered;
      const int wanted = bounds_.work == Work::kPayload ? 1 : answered;
      const int work = effect == nullptr ? 0 : effect->applied.work;
      const bool may_lack = bounds_.votes.find('r') != std::string::npos || bounds_.wipes > 0;
      if (work < wanted && !may_lack) {
        return Breach{"P1 (atomic: all of it)",
                      Words(id) + " is committed, and " + std::to_string(wanted) +
                          " pieces of work at " + name + " belong to it",
                      name + "'s store has committed " + std::to_string(work)};
      }
    }
  }
  return std::nullopt;
}

bool World::NeedsPerson(const WorldState& state) const {
  for (const LinkState& link : state.links) {
    if (link.refused != 0) return true;
  }
  // The branches that the copy lacks are reported as hazards, and wait for a person.
  if (bounds_.outruns && state.faults[kWipeFault] > 0) return true;
  return !FactsOfCoordinator(state).up && !FactsOfCoordinator(state).may_start;
}

}  // namespace assent::explorer
