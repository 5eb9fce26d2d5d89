#include "tools/bench/floor_participant_role.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/channel.h"
#include "runtime/connector.h"
#include "tools/bench/group_writer.h"
#include "tools/bench/items.h"
#include "tools/bench/loop_thread.h"

namespace assent::bench {
namespace {

constexpr std::string_view kAnswer = "0123";  // as long as the product's

std::string KeyOf(char kind, std::uint64_t id) { return kind + std::to_string(id); }

// The product's key-value store writes this much of a branch: the prepared record, then the effect
// in its place.
Write WriteOf(const Item& item) {
  if (item.kind == ItemKind::kPrepare) {
    return {item.id, KeyOf('p', item.id), std::string(item.body), ""};
  }
  return {item.id, KeyOf('d', item.id % 100'000), "1", KeyOf('p', item.id)};
}

// Never destroyed: the process just ends, and its files are scratch.
class FloorParticipant {
 public:
  FloorParticipant(const std::string& directory, const std::string& coordinator)
      : writer_(directory, [this](const std::vector<Write>& writes) { Written(writes); }),
        links_([this](Link* link, const Item& item) { Received(link, item); }),
        thread_([this] { Drained(); }),
        connector_(thread_.loop(), Dial(coordinator, grpc::InsecureChannelCredentials()), Options(),
                   &links_) {
    thread_.Post([this] { connector_.Start(); });
  }

  const GroupWriter& writer() const { return writer_; }

 private:
  static ConnectorOptions Options() {
    ConnectorOptions options;
    options.method = "/assent.v1.AttachService/Attach";
    return options;
  }

  void Received(Link* link, const Item& item) {
    if (item.kind == ItemKind::kRead) {
      links_.Send(link, {ItemKind::kVote, item.id, kAnswer});
    } else {
      arrived_.push_back(WriteOf(item));
    }
  }

  // All that has arrived goes to the writer together.
  void Drained() {
    if (!arrived_.empty()) writer_.Add(std::exchange(arrived_, {}));
  }

  void Written(const std::vector<Write>& writes) {
    thread_.Post([this, writes] {
      if (connector_.link() == nullptr) return;
      for (const Write& write : writes) {
        const bool vote = write.erased.empty();
        links_.Send(connector_.link(),
                    {vote ? ItemKind::kVote : ItemKind::kAcknowledge, write.tag, kAnswer});
      }
    });
  }

  std::vector<Write> arrived_;
  GroupWriter writer_;
  ItemLinks links_;
  LoopThread thread_;
  Connector connector_;
};

}  // namespace

int RunFloorParticipant(const Arguments& arguments) {
  auto* const participant = new FloorParticipant(arguments[1], arguments[2]);
  const std::string& error = participant->writer().error();
  ServeQuestions(error.empty() ? "ready" : error, [participant](const std::string&) {
    return std::to_string(participant->writer().syncs());
  });
  std::_Exit(error.empty() ? 0 : 1);
}

}  // namespace assent::bench
