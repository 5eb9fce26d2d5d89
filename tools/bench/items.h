// What the floor's programs send: plain records in frames, many to a frame, copied and not parsed.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/link.h"

namespace assent::bench {

enum class ItemKind : std::uint8_t {
  kBegin = 1,
  kPrepare,
  kVote,
  kCommit,
  kAcknowledge,
  kEnd,
  kRead,  // as kPrepare, of what changes nothing
};

struct Item {
  ItemKind kind = ItemKind::kBegin;
  std::uint64_t id = 0;
  std::string_view body;
};

// Links that carry items, with the product's batching: what piled up leaves as one frame.
//
// Loop's thread only.
class ItemLinks final : public LinkOwner {
 public:
  using Received = std::function<void(Link* link, const Item& item)>;
  using Changed = std::function<void(Link* link)>;

  // `opened` may be empty.
  explicit ItemLinks(Received received, Changed opened = {});

  // Dropped if the link has ended.
  void Send(Link* link, const Item& item);

  void Opened(Link* link) override;
  grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) override;
  bool Take(Link* link, grpc::ByteBuffer* frame) override;
  void Closed(Link* link, const grpc::Status& status) override;

 private:
  const Received received_;
  const Changed opened_;
  std::unordered_map<Link*, std::deque<std::string>> outboxes_;
};

}  // namespace assent::bench
