#include "tools/bench/initiator.h"

#include <utility>

#include "assent/v1/transaction_service.pb.h"
#include "participant/key_value_store_operations.h"
#include "runtime/channel.h"
#include "runtime/clock.h"
#include "runtime/frames.h"

namespace assent::bench {
namespace {

constexpr Duration kCallTimeout = Duration::Seconds(60);

ConnectorOptions SessionOptions() {
  ConnectorOptions options;
  options.method = "/assent.v1.TransactionService/Session";
  return options;
}

Ending EndingOf(v1::Outcome outcome) {
  if (outcome == v1::OUTCOME_COMMITTED) return Ending::kCommitted;
  return outcome == v1::OUTCOME_ABORTED ? Ending::kAborted : Ending::kUnknown;
}

}  // namespace

std::string AddingPayload(int slot) {
  return Operations().Add("slot-" + std::to_string(slot), 1).Encode();
}

StreamInitiator::StreamInitiator(const std::string& coordinator, int participants,
                                 Completions* completions)
    : Initiator(completions),
      participants_(static_cast<std::size_t>(participants)),
      links_([this](Link*, const Item& item) { Ended(item.id); }),
      thread_([this] { SendWaiting(); }),
      connector_(thread_.loop(), Dial(coordinator, grpc::InsecureChannelCredentials()),
                 SessionOptions(), &links_) {
  thread_.Post([this] { connector_.Start(); });
}

StreamInitiator::~StreamInitiator() {
  thread_.Post([this] { connector_.Stop(); });
  thread_.End();
}

void StreamInitiator::Begin(int slot) {
  bool wake = false;
  {
    MutexLock lock(&mutex_);
    wake = !turn_due_;
    turn_due_ = true;
    waiting_.push_back(slot);
  }
  if (wake) thread_.Post([] {});
}

void StreamInitiator::SendWaiting() {
  std::vector<int> waiting;
  {
    MutexLock lock(&mutex_);
    turn_due_ = false;
    is_noted_ = false;
    if (connector_.link() == nullptr) return;  // comes again in the turn in which it opens
    waiting.swap(waiting_);
  }
  for (const int slot : waiting) {
    std::string body;
    for (std::size_t i = 0; i < participants_; ++i) body += AddingPayload(slot);
    slots_[++last_id_] = slot;
    links_.Send(connector_.link(), {ItemKind::kBegin, last_id_, body});
  }
}

void StreamInitiator::Ended(std::uint64_t id) {
  if (!is_noted_) {
    MutexLock lock(&mutex_);
    turn_due_ = true;
    is_noted_ = true;
  }
  Tell(slots_.extract(id).mapped(), Ending::kCommitted);
}

UnaryInitiator::UnaryInitiator(const std::string& coordinator, std::vector<std::string> names,
                               Completions* completions)
    : Initiator(completions),
      names_(std::move(names)),
      channel_(Dial(coordinator, grpc::InsecureChannelCredentials())) {}

void UnaryInitiator::Begin(int slot) {
  thread_.Post([this, slot] {
    Call("BeginTransaction", v1::BeginTransactionRequest(),
         [this, slot](UnaryResult* result) { Commit(slot, result); });
  });
}

void UnaryInitiator::Call(const std::string& method, const google::protobuf::MessageLite& message,
                          std::function<void(UnaryResult*)> done) {
  UnaryRequest request;
  request.method = "/assent.v1.TransactionService/" + method;
  request.body = SerializeBuffer(message);
  request.deadline = MonotonicNow() + kCallTimeout;
  request.wait_for_ready = true;
  StartUnaryCall(thread_.loop(), channel_, request, std::move(done));
}

void UnaryInitiator::Commit(int slot, UnaryResult* begun) {
  v1::BeginTransactionResponse response;
  WireError error;
  if (!begun->status.ok() || !ParseBuffer(&begun->body, &response, &error)) {
    return Tell(slot, Ending::kRefused);
  }
  v1::CommitTransactionRequest request;
  request.set_transaction_id(response.transaction_id());
  for (const std::string& name : names_) {
    v1::BranchRequest* branch = request.add_branches();
    branch->set_participant(name);
    branch->set_payload(AddingPayload(slot));
  }
  Call("CommitTransaction", request,
       [this, slot](UnaryResult* result) { Committed(slot, result); });
}

void UnaryInitiator::Committed(int slot, UnaryResult* committed) {
  v1::CommitTransactionResponse response;
  WireError error;
  const bool answered = committed->status.ok() && ParseBuffer(&committed->body, &response, &error);
  Tell(slot, answered ? EndingOf(response.outcome().outcome()) : Ending::kRefused);
}

}  // namespace assent::bench
