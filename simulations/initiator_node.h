// A simulated initiator: begins transactions, calls services, asks for commit until it knows the
// outcome, asks again, leaves in the middle, dies.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulations/initiator_client.h"
#include "simulations/process.h"
#include "simulations/workload.h"

namespace assent::simulation {

class InitiatorNode final : public Process {
 public:
  InitiatorNode(Context* context, int number, bool uses_sessions);

  // Before the first Start.
  void AddCoordinator(Host* coordinator);
  void AddParticipant(Host* participant) { participants_.push_back(participant); }

  void Start();
  void Crash();

  // Runs `plan` as a transaction, whatever is left to do; at most one at a time.
  void RunProbe(int coordinator, Plan plan);
  bool probe_has_committed() const { return probe_committed_; }

  bool is_idle() const { return attempts_.empty(); }
  // For people: what it still waits for; nothing if it is idle.
  std::vector<std::string> Unfinished() const;

 private:
  // An effect that it knows to be committed.
  struct Look {
    TransactionId id;
    int participant = 0;
  };
  enum class Step { kBegin, kWork, kCommit, kAbort, kAfter };

  struct Attempt {
    int coordinator = 0;
    TransactionId id;
    Time begun;
    Plan plan;
    Step step = Step::kBegin;
    bool is_probe = false;
    bool is_planned = false;
    bool is_settled = false;
    bool has_committed = false;  // as it was told
    std::size_t calls_left = 0;
    bool call_failed = false;
    bool is_eager = false;   // does not wait for its calls
    bool is_broken = false;  // a part of a branch's work is missing: only abort is right
    bool is_complete = false;
    std::optional<Look> look = {};  // what this transaction is for
    CommitRequest request;
  };
  using Number = std::uint64_t;

  void OnFrame(StreamId stream, std::string bytes) override;
  void OnClosed(StreamId stream) override;
  void OnTick() override {}

  void BeginMore();
  void NoteWanted(const Plan& plan);
  void Begin(Number number);
  void Begun(Number number, const std::optional<InitiatorReply>& reply);
  void Peek(Number number, bool is_new);
  void EnlistByName(Number number, std::size_t branch);
  void EnlistedByName(Number number, std::size_t branch,
                      const std::optional<InitiatorReply>& reply);
  void CallServices(Number number);
  void CallService(Number number, const PlannedBranch& branch);
  void CallAgainLater(Number number, Host* service, std::string operations);
  void CallAgain(Number number, Host* service, std::string operations);
  void CheckRetention(const Attempt& attempt);
  void CallDone(Number number, bool done);
  void LookBackLater(const Attempt& attempt);
  void MakeRequest(Attempt* attempt);
  void Commit(Number number);
  void Abort(Number number);
  void AskLater(Number number);
  void AskNow(Number number);
  void Answered(Number number, const std::optional<InitiatorReply>& reply);
  void Refused(Number number, const ErrorReply& error);
  void Settle(Number number, Outcome outcome);
  void AskAgain(Number number);
  void AnsweredAgain(Number number, bool was_different, const std::optional<InitiatorReply>& reply);
  void TryTooMuch(Attempt* attempt);
  void Finish(Number number);
  // True if the initiator leaves this transaction here.
  bool Leaves(Number number);
  // The attempt, unless it is over; answers may come late.
  Attempt* Find(Number number);
  InitiatorClient::Done Then(Number number,
                             void (InitiatorNode::*next)(Number,
                                                         const std::optional<InitiatorReply>&));

  std::vector<Host*> participants_;
  InitiatorClient client_;
  int coordinators_ = 0;
  std::map<Number, Attempt> attempts_;
  std::deque<Look> looks_;
  Number next_number_ = 1;
  bool probe_committed_ = false;
};

}  // namespace assent::simulation
