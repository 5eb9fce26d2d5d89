// Between gRPC's byte buffers and messages, and the frames that wait to be sent on a link.
//
// Event thread only. Nothing blocks.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "core/messages.h"
#include "proto/frame_convert.h"

namespace assent {

// Takes a frame's or a message's bytes out of `buffer` and clears it. False: `error` is what to
// answer.
bool TakeBytes(grpc::ByteBuffer* buffer, grpc::Slice* bytes, WireError* error);

// Valid as long as the slice.
std::string_view ViewOf(const grpc::Slice& bytes);

// Parses `buffer` and clears it. False: `error` is what to answer.
bool ParseBuffer(grpc::ByteBuffer* buffer, google::protobuf::MessageLite* message,
                 WireError* error);

// One serialized message, in one slice.
grpc::ByteBuffer SerializeBuffer(const google::protobuf::MessageLite& message);

// An error of ours as gRPC's status, with its reason.
grpc::Status ToStatus(const ErrorReply& error);

// Messages for one link, gathered into frames below the limits of proto/wire_convert.h.
class Outbox {
 public:
  // Appends one message; the arguments are those of assent::AppendTo, without the frame.
  template <class... Arguments>
  void Add(Arguments&&... arguments) {
    std::string* const frame = FrameToFill();
    const std::size_t before = frame->size();
    AppendTo(frame, std::forward<Arguments>(arguments)...);
    pending_bytes_ += frame->size() - before;
    ++last_items_;
  }

  // The next frame, if one waits.
  bool Take(grpc::ByteBuffer* buffer);

  bool empty() const { return frames_.empty(); }
  std::size_t pending_bytes() const { return pending_bytes_; }

 private:
  // Of a frame's limit a part only: one more message of the largest payload still fits.
  static constexpr std::size_t kTargetBytes = kMaxFrameBytes / 4;

  std::string* FrameToFill();

  std::deque<std::string> frames_;
  std::string spare_;           // empty; keeps its memory for the next frame
  std::size_t last_items_ = 0;  // of the last frame
  std::size_t pending_bytes_ = 0;
};

}  // namespace assent
