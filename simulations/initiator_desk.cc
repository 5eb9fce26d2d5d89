#include "simulations/initiator_desk.h"

#include <utility>
#include <variant>

#include "core/check.h"
#include "simulations/codec.h"

namespace assent::simulation {

void InitiatorDesk::Clear() {
  sessions_.clear();
  dirty_.clear();
  origins_.clear();
}

void InitiatorDesk::Open(StreamId stream) {
  sessions_.try_emplace(stream);
  v1::SessionResponse hello;
  hello.set_coordinator_id(std::string(stepper_->coordinator().text()));
  context_->network.Send(stream, host_, Serialize(hello));
}

void InitiatorDesk::Receive(StreamId stream, const std::string& bytes) {
  std::vector<SessionCall> calls;
  WireError error;
  if (!FromWire(bytes, stepper_->coordinator(), stream, &calls, &error)) {
    return context_->history.Violate("wire", "a session's frame was not understood: " + error.text);
  }
  for (SessionCall& call : calls) {
    const Origin origin{stream, call.correlation_id, Method::kGet};
    if (auto* request = std::get_if<InitiatorRequest>(&call.request)) {
      Submit(origin, std::move(*request));
    } else {
      context_->history.Violate("wire", std::get<ErrorReply>(call.request).text);
    }
  }
}

void InitiatorDesk::Close(StreamId stream) {
  if (sessions_.erase(stream) == 0) return;
  stepper_->answers()->SessionEnded(stream, host_->LocalNow());
  stepper_->Step(coordinator_input::SessionClosed{stream});
}

void InitiatorDesk::Submit(Origin origin, InitiatorRequest request) {
  origin.question = stepper_->answers()->Asked(request);
  origins_.emplace(next_request_, std::move(origin));
  stepper_->Step(coordinator_input::Requested{next_request_++, std::move(request)});
}

template <class Message, class Request>
void InitiatorDesk::Take(const Origin& origin, const std::string& body) {
  Message message;
  Request request;
  WireError error;
  if (!ParseWire(body, &message, &error) || !FromWire(&message, &request, &error)) {
    return context_->history.Violate("wire", "a request was not understood: " + error.text);
  }
  Submit(origin, std::move(request));
}

void InitiatorDesk::Call(CallNumber call, Method method, const std::string& body) {
  const Origin origin{0, call, method};
  switch (method) {
    case Method::kBegin:
      return Take<v1::BeginTransactionRequest, BeginRequest>(origin, body);
    case Method::kEnlist:
      return Take<v1::EnlistParticipantRequest, EnlistRequest>(origin, body);
    case Method::kCommit:
      return Take<v1::CommitTransactionRequest, CommitRequest>(origin, body);
    case Method::kAbort:
      return Take<v1::AbortTransactionRequest, AbortRequest>(origin, body);
    case Method::kGet:
      return Take<v1::GetTransactionRequest, GetRequest>(origin, body);
    case Method::kPrepareBranch:
    case Method::kCommitBranch:
    case Method::kAbortBranch:
    case Method::kListPrepared:
    case Method::kWork:
      ASSENT_CHECK(false, "no method of a coordinator");
  }
}

void InitiatorDesk::Replace(const std::string& participant, const StoreId& store) {
  origins_.emplace(next_request_, Origin{});
  stepper_->Step(coordinator_input::ReplaceParticipant{next_request_++, participant, store});
}

void InitiatorDesk::BindingReplaced(RequestId request, Reason, const std::string&) {
  origins_.erase(request);
}

void InitiatorDesk::Reply(RequestId request, InitiatorReply body) {
  const auto found = origins_.find(request);
  if (found == origins_.end()) {
    return context_->history.Violate("shell", "a request was answered twice");
  }
  const Origin origin = std::move(found->second);
  origins_.erase(found);
  stepper_->answers()->Answers(origin.question, body, host_->LocalNow());
  if (const auto* outcome = std::get_if<OutcomeReply>(&body)) {
    context_->history.Answering(*outcome);
  }
  if (origin.stream == 0) return ReplyToCall(origin, std::move(body));
  const auto session = sessions_.find(origin.stream);
  if (session == sessions_.end()) return;
  if (!session->second.is_dirty) dirty_.push_back(origin.stream);
  session->second.is_dirty = true;
  AppendTo(&session->second.outbox, origin.correlation, std::move(body), stepper_->coordinator());
}

void InitiatorDesk::ReplyToCall(const Origin& origin, InitiatorReply body) {
  std::string bytes;
  if (auto* error = std::get_if<ErrorReply>(&body)) {
    bytes = SerializeReply(std::move(*error));
  } else if (const auto* begun = std::get_if<BeginReply>(&body)) {
    v1::BeginTransactionResponse message;
    ToWire(*begun, &message);
    bytes = SerializeReply(message);
  } else if (const auto* enlisted = std::get_if<EnlistReply>(&body)) {
    v1::EnlistParticipantResponse message;
    ToWire(*enlisted, &message);
    bytes = SerializeReply(message);
  } else if (auto* outcome = std::get_if<OutcomeReply>(&body)) {
    // The three answers have one form.
    v1::GetTransactionResponse get;
    v1::CommitTransactionResponse commit;
    v1::AbortTransactionResponse abort;
    if (origin.method == Method::kGet) {
      ToWire(std::move(*outcome), &get);
      bytes = SerializeReply(get);
    } else if (origin.method == Method::kCommit) {
      ToWire(std::move(*outcome), &commit);
      bytes = SerializeReply(commit);
    } else {
      ToWire(std::move(*outcome), &abort);
      bytes = SerializeReply(abort);
    }
  }
  context_->network.Reply(origin.correlation, std::move(bytes));
}

void InitiatorDesk::Flush() {
  for (const StreamId stream : dirty_) {
    const auto session = sessions_.find(stream);
    if (session == sessions_.end()) continue;
    context_->network.Send(stream, host_, session->second.outbox);
    session->second.outbox.clear();
    session->second.is_dirty = false;
  }
  dirty_.clear();
}

}  // namespace assent::simulation
