#include "tools/bench/floor_coordinator_role.h"

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assent/v1/attach_service.grpc.pb.h"
#include "assent/v1/transaction_service.grpc.pb.h"
#include "core/check.h"
#include "runtime/frames.h"
#include "tools/bench/floor_peers.h"
#include "tools/bench/group_writer.h"
#include "tools/bench/loop_thread.h"
#include "tools/bench/role_server.h"

namespace assent::bench {
namespace {

using RawAttach = v1::AttachService::WithRawMethod_Attach<v1::AttachService::Service>;
using RawTransactions = v1::TransactionService::WithRawMethod_Session<
    v1::TransactionService::WithRawMethod_BeginTransaction<
        v1::TransactionService::WithRawMethod_CommitTransaction<v1::TransactionService::Service>>>;

// As long as the product's record of a decision with two branches.
constexpr std::size_t kDecisionBytes = 60;

// Never destroyed. All but the constructor: on the loop's thread, but where said otherwise.
class FloorCoordinator {
 public:
  FloorCoordinator(const std::string& directory, std::size_t participants,
                   const std::vector<std::string>& addresses, bool reads)
      : participants_(participants),
        reads_(reads),
        server_({&attach_, &transactions_}),
        initiators_([this](Link* link, const Item& item) { Begin(link, item); }),
        streams_(
            reads ? ItemKind::kRead : ItemKind::kPrepare, [this](std::uint64_t id) { Voted(id); },
            [this](std::uint64_t id) { Acknowledged(id); }),
        writer_(directory, [this](const std::vector<Write>& writes) { Written(writes); }) {
    peers_ = &streams_;
    if (!addresses.empty()) DialPeers(addresses);
    server_.Stream(&attach_, &RawAttach::RequestAttach, streams_.links());
    server_.Stream(&transactions_, &RawTransactions::RequestSession, &initiators_);
    server_.Unary(&transactions_, &RawTransactions::RequestBeginTransaction,
                  [this](UnaryCall* call) { AnswerBegin(call); });
    server_.Unary(&transactions_, &RawTransactions::RequestCommitTransaction,
                  [this](UnaryCall* call) { BeginByCall(call); });
    server_.Run([this] {
      if (!decided_.empty()) writer_.Add(std::exchange(decided_, {}));
    });
  }

  const std::string& address() const { return server_.address(); }
  const std::string& error() const { return writer_.error(); }

  // Any thread; blocks.
  std::string Answer(const std::string& question) {
    return AskLoop(server_.loop(), [this, &question] {
      const Traffic& traffic = *server_.loop()->traffic();
      if (question == "links") return std::to_string(streams_.open());
      if (question == "frames")
        return std::to_string(traffic.frames_sent + traffic.frames_received);
      if (question == "bytes") return std::to_string(traffic.bytes_sent + traffic.bytes_received);
      return std::to_string(writer_.syncs());
    });
  }

 private:
  struct Open {
    std::size_t votes_missing = 0;
    std::size_t acknowledgements_missing = 0;
    Link* initiator = nullptr;  // or the call
    UnaryCall* call = nullptr;
  };

  void DialPeers(const std::vector<std::string>& addresses) {
    unary_ = std::make_unique<UnaryPeers>(
        server_.loop(), addresses, [this](std::uint64_t id) { Voted(id); },
        [this](std::uint64_t id) { Acknowledged(id); });
    peers_ = unary_.get();
  }

  void Begin(Link* link, const Item& item) {
    open_[item.id] = {participants_, participants_, link, nullptr};
    if (participants_ == 0) return End(item.id);
    const std::size_t size = item.body.size() / participants_;
    for (std::size_t i = 0; i < participants_; ++i) {
      peers_->Prepare(i, item.id, item.body.substr(i * size, size));
    }
  }

  void AnswerBegin(UnaryCall* call) {
    v1::BeginTransactionResponse response;
    response.set_transaction_id(FloorIdText(++last_id_));
    call->Reply(SerializeBuffer(response));
  }

  void BeginByCall(UnaryCall* call) {
    v1::CommitTransactionRequest request;
    WireError error;
    if (!ParseBuffer(call->request(), &request, &error)) return call->Fail(ToStatus(error));
    const std::uint64_t id = FloorIdOf(request.transaction_id());
    open_[id] = {participants_, participants_, nullptr, call};
    for (std::size_t i = 0; i < participants_; ++i) {
      peers_->Prepare(i, id, request.branches(static_cast<int>(i)).payload());
    }
  }

  void Voted(std::uint64_t id) {
    if (--open_.at(id).votes_missing > 0) return;
    if (reads_) return End(id);
    decided_.push_back({id, KeyOf(id), std::string(kDecisionBytes, 'd'), ""});
  }

  // The writer's thread.
  void Written(const std::vector<Write>& writes) {
    const bool posted = server_.loop()->Post([this, writes] {
      for (const Write& write : writes) {
        for (std::size_t i = 0; i < participants_; ++i) peers_->Commit(i, write.tag);
      }
    });
    ASSENT_CHECK(posted, "the loop does not end");
  }

  void Acknowledged(std::uint64_t id) {
    if (--open_.at(id).acknowledgements_missing > 0) return;
    writer_.Erase(KeyOf(id));
    End(id);
  }

  void End(std::uint64_t id) {
    const Open open = open_.extract(id).mapped();
    if (open.call == nullptr)
      return initiators_.Send(open.initiator, {ItemKind::kEnd, id, "0123456789a"});
    v1::CommitTransactionResponse response;
    response.set_transaction_id(FloorIdText(id));
    response.mutable_outcome()->set_outcome(v1::OUTCOME_COMMITTED);
    open.call->Reply(SerializeBuffer(response));
  }

  static std::string KeyOf(std::uint64_t id) { return "decision" + std::to_string(id); }

  const std::size_t participants_;
  const bool reads_;
  RawAttach attach_;
  RawTransactions transactions_;
  RoleServer server_;
  ItemLinks initiators_;
  StreamPeers streams_;
  std::unique_ptr<UnaryPeers> unary_;
  FloorPeers* peers_ = nullptr;
  std::unordered_map<std::uint64_t, Open> open_;
  std::vector<Write> decided_;
  std::uint64_t last_id_ = 0;
  GroupWriter writer_;
};

std::vector<std::string> Addresses(const std::string& text) {
  std::vector<std::string> addresses;
  std::istringstream parts(text == "-" ? "" : text);
  for (std::string part; std::getline(parts, part, ',');) addresses.push_back(part);
  return addresses;
}

}  // namespace

int RunFloorCoordinator(const Arguments& arguments) {
  auto* const coordinator =
      new FloorCoordinator(arguments[0], std::strtoul(arguments[1].c_str(), nullptr, 10),
                           Addresses(arguments[2]), arguments[3] == "read");
  const std::string& error = coordinator->error();
  ServeQuestions(
      error.empty() ? "ready " + coordinator->address() : error,
      [coordinator](const std::string& question) { return coordinator->Answer(question); });
  std::_Exit(error.empty() ? 0 : 1);
}

}  // namespace assent::bench
