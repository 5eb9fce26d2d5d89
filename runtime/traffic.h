// What a process has sent and received on its links and calls.
#pragma once

#include <cstdint>

namespace assent {

// Since the start; they only grow. A frame of a stream counts as one; so does the request of a
// unary call, and its answer. Bytes are those of the messages, without gRPC's own.
struct Traffic {
  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;

  void Sent(std::uint64_t bytes) {
    ++frames_sent;
    bytes_sent += bytes;
  }
  void Received(std::uint64_t bytes) {
    ++frames_received;
    bytes_received += bytes;
  }
};

}  // namespace assent
