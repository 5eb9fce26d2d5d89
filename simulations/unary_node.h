// A simulated participant without the library: ParticipantService over the real core and store, as
// one that keeps the protocol to the letter. A call may come twice, late, out of order, or never.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proto/wire_convert.h"
#include "simulations/codec.h"
#include "simulations/store_process.h"

namespace assent::simulation {

class UnaryNode final : public StoreProcess {
 public:
  UnaryNode(Context* context, int number, std::unique_ptr<StoreDisk> disk)
      : StoreProcess(context, number, std::move(disk)) {}

  bool is_attached_everywhere() const override { return up(); }
  bool tells_its_life() const override { return false; }  // with ListPrepared only

 private:
  // Host
  void OnCall(CallNumber call, Method method, std::string body) override;

  // StoreProcess
  void OnRecovered(const Attach& me) override { me_ = me; }
  void OnDown() override;

  // ParticipantSinks
  void Send(LinkId link, FromParticipant message) override;
  void CallAdmitted(CallId) override {}
  void CallRefused(CallId, Reason, const std::string&) override {}
  void Enlisted(CallId, Reason, const std::string&) override {}
  void Notice(const participant_effect::Notice& notice) override;

  void TakePrepare(CallNumber call, const std::string& body);
  void TakeCommit(CallNumber call, const std::string& body);
  void TakeAbort(CallNumber call, const std::string& body);
  void TakeListPrepared(CallNumber call, const std::string& body);
  // Parses a call's body; what cannot be understood is a violation.
  template <class Request, class Message>
  bool Understand(const std::string& body, Addressee* to, Message* message);
  // The link, in the core, to the coordinator that calls; 0: the call is not for this store, or
  // from a coordinator that has not listed yet what is prepared here.
  LinkId LinkOf(const Addressee& to) const;
  // The coordinator has come, in this life of it, to list what is prepared.
  void Meet(const AttachAnswer& coordinator);
  void Receive(LinkId link, ToParticipant message);
  // Anything that is no protocol answer: the caller takes it for a lost call.
  void Fail(CallNumber call) { context_->network.Reply(call, std::string(kFailedCall)); }

  // Of one life.
  Attach me_;
  std::map<CoordinatorId, LinkId> links_;
  std::map<LinkId, CoordinatorId> coordinators_;
  LinkId next_link_ = 1;
  std::map<TransactionId, CallNumber> prepares_;              // wait for a vote
  std::map<TransactionId, std::vector<CallNumber>> commits_;  // for an acknowledgement
  bool is_refused_ = false;                                   // the Prepare that is being taken
};

}  // namespace assent::simulation
