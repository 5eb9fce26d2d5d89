#include "runtime/frames.h"

#include <string_view>

#include "core/check.h"
#include "core/reason.h"
#include "runtime/errors.h"

namespace assent {
namespace {

std::string_view BytesOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

}  // namespace

bool ParseBuffer(grpc::ByteBuffer* buffer, google::protobuf::MessageLite* message,
                 WireError* error) {
  grpc::Slice slice;
  // A call without any message has no buffer; it is not the same as an empty message.
  if (!buffer->Valid() || !buffer->DumpToSingleSlice(&slice).ok()) {
    *error = ErrorReply{Reason::kMalformedRequest, "the call carried no message: send one"};
    return false;
  }
  buffer->Clear();
  return ParseWire(BytesOf(slice), message, error);
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

}  // namespace assent
