#include "coordinator/admin_service.h"

#include <glog/logging.h>

#include <utility>
#include <vector>

#include "assent/v1/admin_service.pb.h"
#include "core/check.h"
#include "proto/wire_convert.h"
#include "runtime/clock.h"
#include "runtime/frames.h"

namespace assent {

void AdminService::ListTransactions(UnaryCall* call) {
  v1::ListTransactionsRequest message;
  ListTransactionsQuery query;
  WireError error;
  if (!ParseBuffer(call->request(), &message, &error) || !FromWire(message, &query, &error)) {
    call->Fail(ToStatus(error));
    return;
  }
  // One more than asked for tells whether another page follows.
  std::vector<TransactionView> views = shell_->core().ListTransactions(
      query.after, query.limit + 1, query.unfinished_only, MonotonicNow());
  v1::ListTransactionsResponse response;
  if (views.size() > query.limit) {
    views.pop_back();
    response.set_next_page_token(PageTokenOf(views.back().id.sequence));
  }
  for (const TransactionView& view : views) ToWire(view, response.add_transactions());
  call->Reply(SerializeBuffer(response));
}

void AdminService::ListParticipants(UnaryCall* call) {
  v1::ListParticipantsRequest message;
  WireError error;
  if (!ParseBuffer(call->request(), &message, &error)) {
    call->Fail(ToStatus(error));
    return;
  }
  v1::ListParticipantsResponse response;
  for (const ParticipantView& view : shell_->core().ListParticipants()) {
    ToWire(view, response.add_participants());
  }
  call->Reply(SerializeBuffer(response));
}

void AdminService::ReplaceParticipant(UnaryCall* call) {
  v1::ReplaceParticipantRequest message;
  coordinator_input::ReplaceParticipant input;
  WireError error;
  if (!ParseBuffer(call->request(), &message, &error) || !FromWire(&message, &input, &error)) {
    call->Fail(ToStatus(error));
    return;
  }
  LOG(INFO) << "operator at " << call->Peer() << " replaces participant " << input.participant
            << (input.store.empty() ? ": name released" : ": store " + input.store.ToText());
  const std::uint64_t tag = next_tag_++;
  waiting_.emplace(tag, call);
  shell_->ReplaceParticipant(id_, tag, std::move(input.participant), input.store);
}

void AdminService::Answer(std::uint64_t tag, InitiatorReply reply) {
  // Only a core that has halted answers so.
  auto* error = std::get_if<ErrorReply>(&reply);
  ASSENT_CHECK(error != nullptr, "operators ask nothing that has an outcome");
  Take(tag)->Fail(ToStatus(*error));
}

void AdminService::BindingReplaced(std::uint64_t tag, Reason reason, const std::string& text) {
  UnaryCall* call = Take(tag);
  if (reason == Reason::kNone) {
    call->Reply(SerializeBuffer(v1::ReplaceParticipantResponse()));
  } else {
    call->Fail(ToStatus(ErrorReply{reason, text}));
  }
}

UnaryCall* AdminService::Take(std::uint64_t tag) {
  const auto found = waiting_.find(tag);
  ASSENT_CHECK(found != waiting_.end(), "a call is answered once");
  UnaryCall* call = found->second;
  waiting_.erase(found);
  return call;
}

}  // namespace assent
