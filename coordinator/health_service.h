// grpc.health.v1 for the whole server, on the event loop: whoever is told that the coordinator
// serves has been answered by the thread that serves.
//
// Loop's thread only. Nothing blocks. Outlives the loop's Run.
#pragma once

#include <grpcpp/completion_queue.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "runtime/event_loop.h"
#include "runtime/unary_server.h"
#include "runtime/watch_server.h"

namespace assent {

// Raw, as all of ours.
class RawHealthService
    : public grpc::health::v1::Health::WithRawMethod_Check<
          grpc::health::v1::Health::WithRawMethod_Watch<grpc::health::v1::Health::Service>> {};

class HealthService {
 public:
  // Not serving at first. `raw` is registered at a server whose queue is the loop's.
  HealthService(EventLoop* loop, grpc::ServerCompletionQueue* queue, RawHealthService* raw);

  // Arms Watch. Check is armed by the caller.
  void Start() { watches_.Start(); }

  void Check(UnaryCall* call);

  // Tells everybody who watches.
  void SetServing(bool serving);

 private:
  grpc::ByteBuffer Show(const grpc::ByteBuffer& request) const;

  bool serving_ = false;
  WatchAcceptor watches_;
};

}  // namespace assent
