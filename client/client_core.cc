#include "client/client_core.h"

#include <algorithm>
#include <future>

#include "core/check.h"
#include "runtime/channel.h"
#include "runtime/clock.h"

namespace assent {
namespace {

// Before a commit that is refused here is told so: about what it would take to ask. Who tries again
// at once would do nothing else, and take the processor from what is under way.
constexpr Duration kRefusalDelay = Duration::Millis(5);

ConnectorOptions SessionOptions() {
  ConnectorOptions options;
  options.method = "/assent.v1.TransactionService/Session";
  return options;
}

// Answers that say that this coordinator is about to end: the next session gives the real one.
bool MeansAskAgain(const InitiatorRequest& request, const InitiatorReply& reply) {
  if (const auto* error = std::get_if<ErrorReply>(&reply)) {
    return error->reason == Reason::kDraining || error->reason == Reason::kLogFailed;
  }
  const auto* outcome = std::get_if<OutcomeReply>(&reply);
  return outcome != nullptr && outcome->outcome == Outcome::kUnknown &&
         !std::holds_alternative<GetRequest>(request);
}

bool IsCommitted(const std::optional<InitiatorReply>& reply) {
  const auto* outcome = reply ? std::get_if<OutcomeReply>(&*reply) : nullptr;
  return outcome != nullptr && outcome->outcome == Outcome::kCommitted;
}

// The coordinator answers a little before the client gives up, so that what it knows arrives.
void LimitCommit(Time now, Time deadline, InitiatorRequest* request) {
  auto* commit = std::get_if<CommitRequest>(request);
  if (commit == nullptr) return;
  const Duration left = deadline - now;
  const Duration margin = std::min(left / 10, Duration::Millis(100));
  commit->call_timeout = std::max(left - margin, Duration::Millis(1));
}

}  // namespace

Duration DurationOf(std::chrono::milliseconds time) {
  constexpr std::int64_t kTenYears = std::int64_t{10} * 366 * 24 * 3600 * 1000;
  return Duration::Millis(std::clamp<std::int64_t>(time.count(), 1, kTenYears));
}

ClientCore::ClientCore(ClientOptions options)
    : options_(std::move(options)),
      ids_([this] { AskForBlock(); }),
      loop_(&queue_),
      connector_(&loop_, Dial(options_.coordinator, grpc::InsecureChannelCredentials()),
                 SessionOptions(), this) {
  thread_ = std::thread([this] {
    connector_.Start();
    LoopHooks hooks;
    hooks.deadline = [this] { return NextDeadline(); };
    hooks.tick = [this](Time now) {
      Expire(now);
      TellRefusals(now);
    };
    hooks.drained = [this] { RunInbox(); };
    loop_.Run(hooks);
  });
}

ClientCore::~ClientCore() {
  ASSENT_CHECK(loop_.Post([this] { End(); }), "the loop ends only here");
  thread_.join();
}

void ClientCore::Submit(InitiatorRequest request, Duration timeout, Done done, Standing standing) {
  Pending pending{std::move(request), MonotonicNow() + timeout, std::move(done), standing};
  // Not taken: asked by a callback while the client ends.
  if (!Enqueue(&pending) && pending.done) pending.done(std::nullopt);
}

bool ClientCore::Enqueue(Pending* pending) {
  bool wake = false;
  {
    MutexLock lock(&mutex_);
    if (ended_) return false;
    wake = !turn_due_;
    turn_due_ = true;
    inbox_.push_back(std::move(*pending));
  }
  // Should the client end meanwhile, End has run the inbox.
  if (wake) (void)loop_.Post([] {});
  return true;
}

std::optional<InitiatorReply> ClientCore::Call(InitiatorRequest request, Duration timeout,
                                               Standing standing) {
  std::promise<std::optional<InitiatorReply>> answer;
  std::future<std::optional<InitiatorReply>> answered = answer.get_future();
  const auto done = [&answer](std::optional<InitiatorReply> reply) {
    answer.set_value(std::move(reply));
  };
  Submit(std::move(request), timeout, done, standing);
  return answered.get();
}

std::variant<TransactionId, ErrorReply> ClientCore::TakeId() {
  return ids_.Take(MonotonicNow() + DurationOf(options_.call_timeout));
}

void ClientCore::AskForBlock() {
  OpenBlockRequest request;
  request.count = options_.ids_per_block;
  if (options_.transaction_timeout.count() > 0) {
    request.timeout = DurationOf(options_.transaction_timeout);
  }
  Submit(request, DurationOf(options_.call_timeout), [this](std::optional<InitiatorReply> reply) {
    if (!reply) {
      ids_.Refuse({Reason::kNotAttached, "the coordinator has not answered in time"});
    } else if (auto* error = std::get_if<ErrorReply>(&*reply)) {
      ids_.Refuse(std::move(*error));
    } else {
      ids_.Add(std::get<BlockReply>(*reply), MonotonicNow());
    }
  });
}

void ClientCore::RunInbox() {
  std::vector<Pending> inbox;
  {
    MutexLock lock(&mutex_);
    inbox.swap(inbox_);
    turn_due_ = false;
  }
  for (Pending& pending : inbox) {
    if (Refused(&pending)) continue;
    pending.correlation = next_correlation_++;
    Pending* const added = &pending_.emplace(pending.correlation, std::move(pending)).first->second;
    deadlines_.Set(added, added->deadline);
    if (link_ != nullptr) Send(added);
  }
}

bool ClientCore::Refused(Pending* pending) {
  const auto* commit = std::get_if<CommitRequest>(&pending->request);
  if (commit == nullptr || pending->standing != Standing::kUnopened) return false;
  const ErrorReply* const refusal = windows_.Refusal(commit->branches, loop_.event_time());
  if (refusal == nullptr) return false;
  const Time due = std::min(MonotonicNow() + kRefusalDelay, pending->deadline);
  refused_.push_back(commit->id);
  held_refusals_.push_back({due, std::move(pending->done), *refusal});
  return true;
}

void ClientCore::TellRefusals(Time until) {
  if (held_refusals_.empty() || held_refusals_.front().due > until) return;
  AbortRefused();  // before anybody is told, who may ask what became of it
  while (!held_refusals_.empty() && held_refusals_.front().due <= until) {
    const HeldRefusal refusal = std::move(held_refusals_.front());
    held_refusals_.pop_front();
    if (refusal.done) refusal.done(refusal.reply);
  }
}

void ClientCore::AbortRefused() {
  std::sort(refused_.begin(), refused_.end());
  std::optional<AbortRequest> run;
  const auto send = [&] {
    outbox_.Add(next_correlation_++, *run, coordinator_);  // nobody waits for its answer
    link_->MarkDirty(outbox_.pending_bytes());
  };
  for (const TransactionId& id : refused_) {
    if (run && run->following < kMaxFollowing) {
      TransactionId next = run->id;
      next.sequence.number += run->following + 1;
      if (id == next) {
        ++run->following;
        continue;
      }
    }
    if (run) send();
    run = AbortRequest{id};
  }
  if (run) send();
  refused_.clear();
}

void ClientCore::Learn(const Pending& pending, const InitiatorReply& reply) {
  const auto* error = std::get_if<ErrorReply>(&reply);
  if (error == nullptr || error->participant.empty()) return;
  windows_.Refused(error->participant, pending.correlation, next_correlation_ - 1,
                   loop_.event_time(),
                   [&] { return LoadOf(error->participant, pending.correlation); });
}

ParticipantWindows::Load ClientCore::LoadOf(const std::string& participant,
                                            std::uint64_t correlation) const {
  ParticipantWindows::Load load;
  for (const auto& [number, pending] : pending_) {
    const auto* commit = std::get_if<CommitRequest>(&pending.request);
    if (commit == nullptr) continue;
    const auto times = static_cast<std::size_t>(std::count_if(
        commit->branches.begin(), commit->branches.end(),
        [&](const BranchRequest& branch) { return branch.participant == participant; }));
    load.all += times;
    if (number < correlation) load.let_in += times;
  }
  return load;
}

void ClientCore::Send(Pending* pending) {
  LimitCommit(loop_.event_time(), pending->deadline, &pending->request);
  if (const auto* commit = std::get_if<CommitRequest>(&pending->request)) {
    windows_.Sent(commit->branches);
  }
  outbox_.Add(pending->correlation, pending->request, coordinator_);
  link_->MarkDirty(outbox_.pending_bytes());
}

void ClientCore::Opened(Link* link) {
  link_ = link;
  coordinator_ = CoordinatorId();
  outbox_ = Outbox();
  // In the order in which they were asked, though any order would do.
  std::vector<std::uint64_t> unanswered;
  for (const auto& entry : pending_) unanswered.push_back(entry.first);
  std::sort(unanswered.begin(), unanswered.end());
  for (const std::uint64_t correlation : unanswered) Send(&pending_.at(correlation));
}

grpc::Status ClientCore::Frame(Link*, grpc::ByteBuffer* frame) {
  {
    MutexLock lock(&mutex_);
    turn_due_ = true;  // what is asked from here on leaves with this turn
  }
  WireError error;
  answers_.clear();
  grpc::Slice bytes;
  if (!TakeBytes(frame, &bytes, &error) ||
      !FromWire(ViewOf(bytes), &coordinator_, &answers_, &error)) {
    return ToStatus(error);
  }
  for (SessionAnswer& answer : answers_) Accept(answer.correlation_id, std::move(answer.reply));
  return grpc::Status::OK;
}

bool ClientCore::Take(Link*, grpc::ByteBuffer* frame) { return outbox_.Take(frame); }

void ClientCore::Closed(Link*, const grpc::Status&) {
  link_ = nullptr;
  windows_.Clear();
  refused_.clear();  // the session's end closes its ids
  ids_.Clear();
}

void ClientCore::Accept(std::uint64_t correlation, InitiatorReply reply) {
  const auto found = pending_.find(correlation);
  // An answer that comes after its deadline, or twice because of a repetition.
  if (found == pending_.end()) return;
  Learn(found->second, reply);
  if (MeansAskAgain(found->second.request, reply)) {
    found->second.last = std::move(reply);
  } else {
    Finish(&found->second, std::move(reply));
  }
}

void ClientCore::Finish(Pending* pending, std::optional<InitiatorReply> reply) {
  deadlines_.Set(pending, Time::Never());
  if (const auto* commit = std::get_if<CommitRequest>(&pending->request)) {
    windows_.Ended(commit->branches, IsCommitted(reply));
  }
  const Done done = std::move(pending->done);
  pending_.erase(pending->correlation);
  if (done) done(std::move(reply));
}

void ClientCore::Expire(Time until) {
  while (Pending* pending = deadlines_.PopDue(until)) Finish(pending, std::move(pending->last));
}

Time ClientCore::NextDeadline() const {
  const Time next = deadlines_.Next();
  return held_refusals_.empty() ? next : std::min(next, held_refusals_.front().due);
}

void ClientCore::End() {
  {
    MutexLock lock(&mutex_);
    ended_ = true;
  }
  RunInbox();
  Expire(Time::Never());
  TellRefusals(Time::Never());
  connector_.Stop();
  link_ = nullptr;
  loop_.Close();
}

}  // namespace assent
