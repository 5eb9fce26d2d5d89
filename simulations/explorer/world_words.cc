// Actions in words.
#include "simulations/explorer/world.h"

namespace assent::explorer {
namespace {

std::string NameOf(const ParticipantProcess::Work& work) {
  switch (work.kind) {
    case ParticipantProcess::Work::kPrepare:
      return "prepare of " + Words(work.id);
    case ParticipantProcess::Work::kCommit:
      return "commit of " + Words(work.id);
    case ParticipantProcess::Work::kAbort:
      return "rollback of " + Words(work.id);
  }
  return "?";
}

std::string Result(std::uint8_t result) {
  switch (result) {
    case ParticipantProcess::kVoteNo:
      return " ends with a no";
    case ParticipantProcess::kVoteReadOnly:
      return " ends: it was only reading";
    case ParticipantProcess::kFailed:
      return " fails for now";
    default:
      return " is durable";
  }
}

}  // namespace

std::string World::Describe(const WorldState& state, Action action) const {
  const int p = action.participant;
  const std::string name = NameOfParticipant(p);
  const LinkState& link = state.links[p];
  const auto& work = FactsOfParticipant(state, p).work;
  const std::string id = Words(IdOf(state.slots[action.a < kMaxSlots ? action.a : 0]));
  switch (action.kind) {
    case Action::kStartCoordinator:
      return "the coordinator starts";
    case Action::kSync:
      return "the log syncs " + std::to_string(action.a) + " of " +
             std::to_string(FactsOfCoordinator(state).unsynced) + " effects";
    case Action::kStartParticipant:
      return name + " starts";
    case Action::kConnect:
      return name + " opens a link and attaches";
    case Action::kDeliverUp:
      return "from " + name + " arrives: " + Words(shared_.up[lists_.Front(link.up)]);
    case Action::kDeliverOldUp:
      return "from " + name +
             ", on the link before, arrives: " + Words(shared_.up[lists_.Front(link.old_up)]);
    case Action::kDeliverDown:
      return "at " + name + " arrives: " + Words(shared_.down[lists_.Front(link.down)]);
    case Action::kNoticeEnd:
      return "the coordinator notices that the link of " + name + " has ended";
    case Action::kNoticeOldEnd:
      return "the coordinator notices that the link before of " + name + " has ended";
    case Action::kDetach:
      return name + " notices that its link has ended";
    case Action::kComplete:
    case Action::kFailResource:
      return name + ": the " + NameOf(work[action.a]) + Result(action.b);
    case Action::kBeginCall:
      return "a call of " + id + " begins at " + name;
    case Action::kEndCall:
      return "the service at " + name + " has done its work for " + id;
    case Action::kBegin:
      return bounds_.block ? "a session asks for a block of ids" : "an initiator begins";
    case Action::kCommit:
      return "the initiator asks for: " + Words(MakeRequest(state, action));
    case Action::kAbort:
      return "the initiator asks for: Abort(" + id + ")";
    case Action::kGet:
      return "the initiator asks for: Get(" + id + ")";
    case Action::kGuess:
      return "somebody asks for: " + Words(MakeRequest(state, action));
    case Action::kDeliverStrayUp:
      return "from " + name + ", late, arrives: " + Words(shared_.up[link.stray_up]);
    case Action::kDeliverStrayDown:
      return "at " + name + ", late, arrives: " + Words(shared_.down[link.stray_down]);
    case Action::kLoseSession:
      return "the initiator's session ends";
    case Action::kTickCoordinator:
      return "the coordinator's timers fire";
    case Action::kLongTick:
      return "the coordinator's retention is over";
    case Action::kTickParticipant:
      return name + "'s timers fire";
    default:
      return DescribeFault(state, action);
  }
}

std::string World::DescribeFault(const WorldState& state, Action action) const {
  const int p = action.participant;
  const std::string name = NameOfParticipant(p);
  const LinkState& link = state.links[p];
  const auto& work = FactsOfParticipant(state, p).work;
  switch (action.kind) {
    case Action::kStrayUp:
      return std::string("FAULT: ") + (action.a == 0 ? "late: " : "copied: ") +
             Words(shared_.up[lists_.Front(link.up)]);
    case Action::kStrayDown:
      return std::string("FAULT: ") + (action.a == 0 ? "late: " : "copied: ") +
             Words(shared_.down[lists_.Front(link.down)]);
    case Action::kCrashCoordinator:
    case Action::kFailLog:
      return (action.kind == Action::kFailLog ? "FAULT: a sync fails, and the coordinator stops; "
                                              : "FAULT: the coordinator crashes; ") +
             std::to_string(action.a) + " of " +
             std::to_string(FactsOfCoordinator(state).unsynced) + " unsynced log effects survive";
    case Action::kCrashParticipant: {
      std::string text = "FAULT: " + name + " crashes";
      for (std::size_t i = 0; i < work.size(); ++i) {
        text += "; the " + NameOf(work[i]) + ((action.a >> i & 1) != 0 ? " was" : " was not") +
                " durable";
      }
      return text + (action.b != 0 ? "; its notes were kept" : "");
    }
    case Action::kBreakLink:
      return "FAULT: the link of " + name + " breaks";
    case Action::kWipe:
      return "FAULT: an operator gives " + name + " an empty store";
    default:
      CheckFailed(__FILE__, __LINE__, "action", "of no known kind");
  }
}

}  // namespace assent::explorer
