// The server's side of links: takes every stream that a client opens on one method.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <cstddef>
#include <functional>

#include "runtime/link.h"

namespace assent {

using ServerStream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

// Arms one call of a `WithRawMethod_<Name>` service:
//   [this](auto* context, auto* stream, auto* queue, void* tag) {
//     service_.RequestSession(context, stream, queue, queue, tag);
//   }
using ArmStream = std::function<void(grpc::ServerContext*, ServerStream*,
                                     grpc::ServerCompletionQueue*, void* tag)>;

struct StreamAcceptorOptions {
  LinkLimits limits;
  // More are refused: RESOURCE_EXHAUSTED, reason TOO_MANY_LINKS.
  std::size_t max_links = 10000;
};

// Loop's thread only. Outlives its links, that is, the loop's Run; so does `owner`. Always keeps
// one call armed, until the server shuts down.
class StreamAcceptor {
 public:
  // `queue` is the loop's.
  StreamAcceptor(EventLoop* loop, grpc::ServerCompletionQueue* queue, ArmStream arm,
                 LinkOwner* owner, const StreamAcceptorOptions& options = {});
  StreamAcceptor(const StreamAcceptor&) = delete;
  StreamAcceptor& operator=(const StreamAcceptor&) = delete;

  // Once, after the server has started; before Run is fine.
  void Start() { Arm(); }

  std::size_t open_links() const { return open_links_; }

 private:
  class ServerLink;

  void Arm();

  EventLoop* const loop_;
  grpc::ServerCompletionQueue* const queue_;
  const ArmStream arm_;
  LinkOwner* const owner_;
  const StreamAcceptorOptions options_;
  std::size_t open_links_ = 0;
};

}  // namespace assent
