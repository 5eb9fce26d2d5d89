// Server-streaming calls that show something as it changes, over raw byte buffers.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <functional>
#include <set>

#include "runtime/event_loop.h"

namespace assent {

using WatchWriter = grpc::ServerAsyncWriter<grpc::ByteBuffer>;

// Arms one call of a `WithRawMethod_<Name>` service:
//   [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
//     service_.RequestWatch(context, request, writer, queue, queue, tag);
//   }
using ArmWatch = std::function<void(grpc::ServerContext*, grpc::ByteBuffer* request, WatchWriter*,
                                    grpc::ServerCompletionQueue*, void* tag)>;

// Loop's thread only; nothing blocks. Outlives its calls, that is, the loop's Run. Always keeps one
// call armed, until the server shuts down, which also ends the calls. A client that does not read
// costs one message: it is shown what is true when it reads on.
class WatchAcceptor {
 public:
  // What a call with this request is to see now; may take `request` apart, at each call anew.
  using Show = std::function<grpc::ByteBuffer(const grpc::ByteBuffer& request)>;

  // `queue` is the loop's. More calls than `max_calls` are refused: RESOURCE_EXHAUSTED, reason
  // TOO_MANY_LINKS.
  WatchAcceptor(EventLoop* loop, grpc::ServerCompletionQueue* queue, ArmWatch arm, Show show,
                std::size_t max_calls);
  WatchAcceptor(const WatchAcceptor&) = delete;
  WatchAcceptor& operator=(const WatchAcceptor&) = delete;

  // Once, after the server has started; before Run is fine.
  void Start() { Arm(); }

  // Every call is shown what is true now.
  void Changed();

 private:
  class Call;

  void Arm();

  EventLoop* const loop_;
  grpc::ServerCompletionQueue* const queue_;
  const ArmWatch arm_;
  const Show show_;
  const std::size_t max_calls_;
  std::set<Call*> calls_;  // open ones; they own themselves
};

}  // namespace assent
