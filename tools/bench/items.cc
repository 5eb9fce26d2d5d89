#include "tools/bench/items.h"

#include <grpcpp/support/slice.h>

#include <cstring>
#include <utility>

namespace assent::bench {
namespace {

constexpr std::size_t kHeadBytes = sizeof(std::uint32_t) + 1 + sizeof(std::uint64_t);
// Frames as large as the product's.
constexpr std::size_t kTargetFrameBytes = std::size_t{256} << 10;

template <class T>
void AppendRaw(T value, std::string* frame) {
  frame->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T>
T TakeRaw(std::string_view* bytes) {
  T value;
  std::memcpy(&value, bytes->data(), sizeof(value));
  bytes->remove_prefix(sizeof(value));
  return value;
}

// False at the end, or if what is left is no item.
bool TakeItem(std::string_view* bytes, Item* item) {
  if (bytes->size() < kHeadBytes) return false;
  const auto size = TakeRaw<std::uint32_t>(bytes);
  item->kind = static_cast<ItemKind>(TakeRaw<std::uint8_t>(bytes));
  item->id = TakeRaw<std::uint64_t>(bytes);
  if (bytes->size() < size) return false;
  item->body = bytes->substr(0, size);
  bytes->remove_prefix(size);
  return true;
}

}  // namespace

ItemLinks::ItemLinks(Received received, Changed opened)
    : received_(std::move(received)), opened_(std::move(opened)) {}

void ItemLinks::Send(Link* link, const Item& item) {
  const auto found = outboxes_.find(link);
  if (found == outboxes_.end()) return;
  std::deque<std::string>& frames = found->second;
  if (frames.empty() || frames.back().size() >= kTargetFrameBytes) frames.emplace_back();
  std::string* frame = &frames.back();
  AppendRaw(static_cast<std::uint32_t>(item.body.size()), frame);
  AppendRaw(static_cast<std::uint8_t>(item.kind), frame);
  AppendRaw(item.id, frame);
  frame->append(item.body);
  link->MarkDirty();
}

void ItemLinks::Opened(Link* link) {
  outboxes_[link];
  if (opened_) opened_(link);
}

grpc::Status ItemLinks::Frame(Link* link, grpc::ByteBuffer* frame) {
  grpc::Slice slice;
  if (!frame->DumpToSingleSlice(&slice).ok()) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no frame");
  }
  std::string_view bytes(reinterpret_cast<const char*>(slice.begin()), slice.size());
  Item item;
  while (TakeItem(&bytes, &item)) received_(link, item);
  return bytes.empty() ? grpc::Status::OK
                       : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no items");
}

bool ItemLinks::Take(Link* link, grpc::ByteBuffer* frame) {
  std::deque<std::string>& frames = outboxes_[link];
  if (frames.empty()) return false;
  const grpc::Slice slice(frames.front());
  *frame = grpc::ByteBuffer(&slice, 1);
  frames.pop_front();
  return true;
}

void ItemLinks::Closed(Link* link, const grpc::Status&) { outboxes_.erase(link); }

}  // namespace assent::bench
