// A simulated participant with the agent's core: the real core, dispatcher and store, and a stream
// to each coordinator. What AgentCore and AgentLink do over gRPC is done here over the simulated
// network.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/participant.h"
#include "participant/participant_dispatcher.h"
#include "proto/wire_convert.h"
#include "simulations/store_process.h"
#include "simulations/work_call.h"

namespace assent::simulation {

class AgentNode final : public StoreProcess, public ParticipantSinks {
 public:
  AgentNode(Context* context, int number, std::unique_ptr<StoreDisk> disk);
  ~AgentNode() override;

  // Before the first Start.
  void AddCoordinator(Host* coordinator);

  std::size_t unfinished_branches() const override;
  bool is_attached_everywhere() const override;
  const Participant* core() const { return core_.get(); }

  // Coordinators that have refused this participant, and why, since the last call.
  std::vector<std::pair<const Host*, Reason>> TakeRefusals();

 private:
  struct Link {
    Host* coordinator = nullptr;
    StreamId stream = 0;  // 0: none
    LinkId link = 0;
    bool is_attached = false;
    bool is_dirty = false;
    v1::AttachRequest outbox;
  };
  struct Call {
    CallNumber number = 0;
    WorkCall work;
    bool is_done = false;
    bool writes = false;
  };

  // Host
  void OnFrame(StreamId stream, std::string bytes) override;
  void OnClosed(StreamId stream) override;
  void OnCall(CallNumber call, Method method, std::string body) override;
  void OnTick() override;

  // StoreProcess
  void OnRecovered(RecoveredStore recovered) override;
  void OnDown() override;
  void OnCompleted(std::vector<ResourceCompletion> completions) override;

  // ParticipantSinks
  void Send(LinkId link, FromParticipant message) override;
  void CallAdmitted(CallId call) override;
  void CallRefused(CallId call, Reason reason, const std::string& text) override;
  void Enlisted(CallId call, Reason reason, const std::string& text) override;
  void Notice(const participant_effect::Notice& notice) override;

  void Dial(Link* link);
  void Redial(Link* link);
  void Take(Link* link, ToParticipant message);
  void Answered(Link* link, const AttachAnswer& answer);
  void Supersede(const AttachAnswer& answer);
  void Work(Call* call);
  void EndCall(CallId call);
  void Step(ParticipantInput input);
  void Pump();

  std::vector<Link> links_;

  // Of one life.
  std::unique_ptr<ParticipantDispatcher> dispatcher_;
  std::unique_ptr<Participant> core_;
  ParticipantEffects effects_;
  Attach attach_;
  std::set<CoordinatorId> known_;
  std::map<CallId, Call> calls_;
  CallId next_call_ = 1;
  LinkId next_link_ = 1;
  std::uint64_t steps_ = 0;
  bool is_superseded_ = false;

  std::vector<std::pair<const Host*, Reason>> refusals_;
};

}  // namespace assent::simulation
