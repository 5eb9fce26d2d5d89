#include "simulations/initiator_client.h"

#include <utility>
#include <variant>

#include "core/check.h"
#include "simulations/codec.h"

namespace assent::simulation {
namespace {

constexpr std::uint32_t kBlock = 16;

}  // namespace

void InitiatorClient::Start() {
  if (!uses_sessions_) return;
  for (std::size_t i = 0; i < sessions_.size(); ++i) Dial(i);
}

void InitiatorClient::Clear() {
  for (Session& session : sessions_) session = Session{session.coordinator};
}

// ---------------------------------------------------------------------------------------------
// Sessions

void InitiatorClient::Dial(std::size_t number) {
  Session& session = sessions_[number];
  session.is_waiting = false;
  if (session.stream != 0) return;
  session.stream = context_->network.Connect(me_, session.coordinator, StreamKind::kSession);
  session.id = CoordinatorId();
  session.outbox.clear();
  for (const auto& [correlation, pending] : session.pending) {
    Send(&session, correlation, pending.request);
  }
  Flush();
}

void InitiatorClient::Rest() {
  for (Session& session : sessions_) {
    if (session.stream == 0 || !session.pending.empty()) continue;
    context_->network.Close(std::exchange(session.stream, 0), me_);
    session.ids.clear();
    session.is_dirty = false;
    session.outbox.clear();
  }
}

void InitiatorClient::OnClosed(StreamId stream) {
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    if (sessions_[i].stream != stream) continue;
    sessions_[i].stream = 0;
    sessions_[i].ids.clear();
    sessions_[i].is_waiting = true;
    later_(context_->random.Between(Duration::Millis(10), Duration::Millis(300)),
           [this, i] { Dial(i); });
  }
}

void InitiatorClient::Send(Session* session, std::uint64_t correlation,
                           const InitiatorRequest& request) {
  AppendTo(&session->outbox, correlation, request, session->id);
  session->is_dirty = true;
}

void InitiatorClient::Flush() {
  for (Session& session : sessions_) {
    if (!session.is_dirty || session.stream == 0) continue;
    context_->network.Send(session.stream, me_, session.outbox);
    session.outbox.clear();
    session.is_dirty = false;
  }
}

void InitiatorClient::OnFrame(StreamId stream, const std::string& bytes) {
  for (Session& session : sessions_) {
    if (session.stream != stream) continue;
    std::vector<SessionAnswer> answers;
    WireError error;
    if (!FromWire(bytes, &session.id, &answers, &error)) {
      return context_->history.Violate("wire",
                                       "a session's answer was not understood: " + error.text);
    }
    for (SessionAnswer& answer : answers) Accept(&session, std::move(answer));
  }
}

void InitiatorClient::Accept(Session* session, SessionAnswer answer) {
  const auto found = session->pending.find(answer.correlation_id);
  if (found == session->pending.end()) return;  // after its deadline, or twice
  if (const auto* error = std::get_if<ErrorReply>(&answer.reply)) {
    if (error->reason == Reason::kDraining || error->reason == Reason::kLogFailed) {
      found->second.last = std::move(answer.reply);
      return;
    }
  }
  const Done done = std::move(found->second.done);
  session->pending.erase(found);
  done(std::move(answer.reply));
}

void InitiatorClient::Expire(std::size_t number, std::uint64_t correlation) {
  Session& session = sessions_[number];
  const auto found = session.pending.find(correlation);
  if (found == session.pending.end()) return;
  Pending pending = std::move(found->second);
  session.pending.erase(found);
  pending.done(std::move(pending.last));
}

// ---------------------------------------------------------------------------------------------
// Requests

void InitiatorClient::Begin(int coordinator, Done done) {
  if (!uses_sessions_)
    return Call(sessions_[static_cast<std::size_t>(coordinator)].coordinator, BeginRequest{},
                std::move(done));
  Session& session = sessions_[static_cast<std::size_t>(coordinator)];
  if (context_->scheduler.Now() > session.good_until) session.ids.clear();
  if (session.ids.empty()) {
    session.waiting.push_back(std::move(done));
    return AskForBlock(coordinator);
  }
  const TransactionId id = session.ids.front();
  session.ids.pop_front();
  done(InitiatorReply(BeginReply{id, session.timeout}));
}

