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

namespace {

void Fill(const CoordinatorCounts& counts, v1::TransactionCounters* counters) {
  counters->set_opened(counts.opened);
  counters->set_committed(counts.committed);
  counters->set_read_only(counts.read_only);
  counters->set_aborted(counts.aborted);
  counters->set_refused(counts.refused);
  counters->set_repeated_commits(counts.repeated_commits);
}

void Fill(const DaemonCounts& counts, v1::GetStatusResponse* status) {
  v1::LogCounters* log = status->mutable_log();
  log->set_syncs(counts.log.writes);
  log->set_decisions(counts.log.decisions);
  log->set_updates(counts.log.updates);
  log->set_bytes(counts.log_bytes);
  v1::TrafficCounters* traffic = status->mutable_traffic();
  traffic->set_frames_sent(counts.traffic.frames_sent);
  traffic->set_bytes_sent(counts.traffic.bytes_sent);
  traffic->set_frames_received(counts.traffic.frames_received);
  traffic->set_bytes_received(counts.traffic.bytes_received);
}

}  // namespace

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

void AdminService::GetStatus(UnaryCall* call) {
  v1::GetStatusRequest message;
  WireError error;
  if (!ParseBuffer(call->request(), &message, &error)) {
    call->Fail(ToStatus(error));
    return;
  }
  const Coordinator& core = shell_->core();
  v1::GetStatusResponse response;
  response.set_coordinator_id(std::string(core.id().text()));
  response.set_epoch(core.epoch());
  response.set_open_transactions(core.open_transactions());
  response.set_requests_in_flight(shell_->requests_in_flight());
  Fill(core.counts(), response.mutable_transactions());
  Fill(counts_(), &response);
  call->Reply(SerializeBuffer(response));
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
