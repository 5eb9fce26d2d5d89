#include "simulations/unary_link.h"

#include <utility>
#include <variant>

#include "core/check.h"
#include "core/mutants.h"
#include "simulations/codec.h"

namespace assent::simulation {
namespace {

constexpr Duration kPollInterval = Duration::Seconds(5);
constexpr Duration kRedial = Duration::Millis(400);
constexpr Duration kCallTimeout = Duration::Seconds(10);
constexpr Duration kPrepareTimeout = Duration::Seconds(30);

}  // namespace

void UnaryLink::Start() {
  link_ = 0;
  is_polling_ = false;
  Poll();
}

void UnaryLink::Send(ToParticipant message) {
  if (auto* prepare = std::get_if<Prepare>(&message)) {
    SendPrepare(std::move(*prepare));
  } else if (const auto* commit = std::get_if<Commit>(&message)) {
    SendCommit(*commit);
  } else if (const auto* abort = std::get_if<Abort>(&message)) {
    SendAbort(*abort);
  } else {
    ASSENT_CHECK(std::holds_alternative<AttachAnswer>(message), "no other message on a unary link");
  }
}

void UnaryLink::Closed(Reason reason) {
  link_ = 0;
  owner_->Refused(participant_->name(), reason);
}

Addressee UnaryLink::ToIt() const {
  Addressee to;
  Epoch epoch = 0;
  LifeNumber life = 0;
  owner_->DescribeMe(&to.coordinator, &epoch, &life);
  to.participant = participant_->name();
  to.store = store_;
  return to;
}

void UnaryLink::SendPrepare(Prepare prepare) {
  v1::PrepareRequest message;
  const Sequence id = prepare.id;
  ToWire(std::move(prepare), ToIt(), &message);
  context_->network.Call(me_, participant_, Method::kPrepareBranch, Serialize(message),
                         kPrepareTimeout,
                         [this, id, link = link_](std::optional<std::string> reply) {
                           v1::PrepareResponse response;
                           Vote vote;
                           WireError error;
                           if (reply && ParseWire(*reply, &response, &error) &&
                               FromWire(&response, id, &vote, &error)) {
                             return owner_->ReceiveOn(link, std::move(vote));
                           }
                           owner_->LosePrepareOn(link, id);
                           if (!is_polling_) Poll();
                         });
}

void UnaryLink::SendCommit(const Commit& commit) {
  v1::CommitRequest message;
  ToWire(commit, ToIt(), &message);
  context_->network.Call(
      me_, participant_, Method::kCommitBranch, Serialize(message), kCallTimeout,
      [this, id = commit.id, link = link_](std::optional<std::string> reply) {
        v1::CommitResponse response;
        WireError error;
        if (reply && ParseWire(*reply, &response, &error) && response.acknowledged()) {
          if (is_polling_) acknowledged_.insert(id);
          owner_->ReceiveOn(link, Acknowledge{id});
        }
      });
}

void UnaryLink::SendAbort(const Abort& abort) {
  v1::AbortRequest message;
  ToWire(abort, ToIt(), &message);
  context_->network.Call(me_, participant_, Method::kAbortBranch, Serialize(message), kCallTimeout,
                         [](const std::optional<std::string>&) {});
}

void UnaryLink::Poll() {
  is_polling_ = true;
  acknowledged_.clear();
  CoordinatorId id;
  Epoch epoch = 0;
  LifeNumber life = 0;
  owner_->DescribeMe(&id, &epoch, &life);
  v1::ListPreparedRequest message;
  ToWire(id, participant_->name(), epoch, life, &message);
  context_->network.Call(me_, participant_, Method::kListPrepared, Serialize(message), kCallTimeout,
                         [this](const std::optional<std::string>& reply) { Polled(reply); });
}

void UnaryLink::PollLater() {
  owner_->AfterDelay(link_ != 0 ? kPollInterval : kRedial, [this, poll = ++last_poll_] {
    if (!is_polling_ && poll == last_poll_) Poll();
  });
}

void UnaryLink::Polled(const std::optional<std::string>& reply) {
  is_polling_ = false;
  CoordinatorId id;
  Epoch epoch = 0;
  LifeNumber life = 0;
  owner_->DescribeMe(&id, &epoch, &life);
  v1::ListPreparedResponse response;
  Attach attach;
  std::vector<Inquire> prepared;
  WireError error;
  if (!reply || *reply == kFailedCall) {
    LoseContact();
  } else if (!ParseWire(*reply, &response, &error) ||
             !FromWire(&response, id, participant_->name(), &attach, &prepared, &error)) {
    context_->history.Violate("wire", "ListPrepared's answer was not understood: " + error.text);
  } else {
    Contact(std::move(attach), prepared);
  }
  PollLater();
}

void UnaryLink::Contact(Attach attach, const std::vector<Inquire>& prepared) {
  if (link_ != 0 && (attach.store != store_ || attach.incarnation != incarnation_)) LoseContact();
  if (link_ == 0) {
    store_ = attach.store;
    incarnation_ = attach.incarnation;
    link_ = owner_->AddUnaryLink();
    owner_->ReceiveOn(link_, std::move(attach));
  }
  for (const Inquire& inquire : prepared) {
    if (link_ == 0) return;  // refused
    // A list that is older than the acknowledgement names it still.
    const bool is_old = acknowledged_.contains(inquire.id) && !ASSENT_MUTANT(old_list_believed);
    if (!is_old) owner_->ReceiveOn(link_, inquire);
  }
}

void UnaryLink::LoseContact() {
  if (link_ != 0) owner_->RemoveUnaryLink(std::exchange(link_, 0));
}

}  // namespace assent::simulation
