// An agent's way to one coordinator: dials, attaches, carries messages both ways, and knows why it
// is not attached.
//
// The agent's thread only, but for status(). Nothing blocks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assent/v1/attach_service.pb.h"
#include "core/participant_io.h"
#include "participant/agent.h"
#include "runtime/connector.h"
#include "runtime/frames.h"
#include "runtime/mutex.h"

namespace assent {

// What a link asks of its agent; on the agent's thread.
class AgentLinkOwner {
 public:
  virtual ~AgentLinkOwner() = default;

  virtual LinkId NewLinkId() = 0;
  virtual Attach NewAttach() = 0;  // who attaches, with all that the store knows by now
  virtual void Attached(LinkId link, const AttachAnswer& answer) = 0;
  virtual void Detached(LinkId link) = 0;
  virtual void Refused(Reason reason, const std::string& text) = 0;
  virtual void Received(LinkId link, ToParticipant message) = 0;
  virtual void StatusChanged() = 0;
  virtual void Log(AgentLogLevel level, const std::string& text) = 0;
};

class AgentLink final : private LinkOwner {
 public:
  // Both outlive it; it outlives the loop's Run.
  AgentLink(EventLoop* loop, std::string target, Duration refused_retry, AgentLinkOwner* owner);

  void Start();
  // Ends the link; the owner hears Detached if it was attached, and nothing after it.
  void Stop();

  LinkId id() const { return id_; }
  void Send(FromParticipant message);

  // Says so in the log if it has not been attached for `patience`, and again whenever that time has
  // doubled.
  void WarnIfAway(Duration patience);

  AgentCoordinatorStatus status() const;  // any thread

 private:
  // Which crash points a frame crosses.
  struct Carried {
    bool enlist = false;
    bool vote = false;
    bool acknowledge = false;
  };

  void Opened(Link* link) override;
  grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) override;
  bool Take(Link* link, grpc::ByteBuffer* frame) override;
  void Closed(Link* link, const grpc::Status& status) override;

  grpc::Status Accept(ToParticipant message);
  void Answered(const AttachAnswer& answer);
  void Refused(Reason reason, std::string text);
  void NotAttached(const std::string& text);
  void Left();

  const std::string target_;
  const Duration refused_retry_;
  AgentLinkOwner* const owner_;
  Connector connector_;

  LinkId id_ = 0;
  Link* link_ = nullptr;
  bool attached_ = false;
  Time away_since_;      // if not attached
  Duration warn_after_;  // 0: not warned yet
  Outbox outbox_;
  Carried waiting_;  // in the outbox
  Carried written_;  // in the frame that is being written
  std::vector<ToParticipant> messages_;

  mutable Mutex mutex_;
  AgentCoordinatorStatus status_ ASSENT_GUARDED_BY(mutex_);
};

}  // namespace assent
