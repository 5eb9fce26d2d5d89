// Links and what is in flight on them; crashes of who holds their ends; calls of services.
#include <utility>

#include "simulations/explorer/world.h"

namespace assent::explorer {

using C = CoordinatorProcess;
using P = ParticipantProcess;

void World::Connect(int p) {
  LinkState& link = state_.links[p];
  ++link.generation;
  link.phase = LinkState::kDialled;
  link.open = 1;
  link.broken = 0;
  link.closed = 0;
  link.down = 0;
  link.up = lists_.Append(0, FactsOfParticipant(state_, p).attach);
  StepCoordinator({C::kOpen, LinkOf(p, link.generation)});
}

void World::Deliver(int p, bool old) {
  LinkState& link = state_.links[p];
  std::uint32_t& list = old ? link.old_up : link.up;
  const std::uint16_t message = lists_.Front(list);
  list = lists_.Rest(list);
  const int generation = old ? link.old_generation : link.generation;
  StepCoordinator({C::kMessage, LinkOf(p, generation), message});
}

void World::DeliverDown(int p) {
  LinkState& link = state_.links[p];
  const std::uint16_t message = lists_.Front(link.down);
  link.down = lists_.Rest(link.down);
  StepParticipant(p, {P::kMessage, LinkOf(p, link.generation), message});
}

void World::GoAstray(Action action) {
  LinkState& link = state_.links[action.participant];
  const bool up = action.kind == Action::kStrayUp;
  std::uint32_t& list = up ? link.up : link.down;
  (up ? link.stray_up : link.stray_down) = lists_.Front(list);
  if (action.a == 0) list = lists_.Rest(list);
}

// On whatever link there is by then.
void World::DeliverStray(int p, bool up) {
  LinkState& link = state_.links[p];
  const std::uint16_t number = LinkOf(p, link.generation);
  if (up) {
    StepCoordinator({C::kMessage, number, std::exchange(link.stray_up, std::uint16_t{0})});
  } else {
    StepParticipant(p, {P::kMessage, number, std::exchange(link.stray_down, std::uint16_t{0})});
  }
}

// The coordinator sees the end of a link; what it had not read by then is lost.
void World::NoticeEnd(int p, bool old) {
  LinkState& link = state_.links[p];
  const int generation = old ? link.old_generation : link.generation;
  if (old) {
    link.old_generation = 0;
    link.old_up = 0;
  } else {
    link.open = 0;
    link.up = 0;
  }
  StepCoordinator({C::kClosed, LinkOf(p, generation)});
}

void World::Detach(int p) {
  LinkState& link = state_.links[p];
  const bool attached = link.phase == LinkState::kAttached;
  const std::uint16_t number = LinkOf(p, link.generation);
  LeaveBehind(p);
  if (attached) StepParticipant(p, {P::kDetached, number});
}

// The participant's end is gone; the coordinator may still read what was sent before.
void World::LeaveBehind(int p) {
  LinkState& link = state_.links[p];
  if (link.open != 0) {
    link.old_generation = link.generation;
    link.old_up = link.up;
  }
  link.phase = LinkState::kNone;
  link.open = 0;
  link.broken = 0;
  link.closed = 0;
  link.up = 0;
  link.down = 0;
}

// What the coordinator sent before may still arrive.
void World::LoseCoordinator() {
  for (LinkState& link : state_.links) {
    link.open = 0;
    link.up = 0;
    link.old_generation = 0;
    link.old_up = 0;
    link.broken = link.phase == LinkState::kNone ? 0 : 1;
  }
  for (Slot& slot : state_.slots) {
    if (slot.told == Slot::kReadOnly) slot.told = Slot::kNothing;  // P2 and P4 except it
  }
}

void World::CrashParticipant(int p, Input input) {
  LinkState& link = state_.links[p];
  if (link.phase != LinkState::kNone) {
    if (link.open != 0 && link.old_generation != 0) NoticeEnd(p, true);
    LeaveBehind(p);
  }
  link.refused = 0;
  StepParticipant(p, input);
  for (auto& calls : state_.calls) {
    if (calls[p].running) calls[p].failed = 1;
    calls[p].running = calls[p].works = calls[p].enlisted = 0;
  }
}

// ---------------------------------------------------------------------------------------------
// Calls

void World::BeginCall(int p, int slot) {
  Calls& calls = state_.calls[slot][p];
  ++calls.begun;
  calls.works = 1;
  calls.running = 1;
  calls.enlisted = 0;
  StepParticipant(p, {P::kCallBegun, P::CallOf(IdOf(state_.slots[slot]), calls.begun)});
}

void World::SettleCall(int p, const P::Output& output) {
  for (int slot = 0; slot < bounds_.transactions; ++slot) {
    Calls& calls = state_.calls[slot][p];
    const std::uint16_t call = P::CallOf(IdOf(state_.slots[slot]), calls.begun);
    if (call != output.a || !calls.running) continue;
    if (output.kind == P::Output::kCallAnswered) {
      calls.enlisted = 1;
      AnswerCall(&calls);
      continue;
    }
    Say("the call at " + NameOfParticipant(p) + " fails");
    calls.failed = 1;
    calls.running = 0;
    if (output.kind == P::Output::kCallRefused) calls.works = 0;  // it never began
  }
}

// The answer of a call waits for the service and for the coordinator.
void World::AnswerCall(Calls* calls) {
  if (!calls->running || calls->works || !calls->enlisted) return;
  calls->running = 0;
  ++calls->answered;
}

}  // namespace assent::explorer
