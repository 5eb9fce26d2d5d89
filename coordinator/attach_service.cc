#include "coordinator/attach_service.h"

#include <glog/logging.h>

#include <optional>
#include <string>
#include <utility>

#include "coordinator/printable.h"
#include "runtime/crash_point.h"

namespace assent {

// One agent's stream.
class AttachService::Agent final : public ParticipantLink {
 public:
  Agent(AttachService* service, Link* link)
      : service_(service), link_(link), id_(service->shell_->AddLink(this, LinkKind::kStream)) {}

  ~Agent() { service_->shell_->RemoveLink(id_); }

  LinkId id() const { return id_; }

  void Send(ToParticipant message) override {
    outbox_.Add(std::move(message));
    link_->MarkDirty(outbox_.pending_bytes());
  }

  // What was sent goes out first: the answer to Attach among it.
  void Close(Reason reason, std::string text) override {
    ending_ = reason == Reason::kNone ? grpc::Status(grpc::StatusCode::CANCELLED, text)
                                      : ToStatus(ErrorReply{reason, std::move(text)});
    link_->MarkDirty();
  }

  // Set: the link ends with it as soon as nothing waits.
  const std::optional<grpc::Status>& ending() const { return ending_; }

  bool Take(grpc::ByteBuffer* frame) {
    // When Take comes, the frame before has been written.
    if (sent_) ASSENT_CRASH_POINT("coordinator.attach.after_send");
    sent_ = outbox_.Take(frame);
    return sent_;
  }

 private:
  AttachService* const service_;
  Link* const link_;
  const LinkId id_;
  bool sent_ = false;
  std::optional<grpc::Status> ending_;
  Outbox outbox_;
};

AttachService::AttachService(Shell* shell) : shell_(shell) {}

AttachService::~AttachService() = default;

void AttachService::Opened(Link* link) {
  agents_.emplace(link, std::make_unique<Agent>(this, link));
}

grpc::Status AttachService::Frame(Link* link, grpc::ByteBuffer* frame) {
  const Agent& agent = *agents_.at(link);
  if (agent.ending()) return *agent.ending();
  const LinkId id = agent.id();
  WireError error;
  messages_.clear();
  grpc::Slice bytes;
  if (!TakeBytes(frame, &bytes, &error) || !FromWire(ViewOf(bytes), &messages_, &error)) {
    LOG(WARNING) << "agent at " << link->Peer() << " refused: " << Printable(error.text);
    return ToStatus(error);
  }
  // The core may close the link on the way; the shell ignores what comes after that.
  for (FromParticipant& message : messages_) shell_->Receive(id, std::move(message));
  return grpc::Status::OK;
}

bool AttachService::Take(Link* link, grpc::ByteBuffer* frame) {
  Agent& agent = *agents_.at(link);
  if (agent.Take(frame)) return true;
  if (agent.ending()) {
    link->Close(*agent.ending());
    agents_.erase(link);
  }
  return false;
}

void AttachService::Closed(Link* link, const grpc::Status& status) {
  VLOG(1) << "agent's link closed: "
          << (status.ok() ? "the agent ended" : Printable(status.error_message()));
  agents_.erase(link);
}

}  // namespace assent
