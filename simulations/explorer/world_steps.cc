// What an action does.
#include <string>
#include <utility>
#include <variant>

#include "simulations/explorer/world.h"

namespace assent::explorer {
namespace {

using C = CoordinatorProcess;
using P = ParticipantProcess;

constexpr int kRequestsEach = 16;

Shared MakeShared(const Bounds& bounds) {
  Shared shared;
  shared.alarms_have_causes = bounds.wipes > 0;
  shared.wiped_store_outruns = bounds.outruns;
  shared.votes = bounds.votes;
  CoordinatorLimits& c = shared.coordinator_limits;
  if (bounds.slow_timeouts) {
    shared.longest_short = kSlow;
    shared.grain = kShort;
  }
  c.default_transaction_timeout = c.prepare_timeout = shared.longest_short;
  c.first_retry = c.max_retry = kShort;
  c.max_transaction_timeout = c.block_lifetime = c.retention = kLong;
  ParticipantLimits& p = shared.participant_limits;
  p.max_away = shared.longest_short;
  p.first_inquiry = p.max_inquiry = kShort;
  p.first_resource_retry = p.max_resource_retry = kShort;
  p.stamp_window = 64;
  return shared;
}

}  // namespace

World::World(const Bounds& bounds)
    : bounds_(bounds),
      shared_(MakeShared(bounds)),
      coordinators_(&shared_),
      participants_(&shared_) {}

WorldState World::Initial() {
  WorldState state;
  C::Disk disk;
  disk.log.coordinator = TheCoordinator();
  state.coordinator = coordinators_.Add(disk);
  for (int p = 0; p < bounds_.participants; ++p) {
    P::Store store;
    store.participant = p;
    store.recovered.store = {1, static_cast<std::uint64_t>(p) + 1};
    state.participants[p] = participants_.Add(store);
  }
  Effects effects;
  const auto act = [&](Action action) { state = Apply(state, action, &effects); };
  act({Action::kStartCoordinator});
  for (std::uint8_t p = 0; p < bounds_.participants; ++p) {
    for (const auto kind :
         {Action::kStartParticipant, Action::kConnect, Action::kDeliverUp, Action::kDeliverDown}) {
      act({kind, p});
    }
  }
  act({Action::kSync, 0, FactsOfCoordinator(state).unsynced});
  act({Action::kBegin, 0, 0});
  return state;
}

WorldState World::Apply(const WorldState& state, Action action, Effects* effects) {
  state_ = state;
  effects_ = effects;
  if (action.kind >= Action::kCrashCoordinator) {
    PerformFault(action);
  } else if (action.kind >= Action::kBegin && action.kind <= Action::kGuess) {
    PerformRequest(action);
  } else {
    Perform(action);
  }
  return state_;
}

void World::Perform(Action action) {
  const int p = action.participant;
  switch (action.kind) {
    case Action::kStartCoordinator:
      return StepCoordinator({C::kStart});
    case Action::kSync:
      return StepCoordinator({C::kSync, action.a});
    case Action::kStartParticipant:
      return StepParticipant(p, {P::kStart});
    case Action::kConnect:
      return Connect(p);
    case Action::kDeliverUp:
      return Deliver(p, false);
    case Action::kDeliverOldUp:
      return Deliver(p, true);
    case Action::kDeliverDown:
      return DeliverDown(p);
    case Action::kNoticeEnd:
      return NoticeEnd(p, false);
    case Action::kNoticeOldEnd:
      return NoticeEnd(p, true);
    case Action::kDetach:
      return Detach(p);
    case Action::kComplete:
      return StepParticipant(p, {P::kComplete, action.a, action.b});
    case Action::kDeliverStrayUp:
    case Action::kDeliverStrayDown:
      return DeliverStray(p, action.kind == Action::kDeliverStrayUp);
    case Action::kBeginCall:
      return BeginCall(p, action.a);
    case Action::kEndCall: {
      Calls& calls = state_.calls[action.a][p];
      calls.works = 0;
      StepParticipant(p, {P::kCallEnded, P::CallOf(IdOf(state_.slots[action.a]), calls.begun)});
      return AnswerCall(&state_.calls[action.a][p]);
    }
    case Action::kLoseSession:
      ++state_.sessions_lost;
      return StepCoordinator({C::kSessionClosed});
    case Action::kTickCoordinator:
      ++state_.ticks;
      return StepCoordinator({C::kShortTick});
    case Action::kLongTick:
      ++state_.long_ticks;
      return StepCoordinator({C::kLongTickDue});
    case Action::kTickParticipant:
      ++state_.ticks;
      return StepParticipant(p, {P::kTick});
    default:
      CheckFailed(__FILE__, __LINE__, "action", "neither a fault nor a request");
  }
}

void World::PerformFault(Action action) {
  const int p = action.participant;
  switch (action.kind) {
    case Action::kCrashCoordinator:
      ++state_.faults[kCoordinatorCrash];
      return StepCoordinator({C::kCrash, action.a});
    case Action::kFailLog:
      ++state_.faults[kLogFailure];
      return StepCoordinator({C::kLogFails, action.a});
    case Action::kCrashParticipant:
      ++state_.faults[kParticipantCrash];
      return CrashParticipant(p, {P::kCrash, action.a, action.b});
    case Action::kBreakLink:
      ++state_.faults[kBreak];
      state_.links[p].broken = 1;
      return;
    case Action::kFailResource:
      ++state_.faults[kResourceFailure];
      return StepParticipant(p, {P::kComplete, action.a, action.b});
    case Action::kWipe:
      ++state_.faults[kWipeFault];
      return StepParticipant(p, {P::kWipe});
    case Action::kStrayUp:
    case Action::kStrayDown:
      ++state_.faults[kStray];
      return GoAstray(action);
    default:
      CheckFailed(__FILE__, __LINE__, "action", "not a fault");
  }
}

void World::PerformRequest(Action action) {
  const InitiatorRequest request = MakeRequest(state_, action);
  Slot& slot = state_.slots[action.a];
  ++slot.requests;
  if (action.kind == Action::kCommit) ++slot.commits;
  if (action.kind == Action::kAbort) ++slot.aborts;
  if (action.kind == Action::kGet || action.kind == Action::kGuess) ++slot.gets;
  const std::uint32_t body = shared_.requests.Intern(Words(request), request);
  const int number = (action.a + 1) * kRequestsEach + slot.requests;
  StepCoordinator({C::kRequest, Narrow(static_cast<std::uint64_t>(number)), Narrow(body)});
}

InitiatorRequest World::MakeRequest(const WorldState& state, Action action) const {
  const TransactionId id{TheCoordinator(), IdOf(state.slots[action.a])};
  if (action.kind == Action::kAbort) return AbortRequest{id};
  if (action.kind == Action::kGet) return GetRequest{id};
  if (action.kind == Action::kGuess) {
    const Epoch epoch = FactsOfCoordinator(state).epoch;
    const std::uint64_t given = state.slots[0].epoch == epoch ? state.slots[0].number : 0;
    return GetRequest{{TheCoordinator(), {epoch, given + 1}}};
  }
  if (action.kind == Action::kBegin) {
    const auto count = static_cast<std::uint32_t>(bounds_.transactions);
    if (bounds_.block) return OpenBlockRequest{1, count, {}};
    return BeginRequest{};
  }
  CommitRequest commit;
  commit.id = id;
  std::uint32_t called = 0;
  for (int p = 0; p < bounds_.participants; ++p) {
    if (bounds_.work == Work::kPayload) commit.branches.push_back({NameOfParticipant(p), "work"});
    if (state.calls[action.a][p].answered > 0) ++called;
  }
  if (bounds_.work == Work::kCall) {
    commit.expected_branches = called + (bounds_.wrong_expected ? 1 : 0);
  }
  return commit;
}

// ---------------------------------------------------------------------------------------------
// Processes

void World::StepCoordinator(Input input) {
  const bool was_up = FactsOfCoordinator(state_).up;
  const auto& move = coordinators_.Take(state_.coordinator, input);
  state_.coordinator = move.to;
  for (const C::Output& output : move.outputs) Take(output);
  if (was_up && !FactsOfCoordinator(state_).up) LoseCoordinator();
}

void World::StepParticipant(int p, Input input) {
  const auto& move = participants_.Take(state_.participants[p], input);
  state_.participants[p] = move.to;
  for (const P::Output& output : move.outputs) Take(p, output);
}

void World::Take(const C::Output& output) {
  switch (output.kind) {
    case C::Output::kSend: {
      const int p = ParticipantOf(output.a);
      LinkState& link = state_.links[p];
      const bool arrives = link.phase != LinkState::kNone && link.broken == 0 &&
                           link.generation == GenerationOf(output.a);
      if (arrives) link.down = lists_.Append(link.down, output.b);
      return Say("the coordinator sends " + NameOfParticipant(p) + ": " +
                 Words(shared_.down[output.b]) + (arrives ? "" : " (the link is broken: lost)"));
    }
    case C::Output::kClose: {
      LinkState& link = state_.links[ParticipantOf(output.a)];
      if (link.generation == GenerationOf(output.a) && link.phase != LinkState::kNone) {
        link.open = 0;
        link.up = 0;
        link.closed = link.broken == 0;
        link.broken = 1;
      } else if (link.old_generation == GenerationOf(output.a)) {
        link.old_generation = 0;
        link.old_up = 0;
      }
      return Say("the coordinator closes a link of " + NameOfParticipant(ParticipantOf(output.a)));
    }
    case C::Output::kReply: {
      const InitiatorReply& reply = shared_.replies[output.b];
      Say("an initiator is told: " + Words(reply));
      return TakeReply(output.a / kRequestsEach - 1, reply);
    }
    case C::Output::kBroken:
      return Breaks(shared_.broken[output.b], "", "");
  }
}

void World::Take(int p, const P::Output& output) {
  LinkState& link = state_.links[p];
  switch (output.kind) {
    case P::Output::kSend: {
      const bool arrives = link.phase != LinkState::kNone && link.broken == 0 &&
                           link.generation == GenerationOf(output.a);
      if (arrives) link.up = lists_.Append(link.up, output.b);
      return Say(NameOfParticipant(p) + " sends: " + Words(shared_.up[output.b]) +
                 (arrives ? "" : " (the link is broken: lost)"));
    }
    case P::Output::kAttached:
      link.phase = LinkState::kAttached;
      return;
    case P::Output::kRefused:
      link.refused = 1;
      return;
    case P::Output::kCallAnswered:
    case P::Output::kCallRefused:
    case P::Output::kCallFailed:
      return SettleCall(p, output);
    case P::Output::kBroken:
      return Breaks(shared_.broken[output.b], "", "");
  }
}

// ---------------------------------------------------------------------------------------------
// What initiators are told

void World::TakeReply(int slot, const InitiatorReply& reply) {
  Slot& taken = state_.slots[slot];
  if (const auto* begun = std::get_if<BeginReply>(&reply)) {
    for (const Slot& other : state_.slots) {
      if (IdOf(other) != begun->id.sequence) continue;
      Breaks("R1 (an id is given out once)", "it was given out before",
             Words(begun->id.sequence) + " is given out again");
    }
    taken.epoch = static_cast<std::uint8_t>(begun->id.sequence.epoch);
    taken.number = static_cast<std::uint8_t>(begun->id.sequence.number);
  } else if (const auto* block = std::get_if<BlockReply>(&reply)) {
    for (int i = 0; i < bounds_.transactions; ++i) {
      state_.slots[i].epoch = static_cast<std::uint8_t>(block->first.sequence.epoch);
      state_.slots[i].number =
          static_cast<std::uint8_t>(block->first.sequence.number + static_cast<std::uint64_t>(i));
    }
  } else if (const auto* outcome = std::get_if<OutcomeReply>(&reply)) {
    if (outcome->id.sequence == IdOf(taken)) return TakeOutcome(&taken, *outcome);
    Breaks("R1 (never an outcome of an id that was not given out)",
           Words(outcome->id.sequence) + " was not given out when it was asked for",
           "its asker is told an outcome: " + Words(reply));
  } else if (const auto* error = std::get_if<ErrorReply>(&reply)) {
    if (error->reason != Reason::kFutureTransaction || taken.epoch == 0) return;
    Breaks("R1 (answering by id)", Words(IdOf(taken)) + " was given out",
           "its initiator is told that it was not");
  }
}

void World::TakeOutcome(Slot* slot, const OutcomeReply& reply) {
  if (reply.outcome == Outcome::kUnknown) return;
  const bool aborted = reply.outcome == Outcome::kAborted;
  ++(aborted ? effects_->aborted : effects_->committed);
  const Slot::Told told = aborted           ? Slot::kAborted
                          : reply.read_only ? Slot::kReadOnly
                                            : Slot::kCommitted;
  const bool changed = slot->told != Slot::kNothing && (slot->told == Slot::kAborted) != aborted;
  if (changed) {
    Breaks("P4 (honest: what was told stays so)",
           "an initiator was told that " + Words(IdOf(*slot)) + " is " +
               (aborted ? "COMMITTED" : "ABORTED") + " before",
           std::string("now one is told ") + (aborted ? "ABORTED" : "COMMITTED"));
  }
  if (!aborted && bounds_.wrong_expected) {
    Breaks("R4 (another number of branches than expected aborts)",
           "the initiator expected a branch more than there are", "it is told COMMITTED");
  }
  slot->told = told;
}

void World::Breaks(std::string promise, std::string first, std::string second) {
  if (effects_->breach) return;
  effects_->breach = Breach{std::move(promise), std::move(first), std::move(second)};
}

void World::Say(std::string text) {
  if (effects_->log != nullptr) effects_->log->push_back(std::move(text));
}

}  // namespace assent::explorer
