// Between gRPC's byte buffers and protobuf's messages, and the frames that wait to be sent on a
// link.
//
// Event thread only. Nothing blocks.
#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "core/messages.h"
#include "proto/wire_convert.h"

namespace assent {

// A frame in memory of its own, which Reset empties and keeps.
template <class Frame>
class ArenaFrame {
 public:
  ArenaFrame() : frame_(google::protobuf::Arena::CreateMessage<Frame>(&arena_)) {}
  ArenaFrame(const ArenaFrame&) = delete;
  ArenaFrame& operator=(const ArenaFrame&) = delete;

  Frame* get() { return frame_; }
  void Reset() {
    arena_.Reset();
    frame_ = google::protobuf::Arena::CreateMessage<Frame>(&arena_);
  }

 private:
  static constexpr std::size_t kBlockBytes = 16 * 1024;  // holds some hundred small messages

  static google::protobuf::ArenaOptions OptionsWith(char* block) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = kBlockBytes;
    return options;
  }

  const std::unique_ptr<char[]> block_{new char[kBlockBytes]};
  google::protobuf::Arena arena_{OptionsWith(block_.get())};
  Frame* frame_;
};

// Parses `buffer` and clears it. False: `error` is what to answer.
bool ParseBuffer(grpc::ByteBuffer* buffer, google::protobuf::MessageLite* message,
                 WireError* error);

// Reads frames of one kind, one after the other, into the same memory: what a frame's messages are
// made of is neither allocated nor freed one by one.
template <class Frame>
class FrameReader {
 public:
  // The frame, valid until the next call; null: `error` is what to answer. Clears `buffer`.
  Frame* Read(grpc::ByteBuffer* buffer, WireError* error) {
    frame_.Reset();
    return ParseBuffer(buffer, frame_.get(), error) ? frame_.get() : nullptr;
  }

 private:
  ArenaFrame<Frame> frame_;
};

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
      if (spare_ == nullptr) spare_ = std::make_unique<ArenaFrame<Frame>>();
      frames_.push_back(std::move(spare_));
      last_bytes_ = 0;
      last_items_ = 0;
    }
    const std::size_t bytes = Append(std::forward<Arguments>(arguments)..., frames_.back()->get());
    last_bytes_ += bytes;
    pending_bytes_ += bytes;
    ++last_items_;
  }

  // The next frame, if one waits.
  bool Take(grpc::ByteBuffer* buffer) {
    if (frames_.empty()) return false;
    *buffer = SerializeBuffer(*frames_.front()->get());
    const std::size_t bytes = buffer->Length();
    pending_bytes_ -= bytes < pending_bytes_ ? bytes : pending_bytes_;
    spare_ = std::move(frames_.front());
    spare_->Reset();
    frames_.pop_front();
    if (frames_.empty()) pending_bytes_ = 0;
    return true;
  }

  bool empty() const { return frames_.empty(); }
  std::size_t pending_bytes() const { return pending_bytes_; }

 private:
  // Half a frame's limit: one more message of the largest payload still fits.
  static constexpr std::size_t kTargetBytes = kMaxFrameBytes / 4;

  std::deque<std::unique_ptr<ArenaFrame<Frame>>> frames_;
  std::unique_ptr<ArenaFrame<Frame>> spare_;  // keeps its memory for the next frame
  std::size_t last_bytes_ = 0;
  std::size_t last_items_ = 0;
  std::size_t pending_bytes_ = 0;
};

}  // namespace assent
