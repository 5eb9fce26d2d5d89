// What may happen in a state, within the bounds.
#include <variant>

#include "simulations/explorer/world.h"

namespace assent::explorer {
namespace {

using Phase = LinkState::Phase;
using ResourceWork = ParticipantProcess::Work;

std::uint8_t Byte(std::size_t number) { return static_cast<std::uint8_t>(number); }

void Add(std::vector<Action>* actions, Action::Kind kind, int p = 0, std::size_t a = 0,
         std::size_t b = 0) {
  actions->push_back({kind, Byte(static_cast<std::size_t>(p)), Byte(a), Byte(b)});
}

}  // namespace

void World::Enumerate(const WorldState& state, std::vector<Action>* actions) const {
  EnumerateNatural(state, actions);
  EnumerateInitiators(state, actions);
  EnumerateTime(state, actions);
  EnumerateFaults(state, actions);
}

void World::EnumerateNatural(const WorldState& state, std::vector<Action>* actions) const {
  EnumerateCoordinator(state, actions);
  for (int p = 0; p < bounds_.participants; ++p) {
    EnumerateLink(state, p, actions);
    EnumerateParticipant(state, p, actions);
  }
}

void World::EnumerateCoordinator(const WorldState& state, std::vector<Action>* actions) const {
  const CoordinatorFacts& facts = FactsOfCoordinator(state);
  if (!facts.up) {
    if (facts.may_start) Add(actions, Action::kStartCoordinator);
    return;
  }
  for (std::size_t count = 1; count <= facts.unsynced; ++count) {
    Add(actions, Action::kSync, 0, count);
  }
}

void World::EnumerateLink(const WorldState& state, int p, std::vector<Action>* actions) const {
  const LinkState& link = state.links[p];
  if (link.old_generation != 0) {
    if (link.old_up != 0) Add(actions, Action::kDeliverOldUp, p);
    Add(actions, Action::kNoticeOldEnd, p);
  }
  if (link.stray_up != 0 && link.open != 0 && link.phase == Phase::kAttached) {
    Add(actions, Action::kDeliverStrayUp, p);
  }
  if (link.stray_down != 0 && link.phase == Phase::kAttached) {
    Add(actions, Action::kDeliverStrayDown, p);
  }
  if (link.phase == Phase::kNone) {
    const bool up = FactsOfCoordinator(state).up && FactsOfParticipant(state, p).up;
    if (up && link.refused == 0) Add(actions, Action::kConnect, p);
    return;
  }
  if (link.open != 0 && link.up != 0) Add(actions, Action::kDeliverUp, p);
  if (link.down != 0) Add(actions, Action::kDeliverDown, p);
  if (link.broken == 0) return;
  if (link.open != 0) Add(actions, Action::kNoticeEnd, p);
  if (link.closed != 0 && link.down != 0) return;
  // One link at most is left behind that the coordinator takes for alive.
  if (link.open == 0 || link.old_generation == 0) Add(actions, Action::kDetach, p);
}

void World::EnumerateParticipant(const WorldState& state, int p,
                                 std::vector<Action>* actions) const {
  const ParticipantFacts& facts = FactsOfParticipant(state, p);
  if (!facts.up) return Add(actions, Action::kStartParticipant, p);
  for (std::size_t i = 0; i < facts.work.size(); ++i) {
    if (facts.work[i].kind != ResourceWork::kPrepare) {
      Add(actions, Action::kComplete, p, i, ParticipantProcess::kDone);
      continue;
    }
    for (const char vote : bounds_.votes) {
      Add(actions, Action::kComplete, p, i,
          vote == 'y'   ? ParticipantProcess::kDone
          : vote == 'n' ? ParticipantProcess::kVoteNo
                        : ParticipantProcess::kVoteReadOnly);
    }
  }
  for (int slot = 0; slot < bounds_.transactions; ++slot) {
    if (state.calls[slot][p].works) {
      Add(actions, Action::kEndCall, p, static_cast<std::size_t>(slot));
    }
  }
}

void World::EnumerateInitiators(const WorldState& state, std::vector<Action>* actions) const {
  if (!FactsOfCoordinator(state).up) return;
  for (int i = 0; i < bounds_.transactions; ++i) {
    const Slot& slot = state.slots[i];
    const auto number = static_cast<std::size_t>(i);
    if (slot.epoch == 0) {
      Add(actions, Action::kBegin, 0, number);
      if (bounds_.guess && slot.gets == 0) Add(actions, Action::kGuess, 0, number);
      continue;
    }
    if (slot.commits < bounds_.commits && MayCommit(state, i)) {
      Add(actions, Action::kCommit, 0, number);
    }
    if (slot.aborts < bounds_.aborts) Add(actions, Action::kAbort, 0, number);
    if (slot.gets < bounds_.gets) Add(actions, Action::kGet, 0, number);
    for (int p = 0; p < bounds_.participants && bounds_.work == Work::kCall; ++p) {
      const Calls& calls = state.calls[i][p];
      const bool may = calls.begun < bounds_.calls && !calls.running && !calls.failed &&
                       FactsOfParticipant(state, p).up;
      if (may) Add(actions, Action::kBeginCall, p, number);
    }
  }
  const bool first_life = FactsOfCoordinator(state).epoch == 1;
  if (bounds_.block && state.sessions_lost == 0 && first_life) {
    Add(actions, Action::kLoseSession);
  }
}

// An honest initiator asks for commit when all calls were answered well.
bool World::MayCommit(const WorldState& state, int slot) const {
  if (bounds_.work != Work::kCall) return true;
  int answered = 0;
  for (int p = 0; p < bounds_.participants; ++p) {
    const Calls& calls = state.calls[slot][p];
    if (calls.failed) return false;
    if (calls.answered > 0) ++answered;
    const bool complete = !calls.running && calls.answered == bounds_.calls;
    if (!complete && !bounds_.eager_commit) return false;
  }
  return answered > 0;
}

void World::EnumerateTime(const WorldState& state, std::vector<Action>* actions) const {
  const CoordinatorFacts& facts = FactsOfCoordinator(state);
  if (facts.up && state.long_ticks < bounds_.long_ticks) Add(actions, Action::kLongTick);
  if (state.ticks >= bounds_.ticks) return;
  if (facts.up && facts.short_timer) Add(actions, Action::kTickCoordinator);
  for (int p = 0; p < bounds_.participants; ++p) {
    const ParticipantFacts& participant = FactsOfParticipant(state, p);
    if (participant.up && participant.short_timer) Add(actions, Action::kTickParticipant, p);
  }
}

bool World::MayFail(const WorldState& state, Fault fault, int limit) const {
  int sum = 0;
  for (const std::uint8_t count : state.faults) sum += count;
  return state.faults[fault] < limit && sum < bounds_.faults;
}

void World::EnumerateFaults(const WorldState& state, std::vector<Action>* actions) const {
  const CoordinatorFacts& facts = FactsOfCoordinator(state);
  for (std::size_t kept = 0; facts.up && kept <= facts.unsynced; ++kept) {
    if (MayFail(state, kCoordinatorCrash, bounds_.coordinator_crashes)) {
      Add(actions, Action::kCrashCoordinator, 0, kept);
    }
    if (facts.unsynced > 0 && MayFail(state, kLogFailure, bounds_.log_failures)) {
      Add(actions, Action::kFailLog, 0, kept);
    }
  }
  for (int p = 0; p < bounds_.participants; ++p) {
    const LinkState& link = state.links[p];
    const ParticipantFacts& participant = FactsOfParticipant(state, p);
    if (participant.up && MayFail(state, kParticipantCrash, bounds_.participant_crashes)) {
      EnumerateCrashes(state, p, actions);
    }
    if (link.phase != Phase::kNone && link.broken == 0 && MayFail(state, kBreak, bounds_.breaks)) {
      Add(actions, Action::kBreakLink, p);
    }
    if (MayFail(state, kStray, bounds_.strays)) EnumerateStrays(state, p, actions);
    if (!participant.up && MayFail(state, kWipeFault, bounds_.wipes)) {
      Add(actions, Action::kWipe, p);
    }
    for (std::size_t i = 0; i < participant.work.size(); ++i) {
      if (participant.work[i].kind != ResourceWork::kPrepare &&
          MayFail(state, kResourceFailure, bounds_.resource_failures)) {
        Add(actions, Action::kFailResource, p, i, ParticipantProcess::kFailed);
      }
    }
  }
}

// Not what belongs to a link: Attach, Enlist and their answers.
void World::EnumerateStrays(const WorldState& state, int p, std::vector<Action>* actions) const {
  const LinkState& link = state.links[p];
  if (link.up != 0 && link.stray_up == 0) {
    const FromParticipant& message = shared_.up[lists_.Front(link.up)];
    if (!std::holds_alternative<Attach>(message) && !std::holds_alternative<Enlist>(message)) {
      Add(actions, Action::kStrayUp, p, 0);
      Add(actions, Action::kStrayUp, p, 1);
    }
  }
  if (link.down != 0 && link.stray_down == 0) {
    const ToParticipant& message = shared_.down[lists_.Front(link.down)];
    if (!std::holds_alternative<AttachAnswer>(message) &&
        !std::holds_alternative<EnlistAnswer>(message)) {
      Add(actions, Action::kStrayDown, p, 0);
      Add(actions, Action::kStrayDown, p, 1);
    }
  }
}

// Of what was under way each may have been done; notes ride along, or are lost.
void World::EnumerateCrashes(const WorldState& state, int p, std::vector<Action>* actions) const {
  const ParticipantFacts& facts = FactsOfParticipant(state, p);
  for (std::size_t done = 0; done < std::size_t{1} << facts.work.size(); ++done) {
    Add(actions, Action::kCrashParticipant, p, done, 0);
    if (facts.notes_wait) Add(actions, Action::kCrashParticipant, p, done, 1);
  }
}

}  // namespace assent::explorer
