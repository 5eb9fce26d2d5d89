// The inside of Coordinator: all transactions of one coordinator, cut by what comes in:
// coordinator.cc (dispatch, log, time), coordinator_requests.cc (initiators),
// coordinator_answers.cc (what they are told), coordinator_links.cc (participants),
// coordinator_decisions.cc (voting, deciding, second phase); coordinator_views.cc and
// coordinator_invariants.cc only look.
//
// States live in the classes that own them: Transaction, IdLedger, IdBlocks, Registry. Nothing here
// iterates a hash map to produce effects.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/coordinator.h"
#include "core/finished.h"
#include "core/id_blocks.h"
#include "core/id_ledger.h"
#include "core/prng.h"
#include "core/registry.h"
#include "core/timer_queue.h"
#include "core/transaction.h"

namespace assent {

class StateText;

class Coordinator::Impl {
 public:
  Impl(const CoordinatorLimits& limits, RecoveredLog recovered, LifeNumber life, std::uint64_t seed,
       Time now);

  void Step(CoordinatorInput input, Time now, CoordinatorEffects* effects);
  Time NextDeadline() const;

  const CoordinatorId& id() const { return id_; }
  Epoch epoch() const { return epoch_; }
  LifeNumber life() const { return life_; }
  bool Drained() const { return undecided_ == 0; }
  std::vector<TransactionView> ListTransactions(Sequence after, std::size_t limit,
                                                bool unfinished_only, Time now) const;
  std::vector<ParticipantView> ListParticipants() const;
  const CoordinatorCounts& counts() const { return counts_; }
  std::size_t open_transactions() const { return unfinished_; }
  void CheckInvariants() const;
  std::string DescribeState(Duration grain) const;

 private:
  using Refusal = Registry::Refusal;
  using Standing = IdLedger::Standing;
  using Branch = Transaction::Branch;

  enum class Phase : std::uint8_t {
    kServing,
    kSuperseding,  // the SUPERSEDED mark is being written: nothing is decided or answered any more
    kHalted,
  };
  // A log effect whose durability something waits for.
  struct Pending {
    enum class Kind : std::uint8_t { kDecision, kAcknowledged, kBinding, kSuperseded };
    LogTicket ticket = 0;
    Kind kind = Kind::kDecision;
    Sequence id;
    std::uint64_t bits = 0;  // of kAcknowledged
    RequestId request = 0;   // of kBinding
  };

  // --- coordinator.cc: dispatch, the log, time
  void Restore(RecoveredLog* recovered);
  void Handle(coordinator_input::Logged input);
  void Handle(coordinator_input::LogFailed input);
  void Handle(coordinator_input::Tick input);
  void HandleWhenStopped(CoordinatorInput* input);
  void CompleteLogged(const Pending& pending);
  LogTicket Log(LogUpdate update, bool urgent);
  void Halt(Reason reason, std::string text);
  void FailWaiters(Reason reason);
  void ExpireIds();
  void Expire(const IdLedger::Range& range);
  void TrimRemembered();
  void KeepFinished();
  bool AcknowledgedDurably(const Transaction& transaction) const;
  std::size_t remembered() const { return finished_.size() + transactions_.size() - unfinished_; }
  void ForgetIfOver(Sequence id);
  void RemoveRecords();
  Time NextUpkeep() const;
  void OnTimer(Transaction* transaction);
  void Arm(Transaction* transaction);
  template <typename Effect>
  void Emit(Effect effect) {
    effects_->push_back(std::move(effect));
  }
  void Note(NoticeKind kind, std::string_view participant, Sequence id, std::string text);

