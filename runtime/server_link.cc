#include "runtime/server_link.h"

#include <string>

#include "runtime/errors.h"

namespace assent {

class StreamAcceptor::ServerLink final : public Link {
 public:
  explicit ServerLink(StreamAcceptor* acceptor)
      : Link(acceptor->loop_, acceptor->owner_, acceptor->options_.limits), acceptor_(acceptor) {
    acceptor_->arm_(&context_, &stream_, acceptor_->queue_, &accepted_);
  }

  std::string Peer() const override { return context_.peer(); }

  std::string Metadata(std::string_view key) const override {
    const auto& metadata = context_.client_metadata();
    const auto found = metadata.find(grpc::string_ref(key.data(), key.size()));
    if (found == metadata.end()) return "";
    return std::string(found->second.data(), found->second.size());
  }

 private:
  ~ServerLink() override {
    if (counted_) --acceptor_->open_links_;
  }

  // Not ok: the server shuts down, and nobody called.
  void OnAccepted(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    acceptor_->Arm();
    counted_ = true;
    if (++acceptor_->open_links_ > acceptor_->options_.max_links) {
      Silence();
      End(MakeError(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_LINKS",
                    "the server's limit of open streams is reached; try again later"));
    } else {
      BecomeOpen();
    }
    Advance();
  }

  void StartRead(grpc::ByteBuffer* frame, Event* done) override { stream_.Read(frame, done); }
  void StartWrite(const grpc::ByteBuffer& frame, Event* done) override {
    stream_.Write(frame, done);
  }
  void StartFinish(Event* done) override {
    AddReasonTrailer(status(), &context_);
    stream_.Finish(status(), done);
  }
  void CancelStream() override { context_.TryCancel(); }
  bool MayFinish() const override { return !writing(); }
  void ReadEnded() override { Refused(cut_off() ? PeerDoesNotRead() : grpc::Status::OK); }
  void Refused(const grpc::Status& status) override {
    End(status);
    TellClosed(status);
  }

  StreamAcceptor* const acceptor_;
  bool counted_ = false;
  grpc::ServerContext context_;
  ServerStream stream_{&context_};
  Operation accepted_{[this](bool ok) { OnAccepted(ok); }};
};

StreamAcceptor::StreamAcceptor(EventLoop* loop, grpc::ServerCompletionQueue* queue, ArmStream arm,
                               LinkOwner* owner, const StreamAcceptorOptions& options)
    : loop_(loop), queue_(queue), arm_(std::move(arm)), owner_(owner), options_(options) {}

void StreamAcceptor::Arm() { new ServerLink(this); }

}  // namespace assent
