// How a simulated initiator reaches the coordinators: a session that reconnects and repeats what is
// unanswered, as the client library does, or one unary call per request.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "proto/wire_convert.h"
#include "simulations/context.h"

namespace assent::simulation {

class InitiatorClient {
 public:
  // Nothing: no answer in time.
  using Done = std::function<void(std::optional<InitiatorReply>)>;
  // Runs an action later in this life of the initiator.
  using Later = std::function<void(Duration, std::function<void()>)>;

  InitiatorClient(Context* context, Host* me, bool uses_sessions, Later later)
      : context_(context), me_(me), uses_sessions_(uses_sessions), later_(std::move(later)) {}

  void AddCoordinator(Host* coordinator) { sessions_.push_back(Session{coordinator}); }

  void Start();
  void Clear();  // the process has died
  void OnFrame(StreamId stream, const std::string& bytes);
  void OnClosed(StreamId stream);
  void Flush();
  // Ends the sessions, so that ids that are not used count as closed; the next request dials again.
  void Rest();

  // Begins a transaction: one of a block's ids, or a call's.
  void Begin(int coordinator, Done done);
  void Ask(int coordinator, InitiatorRequest request, Done done);
  // How many ids after `id` have surely been given out: up to the last of a session's block.
  std::uint32_t GivenOutAfter(int coordinator, const TransactionId& id) const;

 private:
  struct Pending {
    InitiatorRequest request;
    Done done;
    std::optional<InitiatorReply> last;
  };
  struct Session {
    Host* coordinator = nullptr;
    StreamId stream = 0;
    CoordinatorId id = {};
    bool is_dirty = false;
    bool is_waiting = false;  // it dials again soon
    std::string outbox = {};
    std::map<std::uint64_t, Pending> pending = {};
    std::deque<TransactionId> ids = {};
    Duration timeout = {};  // of its ids
    Time good_until = {};   // they are used in the first half of their life only
    std::vector<Done> waiting = {};
    bool has_asked = false;
  };

  void Dial(std::size_t number);
  void Send(Session* session, std::uint64_t correlation, const InitiatorRequest& request);
  void Accept(Session* session, SessionAnswer answer);
  void Expire(std::size_t number, std::uint64_t correlation);
  void AskForBlock(int coordinator);
  void TakeBlock(Session* session, const std::optional<InitiatorReply>& reply);
  void Call(Host* coordinator, InitiatorRequest request, Done done);
  template <class Response, class Reply>
  void CallMethod(Host* coordinator, Method method, std::string body, const Done& done);
  Duration Patience() const { return Duration::Millis(context_->profile.call_timeout_ms); }

  Context* const context_;
  Host* const me_;
  const bool uses_sessions_;
  const Later later_;
  std::vector<Session> sessions_;
  std::uint64_t next_correlation_ = 1;
};

}  // namespace assent::simulation
