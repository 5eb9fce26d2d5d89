// The inside of Participant, shared by the participant*.cc files. Not a contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/branch.h"
#include "core/participant.h"
#include "core/prng.h"
#include "core/sequence_map.h"
#include "core/stamp_window.h"
#include "core/timer_queue.h"

namespace assent {

class StateText;

class Participant::Impl {
 public:
  Impl(const ParticipantLimits& limits, const RecoveredStore& recovered, std::uint64_t seed,
       Time now);

  void Step(ParticipantInput input, Time now, ParticipantEffects* effects);
  Time NextDeadline() const;
  CoordinatorKnowledge KnowledgeOf(const CoordinatorId& coordinator) const;
  std::vector<KnownCoordinator> Knowledge() const;
  Sequence CleanMarkOf(const CoordinatorId& coordinator) const;
  std::vector<LocalBranchView> ListBranches(Time now) const;
  std::size_t in_doubt() const { return in_doubt_; }
  const ParticipantCounts& counts() const { return counts_; }
  void CheckInvariants() const;
  std::string DescribeState(Duration grain) const;

 private:
  // Finished branches that are remembered per coordinator until its clean mark passes them (P7).
  static constexpr std::size_t kMaxEnded = 131'072;

  struct Known;

  // A branch, and where its timer is.
  class TimedBranch : public LocalBranch {
   public:
    TimedBranch(Known* coordinator, Sequence sequence, LocalBranchState first, Time now)
        : LocalBranch(first, now), coordinator_(coordinator), sequence_(sequence) {}

    Known& coordinator() const { return *coordinator_; }
    Sequence sequence() const { return sequence_; }
    // Orders timers that are due at the same time.
    std::pair<std::uint32_t, Sequence> id() const { return {coordinator_->index, sequence_}; }
    TimerSlot& timer_slot() { return timer_slot_; }
    const TimerSlot& timer_slot() const { return timer_slot_; }

   private:
    Known* const coordinator_;
    const Sequence sequence_;
    TimerSlot timer_slot_;
  };

  // All that is kept of one coordinator. Ordered maps: what iterates gives effects in the order of
  // ids, on every machine.
  struct Known {
    Known(const CoordinatorId& coordinator, std::uint32_t number, std::size_t window_size)
        : id(coordinator), index(number), window(window_size, 0) {}

    CoordinatorId id;
    std::uint32_t index;
    std::optional<LinkId> link;
    // Attached too, and replaced by `link`, the last replaced one last: two addresses may lead to
    // one coordinator, and its answers need not come in the order in which it gave them.
    std::vector<LinkId> replaced;
    CoordinatorKnowledge knowledge;  // what is told at Attach and kept durably
    Sequence clean_mark;
    StampWindow window;  // its epoch is the highest heard of, with or without a life number
    SequenceMap<std::unique_ptr<TimedBranch>> branches;
    SequenceMap<Ended> ended;
    std::map<std::uint64_t, Sequence> enlistments;  // by token: sent, not answered
    Sequence evicted;                               // no `ended` up to here can be relied on
  };

  struct RunningCall {
    Known* coordinator;
    Sequence id;
  };

  // A branch and where it is; valid until the branch is finished.
  struct Place {
    Known& c;
    Sequence id;
    TimedBranch& branch;
  };

  // participant.cc: inputs, links, timers.
  void Handle(const participant_input::Attached& input);
  void Handle(participant_input::Detached input);
  void Handle(participant_input::Received input);
  void Handle(participant_input::Tick input);
  Known& Meet(const CoordinatorId& coordinator);
  Known* Find(const CoordinatorId& coordinator);
  const Known* Find(const CoordinatorId& coordinator) const;
  TimedBranch* FindBranch(Known& c, Sequence id);
  Place PlaceOf(const TransactionId& id);
  static CoordinatorKnowledge ToTell(const Known& c);
  void LearnEpoch(Known& c, Epoch epoch);
  void UseLink(Known& c, LinkId link);
  void ResumeOnNewLink(const Place& place);
  void TimerDue(const Place& place);
  void DropAway(const Place& place);
  void Inquire(const Place& place);
  void ScheduleInquiry(const Place& place);
  void SetDeadline(const Place& place, Time deadline);
  void Send(const Known& c, FromParticipant message);
  void Notice(ParticipantNoticeKind kind, const Known& c, Sequence id, std::string text);

