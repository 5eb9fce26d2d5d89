// Unary calls at a client, over raw byte buffers, their results on the loop's thread.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "runtime/event_loop.h"

namespace assent {

struct UnaryRequest {
  std::string method;  // "/assent.v1.ParticipantService/Prepare"
  grpc::ByteBuffer body;
  // Required: no call goes without one. May be Never only where the caller surely cancels.
  Time deadline;
  std::vector<std::pair<std::string, std::string>> metadata;  // Keys in lower case.
  // Waits for a connection until the deadline, instead of failing UNAVAILABLE at once.
  bool wait_for_ready = false;
};

struct UnaryResult {
  grpc::Status status;  // Anything but OK: the call may or may not have been executed.
  std::string reason;   // runtime/errors.h; empty if there is none.
  grpc::ByteBuffer body;
};

// A call under way. Loop's thread only; the pointer is good until the callback is called.
class UnaryClientCall {
 public:
  UnaryClientCall(const UnaryClientCall&) = delete;
  UnaryClientCall& operator=(const UnaryClientCall&) = delete;

  // The callback still comes: CANCELLED, unless the result was faster.
  virtual void Cancel() = 0;

 protected:
  UnaryClientCall() = default;
  ~UnaryClientCall() = default;
};

// Starts a call; never blocks. `done` is called exactly once, later, on the loop's thread. Holds
// the loop until then.
UnaryClientCall* StartUnaryCall(EventLoop* loop, const std::shared_ptr<grpc::Channel>& channel,
                                const UnaryRequest& request,
                                std::function<void(UnaryResult*)> done);

}  // namespace assent
