#include "runtime/frames.h"

#include <string_view>

#include "core/check.h"
#include "core/reason.h"
#include "runtime/errors.h"

namespace assent {

bool TakeBytes(grpc::ByteBuffer* buffer, grpc::Slice* bytes, WireError* error) {
  // A call without any message has no buffer; it is not the same as an empty message.
  if (!buffer->Valid() || !buffer->DumpToSingleSlice(bytes).ok()) {
    *error = ErrorReply{Reason::kMalformedRequest, "the call carried no message: send one"};
    return false;
  }
  buffer->Clear();
  return true;
}

std::string_view ViewOf(const grpc::Slice& bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

bool ParseBuffer(grpc::ByteBuffer* buffer, google::protobuf::MessageLite* message,
                 WireError* error) {
  grpc::Slice bytes;
  return TakeBytes(buffer, &bytes, error) && ParseWire(ViewOf(bytes), message, error);
}

grpc::ByteBuffer SerializeBuffer(const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  auto* const begin = const_cast<std::uint8_t*>(slice.begin());
  // ByteSizeLong has cached the sizes within.
  ASSENT_CHECK(message.SerializeWithCachedSizesToArray(begin) == begin + size,
               "a message of ours serializes to its size");
  return grpc::ByteBuffer(&slice, 1);
}

grpc::Status ToStatus(const ErrorReply& error) {
  return MakeError(static_cast<grpc::StatusCode>(CodeOf(error.reason)), NameOf(error.reason),
                   error.text);
}

std::string* Outbox::FrameToFill() {
  const bool full =
      frames_.empty() || frames_.back().size() >= kTargetBytes || last_items_ >= kMaxFrameItems / 2;
  if (full) {
    frames_.push_back(std::move(spare_));
    spare_ = std::string();
    last_items_ = 0;
  }
  return &frames_.back();
}

bool Outbox::Take(grpc::ByteBuffer* buffer) {
  if (frames_.empty()) return false;
  spare_ = std::move(frames_.front());
  frames_.pop_front();
  const grpc::Slice slice(spare_.data(), spare_.size());
  *buffer = grpc::ByteBuffer(&slice, 1);
  pending_bytes_ -= spare_.size();
  spare_.clear();
  return true;
}

}  // namespace assent
