#include "simulations/coordinator_node.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/check.h"
#include "simulations/codec.h"

namespace assent::simulation {

CoordinatorNode::CoordinatorNode(Context* context, const CoordinatorId& id,
                                 std::unique_ptr<LogDisk> disk)
    : Process(context, std::string(id.text())),
      id_(id),
      disk_(std::move(disk)),
      answers_(&context->profile, &context->history),
      desk_(context, this, this),
      dispatcher_(&desk_, this, this, this) {}

CoordinatorNode::~CoordinatorNode() = default;

void CoordinatorNode::AddUnaryParticipant(Host* participant) {
  UnaryLinkOwner* const owner = this;
  unary_.push_back(std::make_unique<UnaryLink>(context_, this, participant, owner));
}

bool CoordinatorNode::HasAttached(const std::string& participant, const StoreId& store) const {
  if (!up()) return false;
  const std::vector<ParticipantView> views = core_->ListParticipants();
  return std::any_of(views.begin(), views.end(), [&](const ParticipantView& view) {
    return view.name == participant && view.store == store && view.attached;
  });
}

void CoordinatorNode::Replace(const std::string& participant, const StoreId& store) {
  if (!up() || has_halted_) return;
  desk_.Replace(participant, store);
  Pump();
}

std::vector<std::pair<std::string, Reason>> CoordinatorNode::TakeRefused() {
  return std::exchange(refused_, {});
}

// ---------------------------------------------------------------------------------------------
// What arrives

void CoordinatorNode::OnConnected(StreamId stream, StreamKind kind) {
  if (kind == StreamKind::kSession) {
    if (wrong_log_) return context_->network.Close(stream, this);
    desk_.Open(stream);
  } else {
    StreamLink& link = streams_[stream];
    link.link = next_link_++;
    stream_of_.emplace(link.link, stream);
    Step(coordinator_input::LinkOpened{link.link, LinkKind::kStream});
  }
  Pump();
}

void CoordinatorNode::OnFrame(StreamId stream, std::string bytes) {
  if (desk_.Owns(stream)) {
    desk_.Receive(stream, bytes);
  } else {
    const auto found = streams_.find(stream);
    if (found != streams_.end()) Receive(&found->second, bytes);
  }
  Pump();
}

void CoordinatorNode::Receive(StreamLink* link, const std::string& bytes) {
  std::vector<FromParticipant> messages;
  WireError error;
  if (!FromWire(bytes, &messages, &error)) {
    return context_->history.Violate("wire", "an agent's frame was not understood: " + error.text);
  }
  const LinkId id = link->link;  // the link may be closed by one of them
  for (FromParticipant& message : messages) ReceiveOn(id, std::move(message));
}

void CoordinatorNode::OnClosed(StreamId stream) {
  desk_.Close(stream);
  const auto found = streams_.find(stream);
  if (found != streams_.end()) {
    const LinkId link = found->second.link;
    streams_.erase(found);
    stream_of_.erase(link);
    answers_.LinkEnded(link);
    Step(coordinator_input::LinkClosed{link});
  }
  Pump();
}

void CoordinatorNode::OnCall(CallNumber call, Method method, std::string body) {
  if (wrong_log_) return;
  desk_.Call(call, method, body);
  Pump();
}

void CoordinatorNode::OnTick() {
  if (core_->NextDeadline() <= LocalNow()) {
    answers_.Ticked(LocalNow());
    Step(coordinator_input::Tick{});
  }
  Pump();
}

void CoordinatorNode::Step(CoordinatorInput input) {
  core_->Step(std::move(input), LocalNow(), &effects_);
  if (++steps_ % static_cast<std::uint64_t>(context_->profile.check_every) == 0) {
    core_->CheckInvariants();
  }
  dispatcher_.Perform(&effects_);
}

void CoordinatorNode::Pump() {
  if (!up()) return;
  Flush();
  if (is_draining_ && core_->Drained()) queue_->FlushAll();
  BeginWrite();
  ArmTick(core_->NextDeadline());
  ExitIfDrained();
}

// ---------------------------------------------------------------------------------------------
// The log

void CoordinatorNode::BeginWrite() {
  if (is_writing_ || has_halted_ || !queue_->NeedsWrite()) return;
  is_writing_ = true;
  writing_ = queue_->Take(&writing_ticket_);
  RecordWrite(EventKind::kWrite, "begins to write");
  Later(WriteTime(), [this] { EndWrite(); });
}

void CoordinatorNode::EndWrite() {
  const storage::Status status = log_->Write(writing_);
  is_writing_ = false;
  if (status.ok()) {
    RecordWrite(EventKind::kSync, "has synced");
    for (const DecisionRecord& record : writing_.decisions) {
      if (!wrong_log_) shadow_.emplace(record.id, record);
      context_->history.DurablyDecided(TransactionId{id_, record.id});
      RecordDurable(record);
    }
    Step(coordinator_input::Logged{writing_ticket_});
  } else {
    if (!disk_->has_pending_fault()) {
      context_->history.Violate("R8",
                                name() + "'s log failed on a good disk: " + status.ToString());
    }
    has_failed_ = true;
    answers_.LogFailed();
    Step(coordinator_input::LogFailed{status.ToString()});
  }
  Pump();
}

void CoordinatorNode::RecordWrite(EventKind kind, const std::string& verb) const {
  if (!Records(kind)) return;
  std::vector<TransactionId> about;
  for (const DecisionRecord& record : writing_.decisions) {
    about.push_back(TransactionId{id_, record.id});
  }
  Record(kind, verb + ": " + std::to_string(about.size()) + " decisions", std::move(about));
}

void CoordinatorNode::RecordDurable(const DecisionRecord& record) const {
  if (!Records(EventKind::kDurable)) return;
  const TransactionId id{id_, record.id};
  Record(EventKind::kDurable, "has synced the commit of " + id.ToText(), {id});
}

std::size_t CoordinatorNode::unwritten() const {
  const std::size_t in_flight =
      is_writing_ ? writing_.decisions.size() + writing_.updates.size() : 0;
  return in_flight + queue_->size();
}

void CoordinatorNode::WriteDecision(LogTicket ticket, DecisionRecord record) {
  if (Records(EventKind::kDecide)) {
    const TransactionId id{id_, record.id};
    Record(EventKind::kDecide, "decides to commit " + id.ToText(), {id});
  }
  context_->history.Decided(id_, record);
  queue_->WriteDecision(ticket, std::move(record));
}

void CoordinatorNode::WriteUpdate(LogTicket ticket, LogUpdate update, bool urgent) {
  if (const auto* removal = std::get_if<RemovalUpdate>(&update); removal && !wrong_log_) {
    for (const Sequence& id : removal->removed) {
      const auto found = shadow_.find(id);
      if (found == shadow_.end()) continue;
      context_->history.Removed(id_, found->second);
      if (Records(EventKind::kForget)) {
        const TransactionId gone{id_, id};
        Record(EventKind::kForget, "forgets " + gone.ToText(), {gone});
      }
      shadow_.erase(found);
    }
  }
  queue_->WriteUpdate(ticket, std::move(update), urgent);
}

// ---------------------------------------------------------------------------------------------
// Links

void CoordinatorNode::Send(LinkId link, ToParticipant message) {
  if (!wrong_log_) answers_.Sends(link, message, LocalNow());
  for (const auto& unary : unary_) {
    if (unary->link() == link) return unary->Send(std::move(message));
  }
  const auto found = stream_of_.find(link);
  if (found == stream_of_.end()) return;
  StreamLink& stream = streams_.at(found->second);
  if (!stream.is_dirty) dirty_.push_back(link);
  stream.is_dirty = true;
  AppendTo(&stream.outbox, std::move(message));
}

void CoordinatorNode::Flush() {
  desk_.Flush();
  for (const LinkId link : dirty_) {
    const auto found = stream_of_.find(link);
    if (found == stream_of_.end()) continue;
    StreamLink& stream = streams_.at(found->second);
    context_->network.Send(found->second, this, stream.outbox);
    stream.outbox.clear();
    stream.is_dirty = false;
  }
  dirty_.clear();
}

void CoordinatorNode::CloseLink(LinkId link, Reason reason, std::string) {
  answers_.LinkEnded(link);
  for (const auto& unary : unary_) {
    if (unary->link() == link) return unary->Closed(reason);
  }
  const auto found = stream_of_.find(link);
  if (found == stream_of_.end()) return;
  const StreamId stream = found->second;
  if (streams_.at(stream).is_dirty) Flush();
  stream_of_.erase(link);
  streams_.erase(stream);
  context_->network.Close(stream, this);
}

LinkId CoordinatorNode::AddUnaryLink() {
  const LinkId link = next_link_++;
  Step(coordinator_input::LinkOpened{link, LinkKind::kUnary});
  return link;
}

void CoordinatorNode::RemoveUnaryLink(LinkId link) {
  answers_.LinkEnded(link);
  Step(coordinator_input::LinkClosed{link});
  Pump();
}

void CoordinatorNode::ReceiveOn(LinkId link, FromParticipant message) {
  const bool is_unary = std::any_of(unary_.begin(), unary_.end(),
                                    [link](const auto& one) { return one->link() == link; });
  if (!is_unary && !stream_of_.contains(link)) return;
  answers_.Received(link, message);
  Step(coordinator_input::Received{link, std::move(message)});
  if (is_unary) Pump();
}

void CoordinatorNode::LosePrepareOn(LinkId link, Sequence id) {
  const bool is_there = std::any_of(unary_.begin(), unary_.end(),
                                    [link](const auto& one) { return one->link() == link; });
  if (is_there) {
    answers_.LostPrepare(link, id);
    Step(coordinator_input::PrepareLost{link, id});
  }
  Pump();
}

void CoordinatorNode::AfterDelay(Duration delay, std::function<void()> action) {
  Later(delay, std::move(action));
}

void CoordinatorNode::DescribeMe(CoordinatorId* id, Epoch* epoch, LifeNumber* life) const {
  *id = id_;
  *epoch = core_->epoch();
  *life = core_->life();
}

void CoordinatorNode::Refused(const std::string& participant, Reason reason) {
  refused_.emplace_back(participant, reason);
}

// ---------------------------------------------------------------------------------------------
// Notices

void CoordinatorNode::Notice(coordinator_effect::Notice notice) {
  if (Records(EventKind::kNotice)) {
    Record(EventKind::kNotice, notice.participant + ": " + notice.text);
  }
  switch (notice.kind) {
    case NoticeKind::kForeignVote:
    case NoticeKind::kForeignAcknowledge:
    case NoticeKind::kRefusedInquiry:
    case NoticeKind::kMisbehaved:
      if (wrong_log_) return;
      return context_->history.Violate("alarm", name() + ": " + notice.text);
    case NoticeKind::kAttached:
      return answers_.Attached(notice.participant, LocalNow());
    case NoticeKind::kDetached:
      return answers_.Detached(notice.participant, LocalNow());
    case NoticeKind::kAttachRefused:
    case NoticeKind::kAbortedOddly:
    case NoticeKind::kIgnoredVote:
    case NoticeKind::kIgnoredAcknowledge:
    case NoticeKind::kSuperseded:
      return;
  }
}

void CoordinatorNode::Halt(Reason reason, std::string text) {
  if (Records(EventKind::kHalt)) Record(EventKind::kHalt, "halts: " + text);
  has_halted_ = true;
  if (reason == Reason::kSuperseded) context_->history.TakenForCopy(name(), wrong_log_, text);
  is_marked_ = reason == Reason::kSuperseded;
  Later(Duration(), [this] {  // the process exits
    CrashKind kind;
    kind.write_failed = has_failed_;
    Crash(kind);
    StartAfter(Duration::Millis(1 + context_->profile.down_ms));
  });
}

}  // namespace assent::simulation
