#include "simulations/agent_node.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/check.h"
#include "simulations/codec.h"

namespace assent::simulation {

AgentNode::AgentNode(Context* context, int number, std::unique_ptr<StoreDisk> disk)
    : StoreProcess(context, number, std::move(disk)) {}

AgentNode::~AgentNode() = default;

void AgentNode::AddCoordinator(Host* coordinator) {
  links_.emplace_back();
  links_.back().coordinator = coordinator;
}

bool AgentNode::is_attached_everywhere() const {
  return up() && std::all_of(links_.begin(), links_.end(),
                             [](const Link& link) { return link.is_attached; });
}

std::vector<std::pair<const Host*, Reason>> AgentNode::TakeRefusals() {
  return std::exchange(refusals_, {});
}

// ---------------------------------------------------------------------------------------------
// Lives

void AgentNode::OnRecovered(const Attach& me) {
  attach_ = me;
  is_superseded_ = false;
  for (Link& link : links_) Dial(&link);
}

void AgentNode::OnDown() {
  calls_.clear();
  for (Link& link : links_) {
    link.stream = 0;
    link.link = 0;
    link.is_attached = link.is_dirty = false;
    link.outbox.clear();
  }
}

// ---------------------------------------------------------------------------------------------
// Links

void AgentNode::Dial(Link* link) {
  link->stream = context_->network.Connect(this, link->coordinator, StreamKind::kAttach);
  link->link = next_link_++;
  link->is_attached = false;
  Attach attach = attach_;
  attach.known = link->told = core()->Knowledge();
  Send(link->link, std::move(attach));
}

void AgentNode::OnClosed(StreamId stream) {
  for (Link& link : links_) {
    if (link.stream == stream) Redial(&link);
  }
  Pump();
}

void AgentNode::Redial(Link* link) {
  link->stream = 0;
  link->is_dirty = false;
  link->outbox.clear();
  if (std::exchange(link->is_attached, false)) Step(participant_input::Detached{link->link});
  Later(context_->random.Between(Duration::Millis(20), Duration::Millis(500)), [this, link] {
    if (link->stream == 0) Dial(link);
    Pump();
  });
}

void AgentNode::OnFrame(StreamId stream, std::string bytes) {
  const auto link = std::find_if(links_.begin(), links_.end(),
                                 [stream](const Link& one) { return one.stream == stream; });
  if (link == links_.end()) return;
  std::vector<ToParticipant> messages;
  WireError error;
  if (!FromWire(bytes, &messages, &error)) {
    return context_->history.Violate("wire",
                                     "a coordinator's frame was not understood: " + error.text);
  }
  for (ToParticipant& message : messages) {
    if (link->stream == stream) Take(&*link, std::move(message));
  }
  Pump();
}

void AgentNode::Take(Link* link, ToParticipant message) {
  if (const auto* answer = std::get_if<AttachAnswer>(&message)) return Answered(link, *answer);
  if (!link->is_attached) {
    return context_->history.Violate("wire", "a coordinator spoke before it answered Attach");
  }
  Step(participant_input::Received{link->link, std::move(message)});
}

void AgentNode::Answered(Link* link, const AttachAnswer& answer) {
  if (answer.reason != Reason::kNone) {
    if (Records(EventKind::kRefuse)) {
      Record(EventKind::kRefuse, "refused by " + link->coordinator->name() + ": " + answer.text);
    }
    refusals_.emplace_back(link->coordinator, answer.reason);
    if (answer.reason == Reason::kStaleIncarnation ||
        answer.reason == Reason::kSameIncarnationOtherLife) {
      return Supersede(answer);
    }
    context_->network.Close(link->stream, this);
    return Redial(link);
  }
  context_->history.Accepted(number(), runs_on_wrong_store() && !outruns(), link->told, answer);
  link->is_attached = true;
  Step(participant_input::Attached{link->link, answer});
}

// This is an older copy of a store (R3): it is marked, and the process exits.
void AgentNode::Supersede(const AttachAnswer& answer) {
  context_->history.TakenForCopy(name(), runs_on_wrong_store(), answer.text);
  if (!std::exchange(is_superseded_, true)) SupersedeStore(answer.text);
  ScheduleBatch();
}

void AgentNode::Send(LinkId id, FromParticipant message) {
  for (Link& link : links_) {
    if (link.link != id || link.stream == 0) continue;
    link.is_dirty = true;
    AppendTo(&link.outbox, std::move(message));
    return;
  }
}

// ---------------------------------------------------------------------------------------------
// Calls of the service

void AgentNode::OnCall(CallNumber number, Method method, std::string body) {
  ASSENT_CHECK(method == Method::kWork, "an agent is called by its application only");
  std::optional<WorkCall> work = DecodeWorkCall(body);
  ASSENT_CHECK(work.has_value(), "the application encodes its own calls");
  const CallId call = next_call_++;
  calls_.emplace(call, Call{number, std::move(*work)});
  Step(participant_input::CallBegun{call, calls_.at(call).work.id});
  Pump();
}

void AgentNode::CallAdmitted(CallId call) { Work(&calls_.at(call)); }

void AgentNode::Work(Call* call) {
  if (outruns()) return;  // no service on a copy: the call fails
  const auto operations = Operations::Decode(call->work.operations);
  ASSENT_CHECK(operations.has_value(), "the application encodes its own operations");
  KeyValueStore::BranchHandle branch = store()->Branch(call->work.id);
  call->is_done = true;
  for (const StoreOperation& operation : operations->list()) {
    StoreResult result = operation.kind == StoreOperation::Kind::kAdd
                             ? branch.Add(operation.key, operation.delta, operation.floor)
                             : branch.Read(operation.key);
    call->is_done = call->is_done && result.ok();
    call->writes = call->writes || operation.kind == StoreOperation::Kind::kAdd;
    if (operation.kind == StoreOperation::Kind::kRead) call->read = result.value.value_or("");
  }
}

void AgentNode::CallRefused(CallId call, Reason, const std::string&) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  context_->network.Reply(found->second.number, "refused");
  calls_.erase(found);
}

// The service goes on working for a while; its answer waits for this.
void AgentNode::Enlisted(CallId call, Reason reason, const std::string&) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  if (reason != Reason::kNone) found->second.is_done = false;
  Later(Duration::Micros(context_->random.Below(context_->profile.think_us)),
        [this, call] { EndCall(call); });
}

void AgentNode::EndCall(CallId call) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  const Call ended = std::move(found->second);
  calls_.erase(found);
  Step(participant_input::CallEnded{call});
  if (ended.is_done && ended.writes && !runs_on_wrong_store()) {
    context_->history.Worked(ended.work.id, number(), life());
  }
  context_->network.Reply(ended.number,
                          ended.is_done ? std::string(kWorkDone) + ended.read : "failed");
  Pump();
}

void AgentNode::Pump() {
  if (!up() || is_superseded_) return;
  StoreProcess::Pump();
  for (Link& link : links_) {
    if (!link.is_dirty || link.stream == 0) continue;
    context_->network.Send(link.stream, this, link.outbox);
    link.outbox.clear();
    link.is_dirty = false;
  }
}

}  // namespace assent::simulation
