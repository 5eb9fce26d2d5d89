// The ways from the floor's coordinator to its participants.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/event_loop.h"
#include "tools/bench/items.h"

namespace assent::bench {

// What a participant has made durable; both phases.
using PeerAnswered = std::function<void(std::uint64_t id)>;

// Loop's thread only.
class FloorPeers {
 public:
  virtual ~FloorPeers() = default;
  virtual void Prepare(std::size_t participant, std::uint64_t id, std::string_view payload) = 0;
  virtual void Commit(std::size_t participant, std::uint64_t id) = 0;
};

// Over links that the participants have opened.
class StreamPeers final : public FloorPeers {
 public:
  // `asks`: as what Prepare goes out, kPrepare or kRead.
  StreamPeers(ItemKind asks, PeerAnswered voted, PeerAnswered acknowledged);

  void Prepare(std::size_t participant, std::uint64_t id, std::string_view payload) override;
  void Commit(std::size_t participant, std::uint64_t id) override;

  LinkOwner* links() { return &links_; }
  std::size_t open() const { return order_.size(); }

 private:
  const ItemKind asks_;
  std::vector<Link*> order_;
  ItemLinks links_;
};

// By calls to them, with the product's messages.
class UnaryPeers final : public FloorPeers {
 public:
  UnaryPeers(EventLoop* loop, const std::vector<std::string>& addresses, PeerAnswered voted,
             PeerAnswered acknowledged);

  void Prepare(std::size_t participant, std::uint64_t id, std::string_view payload) override;
  void Commit(std::size_t participant, std::uint64_t id) override;

 private:
  void Call(std::size_t participant, const std::string& method,
            const google::protobuf::MessageLite& message, std::uint64_t id,
            const PeerAnswered& done);

  EventLoop* const loop_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  const PeerAnswered voted_;
  const PeerAnswered acknowledged_;
};

// "floor-1-NUMBER", as long as an id of the product, and back.
std::string FloorIdText(std::uint64_t id);
std::uint64_t FloorIdOf(const std::string& text);

}  // namespace assent::bench
