// What stands behind Client: one thread, one session that reconnects, and the requests under way.
//
// A request is kept until its answer or its deadline. When the session breaks, what is unanswered
// is sent again on the next one: ids are idempotency keys, so a Commit that is repeated only asks,
// or does what was lost.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "assent/v1/transaction_service.pb.h"
#include "client/client.h"
#include "client/id_pool.h"
#include "client/participant_windows.h"
#include "core/messages.h"
#include "core/timer_queue.h"
#include "proto/wire_convert.h"
#include "runtime/connector.h"
#include "runtime/event_loop.h"
#include "runtime/frames.h"

namespace assent {

// Of an option: at least a millisecond, at most ten years.
Duration DurationOf(std::chrono::milliseconds time);

class ClientCore final : private LinkOwner {
 public:
  // Nothing: the deadline has passed, or the client ends, without an answer.
  using Done = std::function<void(std::optional<InitiatorReply>)>;

  explicit ClientCore(ClientOptions options);
  ~ClientCore();
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;

  const ClientOptions& options() const { return options_; }

  // Of a Commit: whether something may have happened under its id. If not, it is refused without
  // asking while one of its participants has as much of this client to do as the coordinator lets
  // in.
  enum class Standing { kMayBeOpen, kUnopened };

  // Any thread; never blocks. `done` is called exactly once, on the client's thread.
  void Submit(InitiatorRequest request, Duration timeout, Done done,
              Standing standing = Standing::kMayBeOpen);

  // The same, waiting. Not from the client's thread.
  std::optional<InitiatorReply> Call(InitiatorRequest request, Duration timeout,
                                     Standing standing = Standing::kMayBeOpen);

  // Any thread but the client's; blocks until an id is at hand or the call timeout has passed.
  std::variant<TransactionId, ErrorReply> TakeId();

 private:
  struct Pending {
    InitiatorRequest request;
    Time deadline;
    Done done;
    Standing standing = Standing::kMayBeOpen;
    // What the coordinator said before it ended; told if nobody says more until the deadline.
    std::optional<InitiatorReply> last = std::nullopt;
    std::uint64_t correlation = 0;  // from when the client's thread has it
    TimerSlot slot = {};

    std::uint64_t id() const { return correlation; }
    TimerSlot& timer_slot() { return slot; }
  };

  void Opened(Link* link) override;
  grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) override;
  bool Take(Link* link, grpc::ByteBuffer* frame) override;
  void Closed(Link* link, const grpc::Status& status) override;

  // False: the client has ended, and `pending` is as before.
  bool Enqueue(Pending* pending);
  // At the end of each turn, right before its frames leave: what is asked until then leaves with
  // them.
  void RunInbox();
  void AskForBlock();
  // Whether it is refused without asking; then nothing is to be done for it.
  bool Refused(Pending* pending);
  // Those whose time has come until then.
  void TellRefusals(Time until);
  // The ids of what was refused so are given back, or they would be out until their block's end.
  void AbortRefused();
  // What the coordinator's answer says of what it would let in.
  void Learn(const Pending& pending, const InitiatorReply& reply);
  ParticipantWindows::Load LoadOf(const std::string& participant, std::uint64_t correlation) const;
  void Accept(std::uint64_t correlation, InitiatorReply reply);
  // What it asks is kept for the next session, its call timeout as sent last.
  void Send(Pending* pending);
  void Finish(Pending* pending, std::optional<InitiatorReply> reply);
  // Those whose deadline is not after `until`, with what was said last.
  void Expire(Time until);
  Time NextDeadline() const;
  void End();

  const ClientOptions options_;
  IdPool ids_;
  grpc::CompletionQueue queue_;
  EventLoop loop_;
  Connector connector_;

  Mutex mutex_;
  std::vector<Pending> inbox_ ASSENT_GUARDED_BY(mutex_);
  // This turn of the client's thread will run the inbox, or it has been woken for one that will.
  bool turn_due_ ASSENT_GUARDED_BY(mutex_) = false;
  bool ended_ ASSENT_GUARDED_BY(mutex_) = false;

  // The client's thread only.
  Link* link_ = nullptr;
  CoordinatorId coordinator_;  // of this session; empty until its first frame
  std::uint64_t next_correlation_ = 1;
  std::unordered_map<std::uint64_t, Pending> pending_;
  TimerQueue<Pending> deadlines_;
  ParticipantWindows windows_;
  std::vector<TransactionId> refused_;  // here, and not given back yet
  // Refused here, and not told yet.
  struct HeldRefusal {
    Time due;  // at most a little before that of the one in front
    Done done;
    ErrorReply reply;
  };
  std::deque<HeldRefusal> held_refusals_;
  Outbox outbox_;
  std::vector<SessionAnswer> answers_;

  std::thread thread_;
};

}  // namespace assent
