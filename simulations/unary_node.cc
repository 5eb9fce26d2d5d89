#include "simulations/unary_node.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/check.h"
#include "simulations/codec.h"

namespace assent::simulation {
namespace {

constexpr std::uint64_t kWindow = 65'536;

}  // namespace

void UnaryNode::OnRecovered(RecoveredStore recovered) {
  in_doubt_ = std::set<TransactionId>(recovered.prepared.begin(), recovered.prepared.end());
  for (const auto& known : recovered.coordinators) {
    knowledge_[known.coordinator] = known.knowledge;
  }
  me_ = std::move(recovered);
  life_number_ = context_->random.Next();
}

void UnaryNode::OnDown() {
  stamps_.clear();
  knowledge_.clear();
  waiting_.clear();
  in_doubt_.clear();
}

bool UnaryNode::IsMine(const Addressee& to) const {
  return to.participant == name() && to.store == me_.store;
}

bool UnaryNode::Use(const CoordinatorId& coordinator, const Stamp& stamp) {
  Stamps& stamps = stamps_[coordinator];
  stamps.epoch = std::max(stamps.epoch, knowledge_[coordinator].epoch);
  if (stamp.epoch > stamps.epoch) stamps = Stamps{stamp.epoch, 0, {}};
  if (stamp.epoch < stamps.epoch || stamp.n + kWindow <= stamps.highest) return false;
  stamps.highest = std::max(stamps.highest, stamp.n);
  return stamps.used.insert(stamp.n).second;
}

void UnaryNode::Note(const CoordinatorId& coordinator, const CoordinatorKnowledge& knowledge,
                     Sequence clean_mark) {
  CoordinatorKnowledge& known = knowledge_[coordinator];
  if (knowledge.epoch > known.epoch) {
    known.epoch = knowledge.epoch;
    known.life = knowledge.life;
    stamps_[coordinator] = Stamps{knowledge.epoch, 0, {}};
  }
  known.decision_number = std::max(known.decision_number, knowledge.decision_number);
  store()->Submit({NoteStep{coordinator, known, clean_mark}});
}

void UnaryNode::Submit(ResourceStep step) {
  std::vector<ResourceStep> steps;
  steps.push_back(std::move(step));
  store()->Submit(std::move(steps));
  ScheduleBatch();
}

void UnaryNode::OnCall(CallNumber call, Method method, std::string body) {
  if (method == Method::kPrepareBranch) return TakePrepare(call, body);
  if (method == Method::kCommitBranch) return TakeCommit(call, body);
  if (method == Method::kAbortBranch) return TakeAbort(call, body);
  if (method == Method::kListPrepared) return TakeListPrepared(call, body);
  Fail(call);
}

void UnaryNode::TakePrepare(CallNumber call, const std::string& body) {
  v1::PrepareRequest message;
  Addressee to;
  Prepare prepare;
  WireError error;
  if (!ParseWire(body, &message, &error) || !FromWire(&message, &to, &prepare, &error)) {
    return context_->history.Violate("wire", "a Prepare was not understood: " + error.text);
  }
  if (!IsMine(to) || prepare.stamp.incarnation != me_.incarnation) return Fail(call);
  if (!Use(to.coordinator, prepare.stamp)) return Fail(call);
  Note(to.coordinator, CoordinatorKnowledge(), prepare.clean_mark);
  const TransactionId id{to.coordinator, prepare.id};
  if (!prepare.payload || waiting_.contains(id)) {
    v1::PrepareResponse response;
    ToWire(Vote{prepare.id, VoteKind::kNo, "no work was done"}, &response);
    return context_->network.Reply(call, Serialize(response));
  }
  waiting_[id] = call;
  Submit(PrepareStep{id, std::move(prepare.payload), std::move(prepare.peers)});
}

void UnaryNode::Answer(const participant_input::Prepared& prepared) {
  if (prepared.result.vote == VoteKind::kYes) in_doubt_.insert(prepared.id);
  v1::PrepareResponse response;
  ToWire(Vote{prepared.id.sequence, prepared.result.vote, prepared.result.text}, &response);
  context_->network.Reply(waiting_.at(prepared.id), Serialize(response));
}

void UnaryNode::TakeCommit(CallNumber call, const std::string& body) {
  v1::CommitRequest message;
  Addressee to;
  Commit commit;
  WireError error;
  if (!ParseWire(body, &message, &error) || !FromWire(&message, &to, &commit, &error)) {
    return context_->history.Violate("wire", "a Commit was not understood: " + error.text);
  }
  const TransactionId id{to.coordinator, commit.id};
  if (!IsMine(to) || waiting_.contains(id)) return Fail(call);
  Note(to.coordinator, CoordinatorKnowledge{0, 0, commit.decision_number}, commit.clean_mark);
  waiting_[id] = call;
  Ending(id);
  Submit(CommitStep{id});
}

void UnaryNode::Answer(const participant_input::Committed& committed) {
  const bool done = committed.result == CommitResult::kCommitted;
  if (done) in_doubt_.erase(committed.id);
  if (committed.result == CommitResult::kNotThere && !runs_on_wrong_store()) {
    context_->history.Violate("alarm", name() + ": asked to commit " + committed.id.ToText() +
                                           ", which it does not know");
  }
  v1::CommitResponse response;
  response.set_acknowledged(done);
  context_->network.Reply(waiting_.at(committed.id), Serialize(response));
}

void UnaryNode::TakeAbort(CallNumber call, const std::string& body) {
  v1::AbortRequest message;
  Addressee to;
  Abort abort;
  WireError error;
  if (!ParseWire(body, &message, &error) || !FromWire(&message, &to, &abort, &error)) {
    return context_->history.Violate("wire", "an Abort was not understood: " + error.text);
  }
  if (!IsMine(to)) return Fail(call);
  if (abort.stamp && abort.stamp->incarnation == me_.incarnation) {
    static_cast<void>(Use(to.coordinator, *abort.stamp));  // used up, whether it was or not
  }
  const TransactionId id{to.coordinator, abort.id};
  if (waiting_.contains(id)) return Fail(call);
  waiting_[id] = call;
  Ending(id);
  Submit(AbortStep{id});
}

void UnaryNode::Answer(const participant_input::Aborted& aborted) {
  if (aborted.done) in_doubt_.erase(aborted.id);
  context_->network.Reply(waiting_.at(aborted.id), Serialize(v1::AbortResponse()));
}

void UnaryNode::TakeListPrepared(CallNumber call, const std::string& body) {
  v1::ListPreparedRequest message;
  std::string participant;
  AttachAnswer coordinator;
  WireError error;
  if (!ParseWire(body, &message, &error) ||
      !FromWire(&message, &participant, &coordinator, &error)) {
    return context_->history.Violate("wire", "a ListPrepared was not understood: " + error.text);
  }
  if (participant != name()) return Fail(call);
  // What it knew before: a coordinator on an older copy of its log must hear of it (R3).
  const CoordinatorKnowledge before = knowledge_[coordinator.coordinator];
  Attach attach{name(), me_.store, me_.incarnation, life_number_, before, {}};
  Note(coordinator.coordinator, CoordinatorKnowledge{coordinator.epoch, coordinator.life, 0},
       Sequence());
  std::vector<Inquire> prepared;
  for (const TransactionId& id : in_doubt_) {
    if (id.coordinator == coordinator.coordinator) prepared.push_back(Inquire{id.sequence});
  }
  v1::ListPreparedResponse response;
  ToWire(attach, prepared, coordinator.coordinator, &response);
  context_->network.Reply(call, Serialize(response));
}

void UnaryNode::OnCompleted(std::vector<ResourceCompletion> completions) {
  for (const ResourceCompletion& completion : completions) {
    std::visit(
        [this](const auto& one) {
          Answer(one);
          waiting_.erase(one.id);
        },
        completion);
  }
}

}  // namespace assent::simulation
