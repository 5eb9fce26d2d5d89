#include "coordinator/transaction_service.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/check.h"
#include "runtime/clock.h"
#include "runtime/crash_point.h"
#include "runtime/frames.h"

namespace assent {
namespace {

// An unanswered call costs the client its answer, so the core answers a little before the deadline.
constexpr Duration kDeadlineMargin = Duration::Millis(10);

// A call may not last longer than its deadline; without one, what the request says holds.
void LimitToDeadline(const UnaryCall& call, CommitRequest* request) {
  if (call.deadline().IsNever()) return;
  const Duration left = call.deadline() - MonotonicNow() - kDeadlineMargin;
  const Duration allowed = std::max(left, Duration::Millis(1));
  if (request->call_timeout == Duration() || request->call_timeout > allowed) {
    request->call_timeout = allowed;
  }
}

template <class Reply, class Response>
void FinishWith(UnaryCall* call, InitiatorReply reply) {
  if (auto* error = std::get_if<ErrorReply>(&reply)) {
    call->Fail(ToStatus(*error));
    return;
  }
  Response response;
  ToWire(std::get<Reply>(std::move(reply)), &response);
  call->Reply(SerializeBuffer(response));
}

}  // namespace

template <class Message, class Request, class Reply, class Response>
void TransactionService::Handle(UnaryCall* call) {
  Message message;
  Request request;
  WireError error;
  if (!ParseBuffer(call->request(), &message, &error) || !FromWire(&message, &request, &error)) {
    call->Fail(ToStatus(error));
    return;
  }
  if constexpr (std::is_same_v<Request, CommitRequest>) LimitToDeadline(*call, &request);
  Submit(call, std::move(request), &FinishWith<Reply, Response>);
}

void TransactionService::Begin(UnaryCall* call) {
  Handle<v1::BeginTransactionRequest, BeginRequest, BeginReply, v1::BeginTransactionResponse>(call);
}

void TransactionService::Enlist(UnaryCall* call) {
  Handle<v1::EnlistParticipantRequest, EnlistRequest, EnlistReply, v1::EnlistParticipantResponse>(
      call);
}

void TransactionService::Commit(UnaryCall* call) {
  Handle<v1::CommitTransactionRequest, CommitRequest, OutcomeReply, v1::CommitTransactionResponse>(
      call);
}

void TransactionService::Abort(UnaryCall* call) {
  Handle<v1::AbortTransactionRequest, AbortRequest, OutcomeReply, v1::AbortTransactionResponse>(
      call);
}

void TransactionService::Get(UnaryCall* call) {
  Handle<v1::GetTransactionRequest, GetRequest, OutcomeReply, v1::GetTransactionResponse>(call);
}

void TransactionService::Submit(UnaryCall* call, InitiatorRequest request, Finish finish) {
  const std::uint64_t tag = next_tag_++;
  waiting_.emplace(tag, Waiting{call, finish});
  // Nobody waits any more: the transaction goes on, the answer is dropped.
  call->OnCancelled([this, tag] {
    const auto found = waiting_.find(tag);
    if (found == waiting_.end()) return;
    const Waiting gone = found->second;
    waiting_.erase(found);
    gone.call->Fail(grpc::Status::CANCELLED);
    shell_->Cancel(gone.request);
  });
  if (!waiting_.contains(tag)) return;
  const RequestId submitted = shell_->Submit(id_, tag, std::move(request));
  const auto found = waiting_.find(tag);
  if (found != waiting_.end()) found->second.request = submitted;
}

void TransactionService::Answer(std::uint64_t tag, InitiatorReply reply) {
  const auto found = waiting_.find(tag);
  if (found == waiting_.end()) return;  // cancelled
  const Waiting waiting = found->second;
  waiting_.erase(found);
  ASSENT_CRASH_POINT("coordinator.answer.before_send");
  waiting.finish(waiting.call, std::move(reply));
}

}  // namespace assent