  // --- coordinator_requests.cc: initiators and operators
  void Handle(coordinator_input::Requested input);
  void Handle(coordinator_input::RequestCancelled input);
  void Handle(coordinator_input::SessionClosed input);
  void Handle(coordinator_input::DrainRequested input);
  void Handle(coordinator_input::AdmissionClosed input);
  void Handle(coordinator_input::ReplaceParticipant input);
  void Serve(RequestId request, BeginRequest body);
  void Serve(RequestId request, OpenBlockRequest body);
  void Serve(RequestId request, const EnlistRequest& body);
  void Serve(RequestId request, CommitRequest body);
  void Serve(RequestId request, AbortRequest body);
  void Serve(RequestId request, GetRequest body);
  void JoinCommit(RequestId request, const CommitRequest& body, Transaction* transaction);
  Refusal CheckEnlistable(const TransactionId& id, const KnownParticipant* participant) const;
  // Enlists in a transaction that CheckEnlistable() let in, opening it if need be.
  Refusal Enlist(Sequence id, KnownParticipant* participant);

  // --- coordinator_answers.cc: what they are told, and what is refused at the door
  // R1, for an id without a transaction in memory.
  void AnswerWithoutTransaction(RequestId request, const TransactionId& id);
  void Reply(RequestId request, InitiatorReply body);
  bool Refused(RequestId request, Refusal refusal);
  Refusal CheckRange(const TransactionId& id) const;
  Refusal CheckFollowing(const AbortRequest& body) const;
  Refusal CheckBranches(const CommitRequest& body) const;
  Refusal CheckRoom(const Transaction& transaction, const CommitRequest& body) const;
  Refusal CheckAdmission() const;
  Refusal CheckAwaited(const CommitRequest& body) const;
  Refusal CheckWaiters(const Transaction& transaction) const;
  Transaction* Open(Sequence id, Duration timeout);
  Duration CappedTimeout(Duration timeout) const;
  OutcomeReply MakeOutcome(const Transaction& transaction) const;
  OutcomeReply MakeUnknown(const Transaction& transaction) const;
  // Answers the waiters for which `wait_for` is over.
  void AnswerWaiters(Transaction* transaction, bool completed);
  // Answers the waiters for which `ends(waiter)` is true with what is known, though they waited for
  // more.
  template <typename Predicate>
  void EndWaiting(Transaction* transaction, Predicate ends);

  // --- coordinator_links.cc: participants
  void Handle(coordinator_input::LinkOpened input);
  void Handle(coordinator_input::Received input);
  void Handle(coordinator_input::LinkClosed input);
  void Handle(coordinator_input::PrepareLost input);
  void Take(LinkId link, const Attach& attach);
  void Take(LinkId link, Vote vote);
  void Take(LinkId link, const Acknowledge& acknowledge);
  void Take(LinkId link, const assent::Enlist& enlist);
  void Take(LinkId link, const Inquire& inquire);
  Refusal CheckAttach(const Attach& attach) const;
  std::string SupersededBy(const Attach& attach) const;
  void Supersede(LinkId link, std::string_view participant, std::string text);
  void RefuseAttach(LinkId link, std::string_view participant, Refusal refusal);
  void Admit(LinkId link, const Attach& attach);
  void CatchUp(KnownParticipant* participant);
  void Misbehaved(LinkId link, Reason reason, std::string text);
  void CloseLink(LinkId link, Reason reason, std::string text);
  void Detach(LinkId link, AbortReason reason, std::string_view why);
  void LoseVotes(KnownParticipant* participant, AbortReason reason);
  void LoseAcknowledgements(KnownParticipant* participant);
  void Answer(const KnownParticipant& participant, const InquiryAnswer& answer);
  InquiryAnswer Judge(const KnownParticipant& participant, Sequence id) const;
  void NoteStray(NoticeKind ignored, NoticeKind foreign, const KnownParticipant& participant,
                 Sequence id);

