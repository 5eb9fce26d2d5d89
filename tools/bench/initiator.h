// Initiators that are no client library: the floor's stream, and plain unary calls.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/channel.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/connector.h"
#include "runtime/mutex.h"
#include "runtime/unary_client.h"
#include "tools/bench/completions.h"
#include "tools/bench/items.h"
#include "tools/bench/loop_thread.h"

namespace assent::bench {

// One thread at a time. The completions outlive it.
class Initiator {
 public:
  explicit Initiator(Completions* completions) : completions_(completions) {}
  Initiator(const Initiator&) = delete;
  Initiator& operator=(const Initiator&) = delete;
  virtual ~Initiator() = default;
  // Starts a transaction; never blocks. `slot` has none under way.
  virtual void Begin(int slot) = 0;

  std::uint64_t committed() const { return committed_; }

 protected:
  // Any thread.
  void Tell(int slot, Ending ending) {
    if (ending == Ending::kCommitted) ++committed_;
    completions_->Add(slot, ending);
  }

 private:
  Completions* const completions_;
  std::atomic<std::uint64_t> committed_ = 0;
};

// Items on one stream to the floor's coordinator; as the client library: what waits at the end of a
// turn goes together, and who adds to it during one need not wake the loop.
class StreamInitiator final : public Initiator {
 public:
  StreamInitiator(const std::string& coordinator, int participants, Completions* completions);
  ~StreamInitiator() override;
  void Begin(int slot) override;

 private:
  void SendWaiting();
  void Ended(std::uint64_t id);

  const std::size_t participants_;
  Mutex mutex_;
  std::vector<int> waiting_ ASSENT_GUARDED_BY(mutex_);
  bool turn_due_ ASSENT_GUARDED_BY(mutex_) = false;

  // The loop's thread.
  bool is_noted_ = false;  // that this turn will send
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, int> slots_;

  ItemLinks links_;
  LoopThread thread_;
  Connector connector_;
};

// BeginTransaction and CommitTransaction, with payload for each of `names`: of the product or of
// the floor.
class UnaryInitiator final : public Initiator {
 public:
  UnaryInitiator(const std::string& coordinator, std::vector<std::string> names,
                 Completions* completions);
  void Begin(int slot) override;

 private:
  void Call(const std::string& method, const google::protobuf::MessageLite& message,
            std::function<void(UnaryResult*)> done);
  void Commit(int slot, UnaryResult* begun);
  void Committed(int slot, UnaryResult* committed);

  const std::vector<std::string> names_;
  const std::shared_ptr<grpc::Channel> channel_;
  LoopThread thread_;
};

// What a branch of `slot` has to do: add one to a key that no other transaction in flight uses.
std::string AddingPayload(int slot);

}  // namespace assent::bench
