#include "runtime/server.h"

#include "runtime/clock.h"

namespace assent {

void ShutdownServer(grpc::Server* server, Duration grace) {
  server->Shutdown(ToGrpcTime(MonotonicNow() + grace));
}

}  // namespace assent
