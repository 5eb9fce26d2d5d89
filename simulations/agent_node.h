// A simulated participant with the agent's core: the real core, dispatcher and store, and a stream
// to each coordinator. What AgentCore and AgentLink do over gRPC is done here over the simulated
// network.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proto/wire_convert.h"
#include "simulations/store_process.h"
#include "simulations/work_call.h"

namespace assent::simulation {

class AgentNode final : public StoreProcess {
 public:
  AgentNode(Context* context, int number, std::unique_ptr<StoreDisk> disk);
  ~AgentNode() override;

  // Before the first Start.
  void AddCoordinator(Host* coordinator);

  bool is_attached_everywhere() const override;
  bool tells_its_life() const override { return true; }

  // Coordinators that have refused this participant, and why, since the last call.
  std::vector<std::pair<const Host*, Reason>> TakeRefusals();

 private:
  struct Link {
    Host* coordinator = nullptr;
    StreamId stream = 0;  // 0: none
    LinkId link = 0;
    bool is_attached = false;
    bool is_dirty = false;
    std::vector<KnownCoordinator> told;  // in its Attach
    std::string outbox;
  };
  struct Call {
    CallNumber number = 0;
    WorkCall work;
    bool is_done = false;
    bool writes = false;
    std::string read = {};  // last
  };

  // Host
  void OnFrame(StreamId stream, std::string bytes) override;
  void OnClosed(StreamId stream) override;
  void OnCall(CallNumber call, Method method, std::string body) override;

  // StoreProcess
  void OnRecovered(const Attach& me) override;
  void OnDown() override;
  void Pump() override;

  // ParticipantSinks
  void Send(LinkId link, FromParticipant message) override;
  void CallAdmitted(CallId call) override;
  void CallRefused(CallId call, Reason reason, const std::string& text) override;
  void Enlisted(CallId call, Reason reason, const std::string& text) override;

  void Dial(Link* link);
  void Redial(Link* link);
  void Take(Link* link, ToParticipant message);
  void Answered(Link* link, const AttachAnswer& answer);
  void Supersede(const AttachAnswer& answer);
  void Work(Call* call);
  void EndCall(CallId call);

  std::vector<Link> links_;

  // Of one life.
  Attach attach_;
  std::map<CallId, Call> calls_;
  CallId next_call_ = 1;
  LinkId next_link_ = 1;
  bool is_superseded_ = false;

  std::vector<std::pair<const Host*, Reason>> refusals_;
};

}  // namespace assent::simulation