  // participant_calls.cc: calls and enlistment (R4).
  void Handle(participant_input::CallBegun input);
  void Handle(participant_input::CallEnded input);
  void OnMessage(Known& c, LinkId link, EnlistAnswer message);
  Reason RefusalOf(const TransactionId& id) const;
  void Admit(const Place& place, CallId call);
  void RefuseCall(CallId call, Reason reason);
  void SettleWaiting(const Place& place, Reason reason, const std::string& text);

  // participant_voting.cc: Prepare and votes (R5, R6).
  void OnMessage(Known& c, LinkId link, Prepare message);
  void OnMessage(Known& c, LinkId link, const AttachAnswer& message);
  void Handle(participant_input::Prepared input);
  void Accept(Known& c, LinkId link, Prepare message);
  void AcceptKnown(const Place& place, LinkId link, Prepare message);
  void AcceptUnknown(Known& c, LinkId link, Prepare message);
  void StartPrepare(const Place& place, LinkId link, Prepare message);
  void BecomePrepared(const Place& place);
  void VoteNo(Known& c, Sequence id, std::string text);
  void RaiseCleanMark(Known& c, Sequence mark);

  // participant_decisions.cc: second phase and inquiry (R9, R10).
  void OnMessage(Known& c, LinkId link, Commit message);
  void OnMessage(Known& c, LinkId link, Abort message);
  void OnMessage(Known& c, LinkId link, InquiryAnswer message);
  void Handle(participant_input::Committed input);
  void Handle(participant_input::Aborted input);
  void ApplyCommit(Known& c, Sequence id, std::uint64_t decision_number, Sequence clean_mark);
  void CommitKnown(const Place& place);
  void CommitUnknown(Known& c, Sequence id);
  void ApplyAbort(Known& c, Sequence id, AbortCause cause);
  void AbortUnknown(Known& c, Sequence id);
  void AnswerRefused(Known& c, Sequence id);
  void StartCommit(const Place& place);
  void AskToCommit(const Place& place);
  void CommitDone(const Place& place);
  void Hazard(const Place& place, const char* text);
  void StartAbort(const Place& place, AbortCause cause);
  void AskToAbort(const Place& place);
  void RetryResource(const Place& place);
  void Finish(const Place& place, Ended ended);
  void Remember(Known& c, Sequence id, Ended ended);
  void SendAcknowledge(const Known& c, Sequence id);

  // participant_invariants.cc
  struct Totals {
    std::size_t unvoted = 0;
    std::size_t in_doubt = 0;
    std::size_t calls = 0;
    std::size_t timers = 0;
  };
  void CheckCoordinator(const Known& c, Totals* totals) const;
  void CheckBranch(const Known& c, Sequence id, const LocalBranch& branch) const;

  // participant_state.cc
  void DescribeCoordinator(const Known& c, StateText* text) const;
  void DescribeBranch(Sequence id, const LocalBranch& branch, StateText* text) const;

  static bool IsUnvoted(LocalBranchState state) {
    return state == LocalBranchState::kActive || state == LocalBranchState::kPreparing;
  }

  // Tallies follow every transition.
  template <typename Transition>
  void Change(const Place& place, Transition transition) {
    Tally(place.branch, false);
    transition(place.branch);
    Tally(place.branch, true);
  }
  void Tally(const LocalBranch& branch, bool add);
  Place Create(Known& c, Sequence id, LocalBranchState first);

  const ParticipantLimits limits_;
  const Incarnation incarnation_;
  Prng prng_;
  Time now_;
  ParticipantEffects* effects_ = nullptr;  // of the Step under way
  std::map<CoordinatorId, Known> coordinators_;
  std::map<LinkId, Known*> links_;  // current ones only
  std::unordered_map<CallId, RunningCall> calls_;
  TimerQueue<TimedBranch> timers_;
  Known* noted_ = nullptr;  // whose knowledge or mark rose in this Step
  std::uint64_t next_token_ = 1;
  std::size_t unvoted_ = 0;   // ACTIVE and PREPARING
  std::size_t in_doubt_ = 0;  // PREPARED
  ParticipantCounts counts_;
};

}  // namespace assent
