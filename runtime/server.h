// Ending a gRPC server whose calls are served by an EventLoop.
#pragma once

#include <grpcpp/server.h>

#include "core/time.h"

namespace assent {

// Refuses new calls, brings armed calls back to the loop, and cancels what is still open after
// `grace`. Blocks until every call has ended, so the loop must be running meanwhile: call it on
// another thread, never on the loop's. Then join the writer threads, post EventLoop::Close, and
// join the loop's thread; destroy the server before the queue.
void ShutdownServer(grpc::Server* server, Duration grace);

}  // namespace assent
