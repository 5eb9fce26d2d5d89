#include "tools/bench/floor_peers.h"

#include <cstdlib>
#include <utility>

#include "assent/v1/participant_service.pb.h"
#include "core/check.h"
#include "runtime/channel.h"
#include "runtime/clock.h"
#include "runtime/frames.h"
#include "runtime/unary_client.h"

namespace assent::bench {
namespace {

constexpr Duration kCallTimeout = Duration::Seconds(60);

// As many bytes as the product's messages have beside what identifies the transaction.
constexpr std::string_view kCommitBody = "0123456789abcdef";

const PeerAnswered& ByKind(const Item& item, const PeerAnswered& voted,
                           const PeerAnswered& acknowledged) {
  return item.kind == ItemKind::kVote ? voted : acknowledged;
}

}  // namespace

std::string FloorIdText(std::uint64_t id) { return "floorfloor123-1-" + std::to_string(id); }

std::uint64_t FloorIdOf(const std::string& text) {
  return std::strtoull(text.c_str() + text.rfind('-') + 1, nullptr, 10);
}

StreamPeers::StreamPeers(ItemKind asks, PeerAnswered voted, PeerAnswered acknowledged)
    : asks_(asks),
      links_([voted = std::move(voted), acknowledged = std::move(acknowledged)](
                 Link*, const Item& item) { ByKind(item, voted, acknowledged)(item.id); },
             [this](Link* link) { order_.push_back(link); }) {}

void StreamPeers::Prepare(std::size_t participant, std::uint64_t id, std::string_view payload) {
  links_.Send(order_[participant], {asks_, id, payload});
}

void StreamPeers::Commit(std::size_t participant, std::uint64_t id) {
  links_.Send(order_[participant], {ItemKind::kCommit, id, kCommitBody});
}

UnaryPeers::UnaryPeers(EventLoop* loop, const std::vector<std::string>& addresses,
                       PeerAnswered voted, PeerAnswered acknowledged)
    : loop_(loop), voted_(std::move(voted)), acknowledged_(std::move(acknowledged)) {
  for (const std::string& address : addresses) {
    channels_.push_back(Dial(address, grpc::InsecureChannelCredentials()));
  }
}

void UnaryPeers::Call(std::size_t participant, const std::string& method,
                      const google::protobuf::MessageLite& message, std::uint64_t id,
                      const PeerAnswered& done) {
  UnaryRequest request;
  request.method = "/assent.v1.ParticipantService/" + method;
  request.body = SerializeBuffer(message);
  request.deadline = MonotonicNow() + kCallTimeout;
  StartUnaryCall(loop_, channels_[participant], request, [id, done](UnaryResult* result) {
    ASSENT_CHECK(result->status.ok(), "the floor's participants answer");
    done(id);
  });
}

void UnaryPeers::Prepare(std::size_t participant, std::uint64_t id, std::string_view payload) {
  v1::PrepareRequest message;
  message.set_transaction_id(FloorIdText(id));
  message.set_payload(std::string(payload));
  Call(participant, "Prepare", message, id, voted_);
}

void UnaryPeers::Commit(std::size_t participant, std::uint64_t id) {
  v1::CommitRequest message;
  message.set_transaction_id(FloorIdText(id));
  Call(participant, "Commit", message, id, acknowledged_);
}

}  // namespace assent::bench
