#include "simulations/unary_node.h"

#include <utility>
#include <variant>

#include "core/check.h"

namespace assent::simulation {

void UnaryNode::OnDown() {
  links_.clear();
  coordinators_.clear();
  prepares_.clear();
  commits_.clear();
}

LinkId UnaryNode::LinkOf(const Addressee& to) const {
  if (to.participant != name() || to.store != me_.store) return 0;
  const auto found = links_.find(to.coordinator);
  return found == links_.end() ? 0 : found->second;
}

void UnaryNode::OnCall(CallNumber call, Method method, std::string body) {
  if (method == Method::kPrepareBranch) return TakePrepare(call, body);
  if (method == Method::kCommitBranch) return TakeCommit(call, body);
  if (method == Method::kAbortBranch) return TakeAbort(call, body);
  if (method == Method::kListPrepared) return TakeListPrepared(call, body);
  Fail(call);
}

template <class Request, class Message>
bool UnaryNode::Understand(const std::string& body, Addressee* to, Message* message) {
  Request request;
  WireError error;
  if (ParseWire(body, &request, &error) && FromWire(&request, to, message, &error)) return true;
  context_->history.Violate("wire", name() + " did not understand a call: " + error.text);
  return false;
}

void UnaryNode::Receive(LinkId link, ToParticipant message) {
  Step(participant_input::Received{link, std::move(message)});
  Pump();
}

void UnaryNode::TakePrepare(CallNumber call, const std::string& body) {
  Addressee to;
  Prepare prepare;
  if (!Understand<v1::PrepareRequest>(body, &to, &prepare)) return;
  const LinkId link = LinkOf(to);
  if (link == 0) return Fail(call);
  const TransactionId id{to.coordinator, prepare.id};
  const bool is_first = prepares_.emplace(id, call).second;
  is_refused_ = false;
  Receive(link, std::move(prepare));
  if (!is_refused_) return;
  if (is_first) prepares_.erase(id);
  Fail(call);
}

void UnaryNode::TakeCommit(CallNumber call, const std::string& body) {
  Addressee to;
  Commit commit;
  if (!Understand<v1::CommitRequest>(body, &to, &commit)) return;
  const LinkId link = LinkOf(to);
  if (link == 0) return Fail(call);
  commits_[TransactionId{to.coordinator, commit.id}].push_back(call);
  Receive(link, commit);
}

void UnaryNode::TakeAbort(CallNumber call, const std::string& body) {
  Addressee to;
  Abort abort;
  if (!Understand<v1::AbortRequest>(body, &to, &abort)) return;
  const LinkId link = LinkOf(to);
  if (link == 0) return Fail(call);
  const auto waiting = prepares_.find(TransactionId{to.coordinator, abort.id});
  if (waiting != prepares_.end()) {
    Fail(waiting->second);
    prepares_.erase(waiting);
  }
  if (abort.stamp && abort.stamp->incarnation == me_.incarnation) {
    ToldToAbort(TransactionId{to.coordinator, abort.id});
  }
  Receive(link, abort);
  context_->network.Reply(call, Serialize(v1::AbortResponse()));
}

void UnaryNode::Meet(const AttachAnswer& coordinator) {
  LinkId& link = links_[coordinator.coordinator];
  const Epoch known = core()->KnowledgeOf(coordinator.coordinator).epoch;
  if (coordinator.epoch < known || (link != 0 && coordinator.epoch == known)) return;
  coordinators_.erase(link);
  link = next_link_++;
  coordinators_.emplace(link, coordinator.coordinator);
  Step(participant_input::Attached{link, coordinator});
  Pump();
}

void UnaryNode::TakeListPrepared(CallNumber call, const std::string& body) {
  std::string participant;
  AttachAnswer coordinator;
  v1::ListPreparedRequest message;
  WireError error;
  if (!ParseWire(body, &message, &error) ||
      !FromWire(&message, &participant, &coordinator, &error)) {
    return context_->history.Violate("wire", "a ListPrepared was not understood: " + error.text);
  }
  if (participant != name()) return Fail(call);
  // What it knew before: a coordinator on an older copy of its log must hear of it (R3).
  Attach attach = me_;
  attach.knowledge = core()->KnowledgeOf(coordinator.coordinator);
  Meet(coordinator);
  std::vector<Inquire> prepared;
  for (const LocalBranchView& branch : core()->ListBranches(LocalNow())) {
    if (branch.id.coordinator != coordinator.coordinator) continue;
    if (branch.state == LocalBranchState::kPrepared) prepared.push_back({branch.id.sequence});
  }
  v1::ListPreparedResponse response;
  ToWire(attach, prepared, coordinator.coordinator, &response);
  context_->network.Reply(call, Serialize(response));
}

// It enlists nothing and cannot ask: the coordinator lists what is prepared.
void UnaryNode::Send(LinkId link, FromParticipant message) {
  const auto coordinator = coordinators_.find(link);
  if (coordinator == coordinators_.end()) return;
  if (auto* vote = std::get_if<Vote>(&message)) {
    const auto waiting = prepares_.find(TransactionId{coordinator->second, vote->id});
    if (waiting == prepares_.end()) return;
    v1::PrepareResponse response;
    ToWire(std::move(*vote), &response);
    context_->network.Reply(waiting->second, Serialize(response));
    prepares_.erase(waiting);
  } else if (const auto* acknowledged = std::get_if<Acknowledge>(&message)) {
    const auto waiting = commits_.extract(TransactionId{coordinator->second, acknowledged->id});
    if (waiting.empty()) return;
    v1::CommitResponse response;
    response.set_acknowledged(true);
    for (const CallNumber call : waiting.mapped()) {
      context_->network.Reply(call, Serialize(response));
    }
  }
}

void UnaryNode::Notice(const participant_effect::Notice& notice) {
  if (notice.kind == ParticipantNoticeKind::kRefusedPrepare) is_refused_ = true;
  StoreProcess::Notice(notice);
}

}  // namespace assent::simulation
