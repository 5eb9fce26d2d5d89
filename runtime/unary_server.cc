#include "runtime/unary_server.h"

#include <utility>

#include "core/check.h"
#include "runtime/clock.h"
#include "runtime/errors.h"

namespace assent {

class UnaryAcceptor::ServerCall final : public UnaryCall {
 public:
  explicit ServerCall(UnaryAcceptor* acceptor) : acceptor_(acceptor) {
    acceptor_->loop_->Hold();
    context_.AsyncNotifyWhenDone(&ended_);
    acceptor_->arm_(&context_, &request_, &responder_, acceptor_->queue_, &accepted_);
  }

  grpc::ByteBuffer* request() override { return &request_; }
  Time deadline() const override { return FromGrpcTime(context_.raw_deadline()); }
  std::string Peer() const override { return context_.peer(); }

  std::string Metadata(std::string_view key) const override {
    const auto& metadata = context_.client_metadata();
    const auto found = metadata.find(grpc::string_ref(key.data(), key.size()));
    if (found == metadata.end()) return "";
    return std::string(found->second.data(), found->second.size());
  }

  bool cancelled() const override { return cancelled_; }

  void OnCancelled(std::function<void()> cancelled) override {
    if (cancelled_) {
      cancelled();
    } else {
      on_cancelled_ = std::move(cancelled);
    }
  }

  void Reply(const grpc::ByteBuffer& response) override {
    BeginAnswer();
    acceptor_->loop_->traffic()->Sent(response.Length());
    responder_.Finish(response, grpc::Status::OK, &answered_);
  }

  void Fail(const grpc::Status& status) override {
    ASSENT_CHECK(!status.ok(), "a failure is not OK");
    BeginAnswer();
    AddReasonTrailer(status, &context_);
    responder_.FinishWithError(status, &answered_);
  }

 private:
  ~ServerCall() { acceptor_->loop_->Release(); }

  // Not ok: the server shuts down, and nobody called; `ended_` never comes then.
  void OnAccepted(bool ok) {
    if (!ok) {
      delete this;
      return;
    }
    ending_ = true;
    acceptor_->Arm();
    acceptor_->Accepted(this);
  }

  void BeginAnswer() {
    ASSENT_CHECK(!answered_begun_, "a call is answered once");
    answered_begun_ = true;
    answering_ = true;
    on_cancelled_ = nullptr;
    --acceptor_->open_calls_;
  }

  void OnAnswered() {
    answering_ = false;
    DeleteIfOver();
  }

  // The call is over for gRPC: answered, or given up by the client.
  void OnEnded() {
    ending_ = false;
    cancelled_ = context_.IsCancelled();
    const std::function<void()> cancelled = std::exchange(on_cancelled_, nullptr);
    if (cancelled_ && !answered_begun_ && cancelled) cancelled();
    DeleteIfOver();
  }

  // From an event's end only, so that a handler may look at the call after it has answered.
  void DeleteIfOver() {
    if (answered_begun_ && !answering_ && !ending_) delete this;
  }

  UnaryAcceptor* const acceptor_;
  bool answered_begun_ = false;
  bool answering_ = false;  // Finish is under way.
  bool ending_ = false;     // `ended_` is still to come.
  bool cancelled_ = false;
  std::function<void()> on_cancelled_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  UnaryResponder responder_{&context_};
  Operation accepted_{[this](bool ok) { OnAccepted(ok); }};
  Operation answered_{[this](bool) { OnAnswered(); }};
  Operation ended_{[this](bool) { OnEnded(); }};
};

void UnaryCall::Fail(grpc::StatusCode code, std::string_view reason, std::string_view message) {
  Fail(MakeError(code, reason, message));
}

UnaryAcceptor::UnaryAcceptor(EventLoop* loop, grpc::ServerCompletionQueue* queue, ArmUnary arm,
                             Handler handler, const UnaryAcceptorOptions& options)
    : loop_(loop),
      queue_(queue),
      arm_(std::move(arm)),
      handler_(std::move(handler)),
      options_(options) {}

void UnaryAcceptor::Arm() { new ServerCall(this); }

void UnaryAcceptor::Accepted(ServerCall* call) {
  UnaryCall* const accepted = call;
  if (call->request()->Valid()) loop_->traffic()->Received(call->request()->Length());
  if (++open_calls_ > options_.max_calls) {
    accepted->Fail(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS",
                   "the server's limit of unanswered calls is reached; try again later");
  } else if (call->request()->Valid() && call->request()->Length() > options_.max_request_bytes) {
    accepted->Fail(grpc::StatusCode::INVALID_ARGUMENT, "FRAME_TOO_LARGE",
                   "the request is larger than " + std::to_string(options_.max_request_bytes) +
                       " bytes; send less in one call");
  } else {
    handler_(accepted);
  }
}

}  // namespace assent