void InitiatorClient::AskForBlock(int coordinator) {
  const auto number = static_cast<std::size_t>(coordinator);
  if (std::exchange(sessions_[number].has_asked, true)) return;
  OpenBlockRequest request;
  request.count = kBlock;
  Ask(coordinator, request, [this, number](const std::optional<InitiatorReply>& reply) {
    TakeBlock(&sessions_[number], reply);
  });
}

void InitiatorClient::TakeBlock(Session* session, const std::optional<InitiatorReply>& reply) {
  session->has_asked = false;
  if (reply) {
    if (const auto* block = std::get_if<BlockReply>(&*reply)) {
      session->timeout = block->timeout;
      session->good_until = context_->scheduler.Now() + block->lifetime / 2;
      TransactionId id = block->first;
      for (std::uint32_t i = 0; i < block->count; ++i, ++id.sequence.number) {
        session->ids.push_back(id);
      }
    }
  }
  std::vector<Done> waiting;
  waiting.swap(session->waiting);
  for (Done& done : waiting) {
    if (session->ids.empty()) {
      done(reply && std::holds_alternative<ErrorReply>(*reply) ? reply : std::nullopt);
    } else {
      const TransactionId id = session->ids.front();
      session->ids.pop_front();
      done(InitiatorReply(BeginReply{id, session->timeout}));
    }
  }
}

void InitiatorClient::Ask(int coordinator, InitiatorRequest request, Done done) {
  const auto number = static_cast<std::size_t>(coordinator);
  Session& session = sessions_[number];
  if (!uses_sessions_) return Call(session.coordinator, std::move(request), std::move(done));
  const std::uint64_t correlation = next_correlation_++;
  if (session.stream == 0 && !session.is_waiting) Dial(number);
  if (session.stream != 0) Send(&session, correlation, request);
  session.pending.emplace(correlation, Pending{std::move(request), std::move(done), std::nullopt});
  later_(Patience(), [this, number, correlation] { Expire(number, correlation); });
}

std::uint32_t InitiatorClient::GivenOutAfter(int coordinator, const TransactionId& id) const {
  const std::deque<TransactionId>& ids = sessions_[static_cast<std::size_t>(coordinator)].ids;
  if (ids.empty() || ids.back().coordinator != id.coordinator) return 0;
  const Sequence last = ids.back().sequence;
  if (last.epoch != id.sequence.epoch || last.number < id.sequence.number) return 0;
  return static_cast<std::uint32_t>(last.number - id.sequence.number);
}

template <class Response, class Reply>
void InitiatorClient::CallMethod(Host* coordinator, Method method, std::string body,
                                 const Done& done) {
  context_->network.Call(me_, coordinator, method, std::move(body), Patience(),
                         [done](const std::optional<std::string>& bytes) {
                           if (!bytes) return done(std::nullopt);
                           done(ParseReply<Response, Reply>(*bytes));
                         });
}

void InitiatorClient::Call(Host* coordinator, InitiatorRequest request, Done done) {
  if (const auto* begin = std::get_if<BeginRequest>(&request)) {
    v1::BeginTransactionRequest message;
    ToWire(*begin, &message);
    CallMethod<v1::BeginTransactionResponse, BeginReply>(coordinator, Method::kBegin,
                                                         Serialize(message), done);
  } else if (auto* commit = std::get_if<CommitRequest>(&request)) {
    v1::CommitTransactionRequest message;
    ToWire(std::move(*commit), &message);
    CallMethod<v1::CommitTransactionResponse, OutcomeReply>(coordinator, Method::kCommit,
                                                            Serialize(message), done);
  } else if (const auto* enlist = std::get_if<EnlistRequest>(&request)) {
    v1::EnlistParticipantRequest message;
    ToWire(*enlist, &message);
    CallMethod<v1::EnlistParticipantResponse, EnlistReply>(coordinator, Method::kEnlist,
                                                           Serialize(message), done);
  } else if (const auto* abort = std::get_if<AbortRequest>(&request)) {
    v1::AbortTransactionRequest message;
    ToWire(*abort, &message);
    CallMethod<v1::AbortTransactionResponse, OutcomeReply>(coordinator, Method::kAbort,
                                                           Serialize(message), done);
  } else if (const auto* get = std::get_if<GetRequest>(&request)) {
    v1::GetTransactionRequest message;
    ToWire(*get, &message);
    CallMethod<v1::GetTransactionResponse, OutcomeReply>(coordinator, Method::kGet,
                                                         Serialize(message), done);
  } else {
    ASSENT_CHECK(false, "blocks are for sessions");
  }
}

}  // namespace assent::simulation
