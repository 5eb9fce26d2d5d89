// A simulated coordinator's way to one participant without the library: one call per message, and
// ListPrepared from time to time. As coordinator/unary_participant.h does it over gRPC.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/coordinator_io.h"
#include "proto/wire_convert.h"
#include "simulations/context.h"

namespace assent::simulation {

// What the coordinator's process does for its unary links.
class UnaryLinkOwner {
 public:
  virtual ~UnaryLinkOwner() = default;
  virtual LinkId AddUnaryLink() = 0;  // opens it in the core
  virtual void RemoveUnaryLink(LinkId link) = 0;
  // Ignored if the link has been closed.
  virtual void ReceiveOn(LinkId link, FromParticipant message) = 0;
  virtual void LosePrepareOn(LinkId link, Sequence id) = 0;
  virtual void AfterDelay(Duration delay, std::function<void()> action) = 0;
  virtual void DescribeMe(CoordinatorId* id, Epoch* epoch, LifeNumber* life) const = 0;
  // This participant's store is refused.
  virtual void Refused(const std::string& participant, Reason reason) = 0;
};

class UnaryLink {
 public:
  UnaryLink(Context* context, Host* me, Host* participant, UnaryLinkOwner* owner)
      : context_(context), me_(me), participant_(participant), owner_(owner) {}

  void Start();  // of the coordinator's process
  LinkId link() const { return link_; }
  void Send(ToParticipant message);
  // The core has closed the link.
  void Closed(Reason reason);

 private:
  void SendPrepare(Prepare prepare);
  void SendCommit(const Commit& commit);
  void SendAbort(const Abort& abort);
  void Poll();
  void PollLater();
  void Polled(const std::optional<std::string>& reply);
  void Contact(Attach attach, const std::vector<Inquire>& prepared);
  void LoseContact();
  Addressee ToIt() const;

  Context* const context_;
  Host* const me_;
  Host* const participant_;
  UnaryLinkOwner* const owner_;
  LinkId link_ = 0;
  bool is_polling_ = false;
  std::set<Sequence> acknowledged_;  // since the poll began
  std::uint64_t last_poll_ = 0;      // the one that is scheduled; earlier ones are void
  StoreId store_;
  Incarnation incarnation_ = 0;
};

}  // namespace assent::simulation
