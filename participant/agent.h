// The participant's agent: makes a service take part in transactions. It drives a resource manager
// (resource_manager.h: the service's store) as the coordinators ask, on links that it dials itself
// and dials again whenever they end.
//
//   assent::KeyValueStore store({.directory = "wallet-data"});
//   assent::Agent agent({.name = "wallet", .coordinators = {"127.0.0.1:7420"}}, &store);
//   if (const std::string error = agent.Start(); !error.empty()) ... say it and exit ...
//
//   // In a handler of a call that carries a transaction:
//   assent::Enlistment work = agent.Enlist(*context);
//   if (!work.ok()) return work.ToStatus();
//   ... store.Branch(work.transaction()).Add("alice", -10, 0) ...
//   return work.Wait();  // before the answer goes out
//
// A transaction whose work travels as payload needs no handler at all.
//
// Threads: Agent is thread-safe, apart from Start and Stop; an Enlistment belongs to one thread at
// a time. The agent has one thread of its own, and never runs user code on it but the two
// functions of its options, which must not block or call back.
//
// Durable: nothing of its own. A vote, an acknowledgement or an attachment leaves only after the
// resource manager has said that what it tells of is durable.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/participant.h"
#include "core/reason.h"
#include "participant/resource_manager.h"

namespace assent {

class AgentCore;

enum class AgentLogLevel : std::uint8_t { kInfo = 0, kWarning = 1, kError = 2 };

struct AgentOptions {
  std::string name;  // the participant's; stable, 1 to 64 of a-z 0-9 . _ -
  // gRPC targets, at least one, each another coordinator's.
  std::vector<std::string> coordinators = {"127.0.0.1:7420"};

  // Enlistment::Wait, unless it is told otherwise.
  std::chrono::milliseconds enlist_timeout{10'000};
  // After a coordinator has refused this participant: how long until it is asked again.
  std::chrono::milliseconds refused_retry{5'000};
  // A step of the resource manager that takes longer is warned of, once per such time; so is a
  // coordinator that was not attached to for so long, and then for twice that, and so on.
  std::chrono::milliseconds hung_after{10'000};
  // A branch that has not voted is dropped, with its locks, when its coordinator was not attached
  // for so long; its transaction aborts.
  std::chrono::milliseconds drop_after_away{60'000};
  std::size_t max_active_branches = 100'000;  // that have not voted; more are refused

  // What people should know. Empty: glog.
  std::function<void(AgentLogLevel, const std::string&)> log;
  // The resource manager has failed (R8): nothing is voted or acknowledged any more, and the
  // process must exit, so that the next start reads what is there. Or a coordinator has refused its
  // store as a copy (R3), and it is marked: later starts are refused until an operator has decided.
  // Empty: it aborts the process.
  std::function<void(const std::string& error)> failed;
};

// One call's part in a branch. A Prepare that comes before the last of the branch's calls has
// ended, by Finish or the handle's end, is answered with a no. Movable; may outlive the agent.
class Enlistment {
 public:
  Enlistment(Enlistment&& other) noexcept;
  Enlistment& operator=(Enlistment&& other) noexcept;
  ~Enlistment();  // Finish()

  // False: the call must not work for the transaction; reason() and text() say why.
  bool ok() const { return reason_ == Reason::kNone; }
  Reason reason() const { return reason_; }
  const std::string& text() const { return text_; }

  const TransactionId& transaction() const { return id_; }
  std::string id() const { return id_.ToText(); }

  // Blocks until the coordinator has acknowledged the enlistment or refused it, at most `timeout`
  // (0: the options'). Before the call's answer goes out; the handle must end before that, too.
  // OK, or what to answer with: DEADLINE_EXCEEDED if nothing came, else as ToStatus. What was
  // refused is rolled back by the agent.
  grpc::Status Wait(std::chrono::milliseconds timeout = std::chrono::milliseconds(0));

  // The call does no more work for the branch. May be repeated.
  void Finish();

  // OK, or the refusal with its reason (runtime/errors.h: ReasonOf reads it).
  grpc::Status ToStatus() const;

 private:
  friend class AgentCore;
  struct State;
  Enlistment(Reason reason, std::string text);
  explicit Enlistment(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // null: refused, or finished
  TransactionId id_;
  Reason reason_ = Reason::kNone;
  std::string text_;
};

struct AgentBranch {
  std::string id;
  LocalBranchState state = LocalBranchState::kActive;
  std::chrono::microseconds age{0};  // in this state
};

// One coordinator, as its agent sees it.
struct AgentCoordinatorStatus {
  std::string target;
  bool attached = false;
  std::string coordinator;  // its id; empty: never attached in this process
  std::uint64_t epoch = 0;
  Reason refused = Reason::kNone;  // why it does not accept this participant
  std::string text;                // why it is not attached, for people; empty if it is
};

class Agent {
 public:
  // `resource_manager` must outlive the agent, and is the agent's alone: it starts and stops it.
  Agent(AgentOptions options, ResourceManager* resource_manager);
  ~Agent();  // Stop()
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Starts the resource manager and begins to dial. Blocks as long as that start. Once. Empty, or
  // why not and what to do.
  std::string Start();

  // Ends the links (a coordinator aborts what has not voted), finishes what the resource manager is
  // at, and stops it. Blocks as long as that takes: a hung callback hangs it. May be repeated.
  void Stop();
  // The same, but gives up after `timeout`. False: the resource manager is still at something, and
  // Stop, or the destructor, would wait for it. The links are ended and nothing is told any more,
  // so that the process may end there and then (std::_Exit): that is a crash, which loses nothing.
  [[nodiscard]] bool StopWithin(std::chrono::milliseconds timeout);

  // For a call that carries a transaction (metadata `assent-transaction`) or is told one by its id.
  // Waits for the agent's own thread only; the enlistment goes out at once.
  Enlistment Enlist(const grpc::ServerContext& context);
  Enlistment Enlist(std::string_view id);

  // Attached to every coordinator.
  bool attached() const;
  // Blocks until then, at most `timeout`; attached().
  bool WaitUntilAttached(std::chrono::milliseconds timeout) const;
  std::vector<AgentCoordinatorStatus> coordinators() const;

  // What is not finished, in the order of ids; empty before Start and after Stop. A branch that
  // stays PREPARING, COMMITTING or ABORTING waits for the resource manager.
  std::vector<AgentBranch> branches() const;
  // Those that the resource manager has been at for at least `duration`: a hung callback shows
  // here. It is never a yes.
  std::vector<AgentBranch> RunningAtLeast(std::chrono::milliseconds duration) const;
  ParticipantCounts counts() const;
  std::size_t in_doubt() const;  // voted yes, decision not known

 private:
  std::shared_ptr<AgentCore> core_;
};

}  // namespace assent
