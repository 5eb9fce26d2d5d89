#include "coordinator/unary_participant.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "assent/v1/participant_service.pb.h"
#include "coordinator/printable.h"
#include "core/check.h"
#include "runtime/channel.h"
#include "runtime/clock.h"
#include "runtime/frames.h"

namespace assent {

UnaryParticipant::UnaryParticipant(EventLoop* loop, Shell* shell,
                                   const UnaryParticipantOptions& options)
    : loop_(loop),
      shell_(shell),
      options_(options),
      channel_(Dial(options.address, grpc::InsecureChannelCredentials())),
      poll_(loop),
      redial_(std::min(options.first_redial, options.poll_interval)) {}

void UnaryParticipant::Stop() {
  stopped_ = true;
  poll_.Cancel();
  Forget();
  for (UnaryClientCall* call : calls_) call->Cancel();
}

void UnaryParticipant::Send(ToParticipant message) {
  if (auto* prepare = std::get_if<Prepare>(&message)) {
    SendPrepare(std::move(*prepare));
  } else if (const auto* commit = std::get_if<Commit>(&message)) {
    SendCommit(*commit);
  } else if (const auto* abort = std::get_if<Abort>(&message)) {
    SendAbort(*abort);
  } else {
    // An accepted Attach needs no answer here; one that is refused closes the link, with a text.
    ASSENT_CHECK(std::holds_alternative<AttachAnswer>(message), "no other message on a unary link");
  }
}

void UnaryParticipant::Close(Reason reason, std::string text) {
  LOG(ERROR) << "participant " << options_.name << " at " << options_.address
             << " is refused: " << NameOf(reason) << ": " << text;
  link_ = 0;
  Forget();
}

// What waits would be lost to this link anyhow; the core repeats what has to be.
void UnaryParticipant::Forget() {
  prepares_.clear();
  ends_.clear();
  finishing_.clear();
}

void UnaryParticipant::SendPrepare(Prepare prepare) {
  v1::PrepareRequest message;
  const Sequence id = prepare.id;
  if (stopped_) return;
  if (full()) {
    LoseLater(id);
    return;
  }
  ToWire(std::move(prepare), ToMe(), &message);
  prepares_.emplace(
      id, Call{"/assent.v1.ParticipantService/Prepare", SerializeBuffer(message),
               options_.prepare_timeout, [this, id, link = link_](UnaryResult* result) {
                 --prepares_under_way_;
                 v1::PrepareResponse response;
                 Vote vote;
                 WireError error;
                 if (result->status.ok() && ParseBuffer(&result->body, &response, &error) &&
                     FromWire(&response, id, &vote, &error)) {
                   shell_->Receive(link, std::move(vote));
                 } else {
                   VLOG(1) << "no vote from " << options_.name << ": "
                           << Printable(result->status.error_message() + error.text);
                   shell_->LosePrepare(link, id);
                   // It may have restarted: until its new incarnation is known, every vote is lost.
                   if (!result->status.ok()) PollSoon();
                 }
               }});
  StartCalls();
}

// The core is at work now and hears of it afterwards.
void UnaryParticipant::LoseLater(Sequence id) {
  VLOG(1) << "no Prepare to " << options_.name << ": too many calls wait";
  const bool posted = loop_->Post([this, id, link = link_] { shell_->LosePrepare(link, id); });
  VLOG_IF(1, !posted) << "the loop has ended, and with it every link";
}

bool UnaryParticipant::Claim(Sequence id) {
  if (!full()) return finishing_.insert(id).second;
  VLOG(1) << "no Commit or Abort to " << options_.name << ": too many calls wait";
  return false;
}

void UnaryParticipant::Unclaim(LinkId link, Sequence id) {
  if (link == link_) finishing_.erase(id);
}

void UnaryParticipant::SendCommit(const Commit& commit) {
  if (!Claim(commit.id)) return;
  v1::CommitRequest message;
  ToWire(commit, ToMe(), &message);
  EnqueueEnd({"/assent.v1.ParticipantService/Commit", SerializeBuffer(message),
              options_.call_timeout, [this, id = commit.id, link = link_](UnaryResult* result) {
                Unclaim(link, id);
                v1::CommitResponse response;
                WireError error;
                // Anything else is no acknowledgement: the core repeats the Commit.
                if (result->status.ok() && ParseBuffer(&result->body, &response, &error) &&
                    response.acknowledged()) {
                  if (polling_) acknowledged_.insert(id);
                  shell_->Receive(link, Acknowledge{id});
                }
              }});
}

void UnaryParticipant::SendAbort(const Abort& abort) {
  prepares_.erase(abort.id);  // one that still waits need not be called
  if (!Claim(abort.id)) return;
  v1::AbortRequest message;
  ToWire(abort, ToMe(), &message);
  // Sent once: whoever misses it is listed as prepared later, and told again.
  EnqueueEnd({"/assent.v1.ParticipantService/Abort", SerializeBuffer(message),
              options_.call_timeout, [this, id = abort.id, link = link_](UnaryResult* result) {
                Unclaim(link, id);
                VLOG_IF(1, !result->status.ok()) << "abort lost towards " << options_.name << ": "
                                                 << Printable(result->status.error_message());
              }});
}

void UnaryParticipant::EnqueueEnd(Call call) {
  if (stopped_) return;
  ends_.push_back(std::move(call));
  StartCalls();
}

void UnaryParticipant::StartCalls() {
  while (!ends_.empty() && calls_.size() < options_.max_calls) {
    Call call = std::move(ends_.front());
    ends_.pop_front();
    StartWaiting(std::move(call));
  }
  const std::size_t max_prepares = options_.max_calls - options_.max_calls / 4;
  while (!prepares_.empty() && prepares_under_way_ < max_prepares &&
         calls_.size() < options_.max_calls) {
    ++prepares_under_way_;
    StartWaiting(std::move(prepares_.extract(prepares_.begin()).mapped()));
  }
}

void UnaryParticipant::StartWaiting(Call call) {
  UnaryRequest request;
  request.method = call.method;
  request.body = call.body;
  request.deadline = MonotonicNow() + call.timeout;
  StartCall(request, std::move(call.done));
}

void UnaryParticipant::StartCall(const UnaryRequest& request,
                                 std::function<void(UnaryResult*)> done) {
  // The call is known only once it is started; it comes back later, never from within the start.
  const auto self = std::make_shared<UnaryClientCall*>(nullptr);
  *self = StartUnaryCall(loop_, channel_, request,
                         [this, self, done = std::move(done)](UnaryResult* result) {
                           calls_.erase(*self);
                           done(result);
                           StartCalls();
                         });
  calls_.insert(*self);
}

void UnaryParticipant::PollSoon() {
  if (!stopped_ && !polling_) poll_.Set(MonotonicNow(), [this] { Poll(); });
}

void UnaryParticipant::Poll() {
  if (stopped_) return;
  polling_ = true;
  acknowledged_.clear();
  v1::ListPreparedRequest message;
  const Coordinator& core = shell_->core();
  ToWire(core.id(), options_.name, core.epoch(), core.life(), &message);
  UnaryRequest request;
  request.method = "/assent.v1.ParticipantService/ListPrepared";
  request.body = SerializeBuffer(message);
  request.deadline = MonotonicNow() + options_.call_timeout;
  StartCall(request, [this](UnaryResult* result) { Polled(result); });
}

void UnaryParticipant::Polled(UnaryResult* result) {
  polling_ = false;
  if (stopped_) return;
  v1::ListPreparedResponse response;
  Attach attach;
  std::vector<Inquire> prepared;
  WireError error;
  if (!result->status.ok()) {
    LoseContact(result->status.error_message());
  } else if (!ParseBuffer(&result->body, &response, &error) ||
             !FromWire(&response, shell_->core().id(), options_.name, &attach, &prepared, &error)) {
    LoseContact(error.text);
  } else {
    Contact(std::move(attach), prepared);
  }
  const Duration wait = link_ != 0 ? options_.poll_interval : redial_;
  poll_.Set(MonotonicNow() + wait, [this] { Poll(); });
  redial_ = link_ != 0 ? options_.first_redial : std::min(redial_ * 2, options_.poll_interval);
}

void UnaryParticipant::Contact(Attach attach, const std::vector<Inquire>& prepared) {
  const bool other =
      attach.store != store_ || attach.incarnation != incarnation_ || attach.life != life_;
  if (link_ != 0 && other) {
    Forget();
    shell_->RemoveLink(std::exchange(link_, 0));
  }
  if (link_ == 0) {
    store_ = attach.store;
    incarnation_ = attach.incarnation;
    life_ = attach.life;
    link_ = shell_->AddLink(this, LinkKind::kUnary);
    shell_->Receive(link_, std::move(attach));
  }
  if (link_ == 0) return;  // refused
  complained_ = false;
  for (const Inquire& inquire : prepared) {
    if (!acknowledged_.contains(inquire.id)) shell_->Receive(link_, inquire);
  }
}

void UnaryParticipant::LoseContact(const std::string& why) {
  LOG_IF(WARNING, !complained_) << "no contact with participant " << options_.name << " at "
                                << options_.address << ": " << Printable(why) << "; goes on trying";
  complained_ = true;
  Forget();
  if (link_ != 0) shell_->RemoveLink(std::exchange(link_, 0));
}

Addressee UnaryParticipant::ToMe() const {
  return Addressee{shell_->core().id(), options_.name, store_};
}

}  // namespace assent
