// Between gRPC's byte buffers and protobuf's messages, and the frames that wait to be sent on a
// link.
//
// Event thread only. Nothing blocks.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <deque>
#include <utility>

#include "core/messages.h"
#include "proto/wire_convert.h"

namespace assent {

// Parses `buffer` and clears it. False: `error` is what to answer.
bool ParseBuffer(grpc::ByteBuffer* buffer, google::protobuf::MessageLite* message,
                 WireError* error);

// One serialized message, in one slice.
grpc::ByteBuffer SerializeBuffer(const google::protobuf::MessageLite& message);

// An error of ours as gRPC's status, with its reason.
grpc::Status ToStatus(const ErrorReply& error);

// Messages for one link, gathered into frames below the limits of proto/wire_convert.h. `Frame` is
// a frame type that assent::Append takes as its last argument.
template <class Frame>
class Outbox {
 public:
  // Appends one message; the arguments are those of assent::Append, without the frame.
  template <class... Arguments>
  void Add(Arguments&&... arguments) {
    if (frames_.empty() || last_bytes_ >= kTargetBytes || last_items_ >= kMaxFrameItems / 2) {
      frames_.push_back(std::move(spare_));
      spare_ = Frame();
      last_bytes_ = 0;
      last_items_ = 0;
    }
    const std::size_t bytes = Append(std::forward<Arguments>(arguments)..., &frames_.back());
    last_bytes_ += bytes;
    pending_bytes_ += bytes;
    ++last_items_;
  }

  // The next frame, if one waits.
  bool Take(grpc::ByteBuffer* buffer) {
    if (frames_.empty()) return false;
    Frame& frame = frames_.front();
    *buffer = SerializeBuffer(frame);
    const std::size_t bytes = buffer->Length();
    pending_bytes_ -= bytes < pending_bytes_ ? bytes : pending_bytes_;
    frame.Clear();
    spare_ = std::move(frame);
    frames_.pop_front();
    if (frames_.empty()) pending_bytes_ = 0;
    return true;
  }

  bool empty() const { return frames_.empty(); }
  std::size_t pending_bytes() const { return pending_bytes_; }

 private:
  // Half a frame's limit: one more message of the largest payload still fits.
  static constexpr std::size_t kTargetBytes = kMaxFrameBytes / 4;

  std::deque<Frame> frames_;
  Frame spare_;  // keeps its memory for the next frame
  std::size_t last_bytes_ = 0;
  std::size_t last_items_ = 0;
  std::size_t pending_bytes_ = 0;
};

}  // namespace assent
