// Where initiators reach a simulated coordinator: sessions and unary calls. It turns requests into
// inputs of the core and brings the answers back, and decides nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/effect_dispatcher.h"
#include "core/coordinator_io.h"
#include "proto/wire_convert.h"
#include "simulations/answer_checker.h"
#include "simulations/context.h"
#include "simulations/process.h"

namespace assent::simulation {

// Steps the core of the process that the desk belongs to.
class CoreStepper {
 public:
  virtual ~CoreStepper() = default;
  virtual void Step(CoordinatorInput input) = 0;
  virtual const CoordinatorId& coordinator() const = 0;
  virtual AnswerChecker* answers() = 0;
};

class InitiatorDesk final : public ReplySink {
 public:
  InitiatorDesk(Context* context, Process* host, CoreStepper* stepper)
      : context_(context), host_(host), stepper_(stepper) {}

  void Clear();  // the process has died
  void Open(StreamId stream);
  bool Owns(StreamId stream) const { return sessions_.contains(stream); }
  void Receive(StreamId stream, const std::string& bytes);
  void Close(StreamId stream);
  void Call(CallNumber call, Method method, const std::string& body);
  // Sends what has piled up.
  void Flush();

  void Reply(RequestId request, InitiatorReply body) override;
  void BindingReplaced(RequestId request, Reason reason, const std::string& text) override;

  // An operator binds a name to a store.
  void Replace(const std::string& participant, const StoreId& store);

 private:
  struct Session {
    std::string outbox;
    bool is_dirty = false;
  };
  struct Origin {
    StreamId stream = 0;            // 0: a call
    std::uint64_t correlation = 0;  // or the call's number; 0: an operator's
    Method method = Method::kGet;
    AnswerChecker::Question question = {};
  };

  void Submit(Origin origin, InitiatorRequest request);
  template <class Message, class Request>
  void Take(const Origin& origin, const std::string& body);
  void ReplyToCall(const Origin& origin, InitiatorReply body);

  Context* const context_;
  Process* const host_;
  CoreStepper* const stepper_;
  std::map<StreamId, Session> sessions_;
  std::vector<StreamId> dirty_;
  std::unordered_map<RequestId, Origin> origins_;
  RequestId next_request_ = 1;
};

}  // namespace assent::simulation
