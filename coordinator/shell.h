// The daemon's one event thread as the core sees it: feeds inputs in, performs effects, and knows
// who asked what.
//
// Services hand it requests and links; it numbers them, steps the core, and brings answers and
// messages back. It holds no protocol state and decides nothing, but one thing: more requests in
// flight than the limit are refused.
//
// Event thread only. Nothing blocks. Requesters and participant links must outlive their
// registration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>

#include "coordinator/effect_dispatcher.h"
#include "coordinator/notice_log.h"
#include "core/coordinator.h"
#include "core/coordinator_io.h"
#include "runtime/event_loop.h"

namespace assent {

// Whoever submits requests: a session, a unary service. `tag` is its own number for the request.
class Requester {
 public:
  virtual void Answer(std::uint64_t tag, InitiatorReply reply) = 0;
  // Answers ReplaceParticipant.
  virtual void BindingReplaced(std::uint64_t tag, Reason reason, const std::string& text);

 protected:
  ~Requester() = default;
};

// The way to one participant.
class ParticipantLink {
 public:
  virtual void Send(ToParticipant message) = 0;
  // The core wants the link closed, after what was sent; it is not registered any more when this is
  // called.
  virtual void Close(Reason reason, std::string text) = 0;

 protected:
  ~ParticipantLink() = default;
};

class Shell final : private ReplySink, private LinkSink, private NoticeSink {
 public:
  // Called once, when the core halts; the daemon then ends the process.
  using HaltHandler = std::function<void(Reason reason, const std::string& text)>;

  // `loop` runs on the event thread.
  Shell(EventLoop* loop, Coordinator* core, LogSink* log, std::size_t max_requests_in_flight,
        HaltHandler halted);
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  Coordinator& core() { return *core_; }

  std::uint64_t AddRequester(Requester* requester);
  // Answers to what it has asked are dropped from now on; nothing waits for them any more.
  void RemoveRequester(std::uint64_t requester);
  // The number under which the request can be cancelled; 0 if it was refused at the door.
  RequestId Submit(std::uint64_t requester, std::uint64_t tag, InitiatorRequest request);
  // Whoever asked has gone: nothing waits for it any more. Harmless once it is answered. What is
  // answered now may call Answer.
  void Cancel(RequestId request);
  void ReplaceParticipant(std::uint64_t requester, std::uint64_t tag, std::string participant,
                          const StoreId& store);
  void CloseSession(SessionId session);

  // While refusing, nothing is begun, and no id of a block opened (DISK_NEARLY_FULL with `why`);
  // what is open goes on.
  void RefuseNew(std::string why);
  void AdmitNew() { RefuseNew(""); }

  LinkId AddLink(ParticipantLink* link, LinkKind kind);
  void RemoveLink(LinkId link);
  void Receive(LinkId link, FromParticipant message);
  void LosePrepare(LinkId link, Sequence id);

  void Logged(LogTicket ticket);
  void LogFailed(std::string text);
  void Drain();

  // For the event loop's hooks.
  Time NextDeadline() const { return core_->NextDeadline(); }
  void Tick(Time now);

  std::size_t requests_in_flight() const { return requests_.size(); }

 private:
  struct Asker {
    Requester* requester = nullptr;
    std::size_t open = 0;  // requests that are not answered
  };
  struct Request {
    std::uint64_t requester = 0;
    std::uint64_t tag = 0;
    Sequence id;  // the transaction that may make it wait, if any
  };

  void Step(CoordinatorInput input);
  RequestId Remember(std::uint64_t requester, std::uint64_t tag, Sequence id = {});
  // The requester that waits for `request`, if it is still there; forgets the request.
  Requester* TakeRequester(RequestId request, std::uint64_t* tag);

  void Reply(RequestId request, InitiatorReply body) override;
  void BindingReplaced(RequestId request, Reason reason, const std::string& text) override;
  void Send(LinkId link, ToParticipant message) override;
  void CloseLink(LinkId link, Reason reason, std::string text) override;
  void Notice(coordinator_effect::Notice notice) override;
  void Halt(Reason reason, std::string text) override;

  EventLoop* const loop_;
  Coordinator* const core_;
  const std::size_t max_requests_in_flight_;
  const HaltHandler halted_;
  EffectDispatcher dispatcher_;
  CoordinatorEffects effects_;
  NoticeLog notices_;
  std::uint64_t next_requester_ = 1;
  RequestId next_request_ = 1;
  LinkId next_link_ = 1;
  std::unordered_map<std::uint64_t, Asker> requesters_;
  std::unordered_map<RequestId, Request> requests_;
  std::unordered_map<LinkId, ParticipantLink*> links_;
};

}  // namespace assent
