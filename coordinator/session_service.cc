#include "coordinator/session_service.h"

#include <glog/logging.h>

#include <string>
#include <utility>
#include <variant>

#include "coordinator/printable.h"
#include "runtime/crash_point.h"

namespace assent {

// One initiator's stream. Its number as a requester is its session's number, too.
class SessionService::Session final : public Requester {
 public:
  Session(Shell* shell, Link* link) : shell_(shell), link_(link), id_(shell->AddRequester(this)) {
    link_->MarkDirty();
  }

  // The order matters: nobody may be answered through this any more when the session's ids close.
  ~Session() {
    shell_->RemoveRequester(id_);
    shell_->CloseSession(id_);
  }

  SessionId id() const { return id_; }

  void Handle(SessionCall call) {
    if (auto* error = std::get_if<ErrorReply>(&call.request)) {
      Answer(call.correlation_id, std::move(*error));
    } else {
      shell_->Submit(id_, call.correlation_id, std::get<InitiatorRequest>(std::move(call.request)));
    }
  }

  void Answer(std::uint64_t tag, InitiatorReply reply) override {
    ASSENT_CRASH_POINT("coordinator.answer.before_send");
    outbox_.Add(tag, std::move(reply), shell_->core().id());
    link_->MarkDirty(outbox_.pending_bytes());
  }

  // The first frame tells the coordinator's id, at once.
  bool Take(grpc::ByteBuffer* frame) {
    if (!greeted_) {
      v1::SessionResponse hello;
      hello.set_coordinator_id(std::string(shell_->core().id().text()));
      *frame = SerializeBuffer(hello);
      greeted_ = true;
      return true;
    }
    if (answered_) ASSENT_CRASH_POINT("coordinator.session.after_send");
    answered_ = outbox_.Take(frame);
    return answered_;
  }

 private:
  Shell* const shell_;
  Link* const link_;
  const std::uint64_t id_;
  bool greeted_ = false;
  bool answered_ = false;  // the last frame held answers, and has been written when Take comes
  Outbox outbox_;
};

SessionService::SessionService(Shell* shell) : shell_(shell) {}

SessionService::~SessionService() = default;

void SessionService::Opened(Link* link) {
  LOG(INFO) << "session opened from " << link->Peer();
  sessions_.emplace(link, std::make_unique<Session>(shell_, link));
}

grpc::Status SessionService::Frame(Link* link, grpc::ByteBuffer* frame) {
  Session& session = *sessions_.at(link);
  WireError error;
  calls_.clear();
  grpc::Slice bytes;
  if (!TakeBytes(frame, &bytes, &error) ||
      !FromWire(ViewOf(bytes), shell_->core().id(), session.id(), &calls_, &error)) {
    LOG(WARNING) << "session from " << link->Peer() << " refused: " << Printable(error.text);
    return ToStatus(error);
  }
  for (SessionCall& call : calls_) session.Handle(std::move(call));
  return grpc::Status::OK;
}

bool SessionService::Take(Link* link, grpc::ByteBuffer* frame) {
  return sessions_.at(link)->Take(frame);
}

void SessionService::Closed(Link* link, const grpc::Status& status) {
  LOG(INFO) << "session closed: "
            << (status.ok() ? "the client ended" : Printable(status.error_message()));
  sessions_.erase(link);
}

}  // namespace assent
