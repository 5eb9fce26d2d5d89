// Calls of the service and their enlistment (R4).
#include <utility>

#include "core/check.h"
#include "core/mutants.h"
#include "core/participant_impl.h"

namespace assent {

using S = LocalBranchState;

void Participant::Impl::Handle(participant_input::CallBegun input) {
  const Reason reason = RefusalOf(input.id);
  if (reason != Reason::kNone) return RefuseCall(input.call, reason);
  Known& c = *Find(input.id.coordinator);
  const Sequence id = input.id.sequence;
  if (TimedBranch* branch = FindBranch(c, id)) return Admit({c, id, *branch}, input.call);
  Admit(Create(c, id, S::kActive), input.call);
}

Reason Participant::Impl::RefusalOf(const TransactionId& id) const {
  const Known* c = Find(id.coordinator);
  if (c == nullptr || !c->link) return Reason::kNotAttached;
  if (id.sequence.epoch < c->window.epoch()) return Reason::kTransactionFinished;
  if (id.sequence.epoch > c->window.epoch()) return Reason::kNotAttached;  // to that life of it
  if (id.sequence < c->clean_mark) return Reason::kTransactionFinished;
  if (c->ended.Contains(id.sequence)) return Reason::kBranchNotActive;
  const std::unique_ptr<TimedBranch>* const branch = c->branches.Find(id.sequence);
  if (branch != nullptr) {
    return (*branch)->state() == S::kActive ? Reason::kNone : Reason::kBranchNotActive;
  }
  const bool has_room = unvoted_ < limits_.max_active_branches;
  return has_room || ASSENT_MUTANT(active_limit_ignored) ? Reason::kNone
                                                         : Reason::kTooManyTransactions;
}

void Participant::Impl::RefuseCall(CallId call, Reason reason) {
  const char* text = "the transaction was finished, or its coordinator restarted; begin a new one";
  if (reason == Reason::kNotAttached) text = "no link to the transaction's coordinator; try again";
  if (reason == Reason::kBranchNotActive) text = "the branch is already preparing or finished";
  if (reason == Reason::kTooManyTransactions) text = "too many branches are active; try again";
  effects_->push_back(participant_effect::CallRefused{call, reason, text});
}

// One enlistment per branch: later calls wait for the same answer, or go through at once if it has
// come.
void Participant::Impl::Admit(const Place& place, CallId call) {
  LocalBranch& branch = place.branch;
  const bool is_new = calls_.try_emplace(call, RunningCall{&place.c, place.id}).second;
  ASSENT_CHECK(is_new, "a call begins once");
  const bool enlisted = branch.enlisted();
  branch.AddCall();
  effects_->push_back(participant_effect::CallAdmitted{call});
  if (enlisted) {
    effects_->push_back(participant_effect::Enlisted{call, Reason::kNone, {}});
  } else if (branch.enlist_token() != 0) {
    branch.WaitForEnlistment(branch.enlist_token(), call);
  } else {
    const std::uint64_t token = next_token_++;
    branch.WaitForEnlistment(token, call);
    place.c.enlistments.emplace(token, place.id);
    Send(place.c, Enlist{token, {place.c.id, place.id}});
    ScheduleInquiry(place);
  }
}

void Participant::Impl::Handle(participant_input::CallEnded input) {
  const auto at = calls_.find(input.call);
  ASSENT_CHECK(at != calls_.end(), "a call ends once, after it was admitted");
  const Place place = PlaceOf({at->second.coordinator->id, at->second.id});
  calls_.erase(at);
  place.branch.RemoveCall();
  // An abort waited for the calls.
  if (place.branch.state() == S::kAborting && place.branch.calls() == 0) AskToAbort(place);
}

void Participant::Impl::OnMessage(Known& c, LinkId, EnlistAnswer message) {
  const auto at = c.enlistments.find(message.token);
  if (at == c.enlistments.end()) {
    ++counts_.ignored;  // settled meanwhile, or answered on an earlier link too
    return;
  }
  const Place place = PlaceOf({c.id, at->second});
  if (message.reason == Reason::kNone) place.branch.MarkEnlisted();
  SettleWaiting(place, message.reason, message.text);
  // What nobody will prepare is rolled back; before a vote that is ours to do (R10).
  if (message.reason != Reason::kNone) StartAbort(place, AbortCause::kDropped);
}

void Participant::Impl::SettleWaiting(const Place& place, Reason reason, const std::string& text) {
  if (place.branch.enlist_token() == 0) return;
  place.c.enlistments.erase(place.branch.enlist_token());
  for (const CallId call : place.branch.TakeWaiting()) {
    effects_->push_back(participant_effect::Enlisted{call, reason, text});
  }
}

}  // namespace assent
