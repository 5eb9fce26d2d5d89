#include "runtime/watch_server.h"

#include <utility>

#include "runtime/errors.h"

namespace assent {

class WatchAcceptor::Call {
 public:
  explicit Call(WatchAcceptor* acceptor) : acceptor_(acceptor) {
    acceptor_->loop_->Hold();
    context_.AsyncNotifyWhenDone(&ended_);
    acceptor_->arm_(&context_, &request_, &writer_, acceptor_->queue_, &accepted_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void Show() {
    behind_ = writing_;
    if (writing_ || over_) return;
    writing_ = true;
    writer_.Write(acceptor_->show_(request_), &wrote_);
  }

 private:
  ~Call() { acceptor_->loop_->Release(); }

  // Not ok: the server shuts down, and nobody called; `ended_` never comes then.
  void OnAccepted(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    acceptor_->Arm();
    if (acceptor_->calls_.size() >= acceptor_->max_calls_) return Refuse();
    acceptor_->calls_.insert(this);
    Show();
  }

  void Refuse() {
    writing_ = true;
    const grpc::Status status =
        MakeError(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_LINKS",
                  "the server's limit of open streams is reached; try again later");
    AddReasonTrailer(status, &context_);
    writer_.Finish(status, &wrote_);
  }

  // A failed write means that the call is over, which `ended_` tells.
  void OnWrote(bool ok) {
    writing_ = false;
    if (ok && behind_) Show();
    DeleteIfOver();
  }

  // The client has ended the call, or the server did.
  void OnEnded() {
    over_ = true;
    acceptor_->calls_.erase(this);
    DeleteIfOver();
  }

  void DeleteIfOver() {
    if (over_ && !writing_) delete this;
  }

  WatchAcceptor* const acceptor_;
  bool writing_ = false;
  bool behind_ = false;  // what is being written is no longer true
  bool over_ = false;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  WatchWriter writer_{&context_};
  Operation accepted_{[this](bool ok) { OnAccepted(ok); }};
  Operation wrote_{[this](bool ok) { OnWrote(ok); }};
  Operation ended_{[this](bool) { OnEnded(); }};
};

WatchAcceptor::WatchAcceptor(EventLoop* loop, grpc::ServerCompletionQueue* queue, ArmWatch arm,
                             Show show, std::size_t max_calls)
    : loop_(loop),
      queue_(queue),
      arm_(std::move(arm)),
      show_(std::move(show)),
      max_calls_(max_calls) {}

void WatchAcceptor::Arm() { new Call(this); }

void WatchAcceptor::Changed() {
  for (Call* call : calls_) call->Show();
}

}  // namespace assent
