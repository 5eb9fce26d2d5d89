#include "runtime/unary_client.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include "runtime/clock.h"
#include "runtime/errors.h"

namespace assent {
namespace {

class Call final : public UnaryClientCall {
 public:
  Call(EventLoop* loop, const std::shared_ptr<grpc::Channel>& channel, const UnaryRequest& request,
       std::function<void(UnaryResult*)> done)
      : loop_(loop), stub_(channel), done_(std::move(done)) {
    loop_->Hold();
    context_.set_deadline(ToGrpcTime(request.deadline));
    context_.set_wait_for_ready(request.wait_for_ready);
    for (const auto& entry : request.metadata) context_.AddMetadata(entry.first, entry.second);
    loop_->traffic()->Sent(request.body.Length());
    reader_ = stub_.PrepareUnaryCall(&context_, request.method, request.body, loop_->queue());
    reader_->StartCall();
    reader_->Finish(&result_.body, &result_.status, &finished_);
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  ~Call() { loop_->Release(); }

  void OnFinished() {
    if (result_.status.ok()) loop_->traffic()->Received(result_.body.Length());
    result_.reason = ReasonOf(result_.status, context_);
    done_(&result_);
    delete this;
  }

  EventLoop* const loop_;
  grpc::GenericStub stub_;
  const std::function<void(UnaryResult*)> done_;
  grpc::ClientContext context_;
  UnaryResult result_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  Operation finished_{[this](bool) { OnFinished(); }};
};

}  // namespace

UnaryClientCall* StartUnaryCall(EventLoop* loop, const std::shared_ptr<grpc::Channel>& channel,
                                const UnaryRequest& request,
                                std::function<void(UnaryResult*)> done) {
  return new Call(loop, channel, request, std::move(done));
}

}  // namespace assent