  // --- coordinator_decisions.cc: voting, deciding, second phase
  void StartCommit(Transaction* transaction, CommitRequest* body, std::uint64_t hash);
  // Adds the listed branches; false if that aborted the transaction.
  bool AddListed(Transaction* transaction, std::vector<BranchRequest>* listed);
  bool CheckAttached(Transaction* transaction);
  void SendPrepares(Transaction* transaction);
  void SendPrepare(Transaction* transaction, int index);
  void NotePrepared(KnownParticipant* participant, Sequence id);
  bool AwaitsVote(const KnownParticipant* participant, Sequence id) const;
  void CountVote(Transaction* transaction, int branch, Vote vote);
  void Decide(Transaction* transaction);
  void BecomeDurable(Transaction* transaction);
  // `is_counted`: it is due now, and not because it was late or its participant away.
  void SendCommit(Transaction* transaction, int branch, bool is_counted);
  void Repeat(Transaction* transaction);
  void ScheduleRepetition(Transaction* transaction);
  void RecordAcknowledged(Transaction* transaction);
  void AcknowledgementDurable(const Pending& pending);
  void Acknowledged(Transaction* transaction, int branch);
  void AbortTransaction(Transaction* transaction, Transaction::Abortion abortion);
  void SendAborts(const Transaction& transaction);
  Sequence CleanMark(const KnownParticipant& participant) const;

  // --- coordinator_invariants.cc
  void CheckTransaction(const Transaction& transaction) const;
  void CheckParticipants() const;
  void CheckCounts() const;
  void CheckLog() const;

  // --- coordinator_state.cc
  void DescribeIds(StateText* text) const;
  void DescribeParticipants(StateText* text) const;
  void DescribeTransaction(const Transaction& transaction, StateText* text) const;

  // One that is under way, or finished. What is among `finished_` is rebuilt: it is a copy, valid
  // until the next Find.
  Transaction* Find(Sequence id);
  const Transaction* Find(Sequence id) const;
  const Transaction* FindUnderWay(Sequence id) const;
  // In the order of their ids.
  template <typename Visitor>
  void ForEachUnderWay(Visitor visit) const {
    transactions_.ForEach(
        [&](Sequence, const std::unique_ptr<Transaction>& transaction) { visit(*transaction); });
  }
  // Ids of those under way for which `predicate` holds, in order.
  template <typename Predicate>
  std::vector<Sequence> Select(Predicate predicate) const {
    std::vector<Sequence> ids;
    ForEachUnderWay([&](const Transaction& transaction) {
      if (predicate(transaction)) ids.push_back(transaction.id());
    });
    return ids;
  }

  const CoordinatorLimits limits_;
  const CoordinatorId id_;
  const Epoch epoch_;
  const LifeNumber life_;
  const std::uint64_t recovered_decision_number_;

  Time now_;
  CoordinatorEffects* effects_ = nullptr;  // of the step under way
  Phase phase_ = Phase::kServing;
  Reason stop_reason_ = Reason::kNone;
  bool draining_ = false;
  std::string admission_closed_;  // why nothing is begun or opened; empty: it is
  Prng prng_;
  CoordinatorCounts counts_;

  IdLedger ledger_;
  IdBlocks blocks_;
  Registry registry_;
  // Under way: until a finished one's acknowledgements are durable, and the step is over.
  SequenceMap<std::unique_ptr<Transaction>> transactions_;
  FinishedTransactions finished_;
  std::vector<Sequence> ending_;  // in this step: those that may be over
  mutable std::optional<Transaction> found_;
  TimerQueue<Transaction> timers_;
  std::size_t undecided_ = 0;   // transactions in ACTIVE, PREPARING, DECIDING
  std::size_t unfinished_ = 0;  // those and COMMITTING
  std::size_t recovered_unfinished_ = 0;

  std::uint64_t last_decision_number_;
  LogTicket last_ticket_ = 0;
  LogTicket logged_ = 0;
  std::deque<Pending> pending_;  // in the order of their tickets
  Time last_upkeep_;
  Sequence recorded_horizon_;
  // Finished decisions that are forgotten here and still recorded; removed below the horizon.
  std::priority_queue<Sequence, std::vector<Sequence>, std::greater<>> removable_;
};

template <typename Predicate>
void Coordinator::Impl::EndWaiting(Transaction* transaction, Predicate ends) {
  const bool known = transaction->state() == TransactionState::kCommitting;
  for (const Transaction::Waiter& waiter : transaction->TakeWaiters(ends)) {
    Reply(waiter.request, known ? MakeOutcome(*transaction) : MakeUnknown(*transaction));
  }
  Arm(transaction);
}

}  // namespace assent
