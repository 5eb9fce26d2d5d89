#include "participant/agent_link.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "runtime/channel.h"
#include "runtime/clock.h"
#include "runtime/crash_point.h"
#include "runtime/errors.h"

namespace assent {
namespace {

ConnectorOptions AttachOptions(std::function<void(const grpc::Status&)> dial_failed) {
  ConnectorOptions options;
  options.method = "/assent.v1.AttachService/Attach";
  options.dial_failed = std::move(dial_failed);
  return options;
}

// Reasons that pass by themselves, soon.
bool PassesSoon(Reason reason) {
  return reason == Reason::kNone || reason == Reason::kDraining || reason == Reason::kLogFailed;
}

grpc::Status OutOfOrder(const char* text) {
  return ToStatus(ErrorReply{Reason::kMalformedRequest, text});
}

}  // namespace

AgentLink::AgentLink(EventLoop* loop, std::string target, Duration refused_retry,
                     AgentLinkOwner* owner)
    : target_(std::move(target)),
      refused_retry_(refused_retry),
      owner_(owner),
      connector_(loop, Dial(target_, grpc::InsecureChannelCredentials()),
                 AttachOptions([this](const grpc::Status& status) {
                   NotAttached("cannot be reached: " + status.error_message());
                 }),
                 this) {
  status_.target = target_;
  status_.text = "not reached yet";
}

void AgentLink::Start() {
  away_since_ = MonotonicNow();
  connector_.Start();
}

void AgentLink::WarnIfAway(Duration patience) {
  if (attached_) return;
  const Duration away = MonotonicNow() - away_since_;
  if (away < std::max(patience, warn_after_)) return;
  warn_after_ = away * 2;
  owner_->Log(AgentLogLevel::kWarning, "not attached to the coordinator at " + target_ + " for " +
                                           std::to_string(away.micros / 1000) +
                                           " ms: " + status().text);
}

void AgentLink::Stop() {
  connector_.Stop();
  link_ = nullptr;
  NotAttached("the agent has stopped");
  Left();
}

void AgentLink::Send(FromParticipant message) {
  if (link_ == nullptr) return;
  waiting_.enlist |= std::holds_alternative<Enlist>(message);
  waiting_.vote |= std::holds_alternative<Vote>(message);
  waiting_.acknowledge |= std::holds_alternative<Acknowledge>(message);
  outbox_.Add(std::move(message));
  link_->MarkDirty(outbox_.pending_bytes());
}

AgentCoordinatorStatus AgentLink::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

void AgentLink::Opened(Link* link) {
  link_ = link;
  id_ = owner_->NewLinkId();
  attached_ = false;
  outbox_ = Outbox();
  waiting_ = written_ = Carried();
  Send(owner_->NewAttach());
}

grpc::Status AgentLink::Frame(Link*, grpc::ByteBuffer* frame) {
  WireError error;
  messages_.clear();
  grpc::Slice bytes;
  if (!TakeBytes(frame, &bytes, &error) || !FromWire(ViewOf(bytes), &messages_, &error)) {
    return ToStatus(error);
  }
  for (ToParticipant& message : messages_) {
    grpc::Status status = Accept(std::move(message));
    if (!status.ok()) return status;
  }
  return grpc::Status::OK;
}

grpc::Status AgentLink::Accept(ToParticipant message) {
  const auto* answer = std::get_if<AttachAnswer>(&message);
  if (answer != nullptr) {
    if (attached_) return OutOfOrder("a second answer to Attach");
    if (answer->reason != Reason::kNone) return ToStatus(ErrorReply{answer->reason, answer->text});
    Answered(*answer);
  } else if (attached_) {
    owner_->Received(id_, std::move(message));
  } else {
    return OutOfOrder("the first message of a coordinator answers Attach");
  }
  return grpc::Status::OK;
}

void AgentLink::Answered(const AttachAnswer& answer) {
  attached_ = true;
  {
    MutexLock lock(&mutex_);
    status_.attached = true;
    status_.coordinator = std::string(answer.coordinator.text());
    status_.epoch = answer.epoch;
    status_.refused = Reason::kNone;
    status_.text.clear();
  }
  owner_->Log(AgentLogLevel::kInfo, "attached to coordinator " +
                                        std::string(answer.coordinator.text()) + " at " + target_ +
                                        ", epoch " + std::to_string(answer.epoch));
  owner_->Attached(id_, answer);
  owner_->StatusChanged();
}

// Asked for again once the last write is done: what that frame carried has left.
bool AgentLink::Take(Link*, grpc::ByteBuffer* frame) {
  if (written_.enlist) ASSENT_CRASH_POINT("agent.send.after_enlist");
  if (written_.vote) ASSENT_CRASH_POINT("agent.send.after_vote");
  if (written_.acknowledge) ASSENT_CRASH_POINT("agent.send.after_acknowledge");
  written_ = Carried();
  if (!outbox_.Take(frame)) return false;
  std::swap(written_, waiting_);
  if (written_.enlist) ASSENT_CRASH_POINT("agent.send.before_enlist");
  if (written_.vote) ASSENT_CRASH_POINT("agent.send.before_vote");
  if (written_.acknowledge) ASSENT_CRASH_POINT("agent.send.before_acknowledge");
  return true;
}

void AgentLink::Closed(Link*, const grpc::Status& status) {
  link_ = nullptr;
  const Reason reason = ReasonNamed(ReasonOf(status)).value_or(Reason::kNone);
  if (PassesSoon(reason)) {
    NotAttached(status.ok() ? "the coordinator ended the link" : status.error_message());
  } else {
    Refused(reason, status.error_message());
  }
  Left();
}

void AgentLink::Refused(Reason reason, std::string text) {
  // Only another link of this very process can have taken this one's place: else they would replace
  // each other as fast as they are dialled.
  if (reason == Reason::kAlreadyAttached) text += " (do two addresses lead to it?)";
  connector_.DelayNextDial(refused_retry_);
  NotAttached(text);
  {
    MutexLock lock(&mutex_);
    status_.refused = reason;
  }
  owner_->Log(AgentLogLevel::kError,
              "the coordinator at " + target_ +
                  " refuses this participant: " + std::string(NameOf(reason)) + ": " + text);
  owner_->Refused(reason, target_ + ": " + text);
}

void AgentLink::NotAttached(const std::string& text) {
  {
    MutexLock lock(&mutex_);
    status_.attached = false;
    status_.text = text;
  }
  owner_->StatusChanged();
}

void AgentLink::Left() {
  if (!attached_) return;
  attached_ = false;
  away_since_ = MonotonicNow();
  warn_after_ = Duration();
  owner_->Log(AgentLogLevel::kWarning,
              "link to the coordinator at " + target_ + " ended: " + status().text);
  owner_->Detached(id_);
}

}  // namespace assent
