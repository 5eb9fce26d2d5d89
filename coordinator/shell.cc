#include "coordinator/shell.h"

#include <utility>
#include <variant>
#include <vector>

#include "core/check.h"
#include "runtime/crash_point.h"

namespace assent {
namespace {

void PassReceived([[maybe_unused]] const FromParticipant& message) {
  if (std::holds_alternative<Vote>(message)) ASSENT_CRASH_POINT("coordinator.vote.received");
  if (std::holds_alternative<Acknowledge>(message)) {
    ASSENT_CRASH_POINT("coordinator.acknowledge.received");
  }
}

void PassSend([[maybe_unused]] const ToParticipant& message) {
  if (std::holds_alternative<Prepare>(message)) {
    ASSENT_CRASH_POINT("coordinator.prepare.before_send");
  }
  if (std::holds_alternative<Commit>(message)) ASSENT_CRASH_POINT("coordinator.commit.before_send");
  if (std::holds_alternative<Abort>(message)) ASSENT_CRASH_POINT("coordinator.abort.before_send");
}

// The transaction whose decision or completion the request may wait for.
Sequence WaitsFor(const InitiatorRequest& request) {
  if (const auto* commit = std::get_if<CommitRequest>(&request)) return commit->id.sequence;
  if (const auto* abort = std::get_if<AbortRequest>(&request)) return abort->id.sequence;
  return {};
}

}  // namespace

void Requester::BindingReplaced(std::uint64_t, Reason, const std::string&) {
  ASSENT_CHECK(false, "only the service that replaces participants is answered so");
}

Shell::Shell(EventLoop* loop, Coordinator* core, LogSink* log, std::size_t max_requests_in_flight,
             HaltHandler halted)
    : loop_(loop),
      core_(core),
      max_requests_in_flight_(max_requests_in_flight),
      halted_(std::move(halted)),
      dispatcher_(this, this, log, this),
      notices_(core->id()) {}

std::uint64_t Shell::AddRequester(Requester* requester) {
  requesters_.emplace(next_requester_, Asker{requester});
  return next_requester_++;
}

void Shell::RemoveRequester(std::uint64_t requester) {
  const auto found = requesters_.find(requester);
  const bool asks = found != requesters_.end() && found->second.open > 0;
  requesters_.erase(requester);
  if (!asks) return;
  std::vector<RequestId> asked;
  for (const auto& [id, request] : requests_) {
    if (request.requester == requester) asked.push_back(id);
  }
  for (const RequestId request : asked) Cancel(request);
}

RequestId Shell::Submit(std::uint64_t requester, std::uint64_t tag, InitiatorRequest request) {
  ASSENT_CRASH_POINT("coordinator.request.received");
  if (requests_.size() >= max_requests_in_flight_) {
    requesters_.at(requester).requester->Answer(
        tag,
        ErrorReply{Reason::kTooManyRequests,
                   "the coordinator has max_requests_in_flight requests open: try again later"});
    return 0;
  }
  const RequestId id = Remember(requester, tag, WaitsFor(request));
  Step(coordinator_input::Requested{id, std::move(request)});
  return id;
}

void Shell::Cancel(RequestId request) {
  const auto found = requests_.find(request);
  if (found == requests_.end() || found->second.id == Sequence{}) return;
  Step(coordinator_input::RequestCancelled{request, found->second.id});
}

void Shell::RefuseNew(std::string why) { Step(coordinator_input::AdmissionClosed{std::move(why)}); }

void Shell::ReplaceParticipant(std::uint64_t requester, std::uint64_t tag, std::string participant,
                               const StoreId& store) {
  Step(coordinator_input::ReplaceParticipant{Remember(requester, tag), std::move(participant),
                                             store});
}

void Shell::CloseSession(SessionId session) { Step(coordinator_input::SessionClosed{session}); }

LinkId Shell::AddLink(ParticipantLink* link, LinkKind kind) {
  const LinkId id = next_link_++;
  links_.emplace(id, link);
  Step(coordinator_input::LinkOpened{id, kind});
  return id;
}

void Shell::RemoveLink(LinkId link) {
  if (links_.erase(link) != 0) Step(coordinator_input::LinkClosed{link});
}

void Shell::Receive(LinkId link, FromParticipant message) {
  PassReceived(message);
  if (links_.contains(link)) Step(coordinator_input::Received{link, std::move(message)});
}

void Shell::LosePrepare(LinkId link, Sequence id) {
  if (links_.contains(link)) Step(coordinator_input::PrepareLost{link, id});
}

void Shell::Logged(LogTicket ticket) {
  ASSENT_CRASH_POINT("coordinator.logged.received");
  Step(coordinator_input::Logged{ticket});
}

void Shell::LogFailed(std::string text) { Step(coordinator_input::LogFailed{std::move(text)}); }

void Shell::Drain() { Step(coordinator_input::DrainRequested{}); }

void Shell::Tick(Time now) {
  core_->Step(coordinator_input::Tick{}, now, &effects_);
  dispatcher_.Perform(&effects_);
}

void Shell::Step(CoordinatorInput input) {
  core_->Step(std::move(input), loop_->event_time(), &effects_);
  dispatcher_.Perform(&effects_);
}

RequestId Shell::Remember(std::uint64_t requester, std::uint64_t tag, Sequence id) {
  ++requesters_.at(requester).open;
  requests_.emplace(next_request_, Request{requester, tag, id});
  return next_request_++;
}

Requester* Shell::TakeRequester(RequestId request, std::uint64_t* tag) {
  const auto found = requests_.find(request);
  ASSENT_CHECK(found != requests_.end(), "a request is answered once");
  const Request asked = found->second;
  requests_.erase(found);
  *tag = asked.tag;
  const auto asker = requesters_.find(asked.requester);
  if (asker == requesters_.end()) return nullptr;
  --asker->second.open;
  return asker->second.requester;
}

void Shell::Reply(RequestId request, InitiatorReply body) {
  std::uint64_t tag = 0;
  Requester* requester = TakeRequester(request, &tag);
  if (requester != nullptr) requester->Answer(tag, std::move(body));
}

void Shell::BindingReplaced(RequestId request, Reason reason, const std::string& text) {
  std::uint64_t tag = 0;
  Requester* requester = TakeRequester(request, &tag);
  if (requester != nullptr) requester->BindingReplaced(tag, reason, text);
}

void Shell::Send(LinkId link, ToParticipant message) {
  PassSend(message);
  const auto found = links_.find(link);
  if (found != links_.end()) found->second->Send(std::move(message));
}

void Shell::CloseLink(LinkId link, Reason reason, std::string text) {
  const auto found = links_.find(link);
  if (found == links_.end()) return;
  ParticipantLink* closed = found->second;
  links_.erase(found);
  closed->Close(reason, std::move(text));
}

void Shell::Notice(coordinator_effect::Notice notice) {
  notices_.Write(notice, loop_->event_time());
}

void Shell::Halt(Reason reason, std::string text) { halted_(reason, text); }

}  // namespace assent
