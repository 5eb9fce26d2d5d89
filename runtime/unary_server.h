// Unary calls at a server, over raw byte buffers: one shape for every method.
//
// A handler gets the call on the loop's thread and answers it then or later, exactly once, by Reply
// or Fail, even if the client has gone meanwhile. Garbage is the handler's to refuse
// (INVALID_ARGUMENT with a reason): raw handlers see what typed ones would answer with an empty
// UNIMPLEMENTED.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "runtime/event_loop.h"

namespace assent {

// Loop's thread only. Owns itself: the pointer is good until Reply or Fail has been called,
// whatever the client does.
class UnaryCall {
 public:
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;

  // May be consumed. Not Valid() if the client sent no message at all; Length() 0 is a valid empty
  // message.
  virtual grpc::ByteBuffer* request() = 0;

  // The client's; Time::Never() if it set none.
  virtual Time deadline() const = 0;

  // gRPC's text of the client's address.
  virtual std::string Peer() const = 0;

  // The first value of the client's metadata, by lower-case key; empty if there is none.
  virtual std::string Metadata(std::string_view key) const = 0;

  // True once the client has cancelled, gone, or its deadline has passed. The call is still to be
  // answered.
  virtual bool cancelled() const = 0;

  // Called once, when `cancelled` becomes true before an answer (at once if it is): to stop
  // waiting, and to answer.
  virtual void OnCancelled(std::function<void()> cancelled) = 0;

  virtual void Reply(const grpc::ByteBuffer& response) = 0;
  // `status` is not OK; its reason (runtime/errors.h) goes into the trailer, too.
  virtual void Fail(const grpc::Status& status) = 0;
  void Fail(grpc::StatusCode code, std::string_view reason, std::string_view message);

 protected:
  UnaryCall() = default;
  ~UnaryCall() = default;
};

using UnaryResponder = grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>;

// Arms one call of a `WithRawMethod_<Name>` service:
//   [this](auto* context, auto* request, auto* responder, auto* queue, void* tag) {
//     service_.RequestGetTransaction(context, request, responder, queue, queue, tag);
//   }
using ArmUnary = std::function<void(grpc::ServerContext*, grpc::ByteBuffer* request,
                                    UnaryResponder*, grpc::ServerCompletionQueue*, void* tag)>;

struct UnaryAcceptorOptions {
  // A longer request is refused: INVALID_ARGUMENT, reason FRAME_TOO_LARGE. Must lie below
  // gRPC's own limit.
  std::size_t max_request_bytes = std::size_t{1} << 20;
  // More unanswered calls of this method are refused: RESOURCE_EXHAUSTED, reason TOO_MANY_REQUESTS.
  std::size_t max_calls = 10000;
};

// Loop's thread only. Outlives its calls, that is, the loop's Run. Always keeps one call armed,
// until the server shuts down (one that re-arms itself is as fast as many).
class UnaryAcceptor {
 public:
  using Handler = std::function<void(UnaryCall*)>;

  // `queue` is the loop's.
  UnaryAcceptor(EventLoop* loop, grpc::ServerCompletionQueue* queue, ArmUnary arm, Handler handler,
                const UnaryAcceptorOptions& options = {});
  UnaryAcceptor(const UnaryAcceptor&) = delete;
  UnaryAcceptor& operator=(const UnaryAcceptor&) = delete;

  // Once, after the server has started; before Run is fine.
  void Start() { Arm(); }

  std::size_t open_calls() const { return open_calls_; }

 private:
  class ServerCall;

  void Arm();
  void Accepted(ServerCall* call);

  EventLoop* const loop_;
  grpc::ServerCompletionQueue* const queue_;
  const ArmUnary arm_;
  const Handler handler_;
  const UnaryAcceptorOptions options_;
  std::size_t open_calls_ = 0;
};

}  // namespace assent
