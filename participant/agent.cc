#include "participant/agent.h"

#include <utility>

#include "participant/agent_core.h"
#include "runtime/clock.h"
#include "runtime/errors.h"
#include "runtime/frames.h"

namespace assent {
namespace {

constexpr char kTransactionKey[] = "assent-transaction";

Duration ToDuration(std::chrono::milliseconds time) { return Duration::Millis(time.count()); }

grpc::Status StatusOf(Reason reason, const std::string& text) {
  return reason == Reason::kNone ? grpc::Status::OK : ToStatus(ErrorReply{reason, text});
}

bool WaitsForResourceManager(LocalBranchState state) {
  return state == LocalBranchState::kPreparing || state == LocalBranchState::kCommitting ||
         state == LocalBranchState::kAborting;
}

}  // namespace

// Refused at once counts as settled but not as admitted: then the call has ended.
void Enlistment::State::Reach(Phase reached, Reason why, const std::string& what) {
  MutexLock lock(&mutex);
  if (phase == Phase::kSettled) return;
  phase = reached;
  if (reached == Phase::kAdmitted) admitted = true;
  reason = why;
  text = what;
  changed.NotifyAll();
}

bool Enlistment::State::WaitFor(Phase wanted, Time deadline) {
  MutexLock lock(&mutex);
  while (phase < wanted) {
    if (deadline.IsNever()) {
      changed.Wait(&mutex);
      continue;
    }
    const Duration left = deadline - MonotonicNow();
    if (left <= Duration()) return false;
    changed.WaitFor(&mutex, std::chrono::microseconds(left.micros));
  }
  return true;
}

Enlistment::Enlistment(Reason reason, std::string text) : reason_(reason), text_(std::move(text)) {}

Enlistment::Enlistment(std::shared_ptr<State> state) : id_(state->id) {
  MutexLock lock(&state->mutex);
  if (state->admitted) {
    state_ = std::move(state);
  } else {
    reason_ = state->reason;
    text_ = state->text;
  }
}

Enlistment::Enlistment(Enlistment&& other) noexcept = default;

Enlistment& Enlistment::operator=(Enlistment&& other) noexcept {
  if (this == &other) return *this;
  Finish();
  state_ = std::move(other.state_);
  id_ = other.id_;
  reason_ = other.reason_;
  text_ = std::move(other.text_);
  return *this;
}

Enlistment::~Enlistment() { Finish(); }

void Enlistment::Finish() {
  if (state_ == nullptr) return;
  state_->core->End(state_);
  state_.reset();
}

grpc::Status Enlistment::ToStatus() const { return StatusOf(reason_, text_); }

grpc::Status Enlistment::Wait(std::chrono::milliseconds timeout) {
  if (!ok()) return ToStatus();
  if (state_ == nullptr) {
    return StatusOf(Reason::kBranchNotActive, "Wait comes before Finish");
  }
  if (timeout.count() <= 0) timeout = state_->core->options().enlist_timeout;
  if (!state_->WaitFor(State::Phase::kSettled, MonotonicNow() + ToDuration(timeout))) {
    return MakeError(grpc::StatusCode::DEADLINE_EXCEEDED, NameOf(Reason::kNotAttached),
                     "the coordinator has not acknowledged the enlistment in time; try again");
  }
  MutexLock lock(&state_->mutex);
  reason_ = state_->reason;
  text_ = state_->text;
  return ToStatus();
}

Agent::Agent(AgentOptions options, ResourceManager* resource_manager)
    : core_(std::make_shared<AgentCore>(std::move(options), resource_manager)) {}

Agent::~Agent() { Stop(); }

std::string Agent::Start() { return core_->Start(); }

void Agent::Stop() { static_cast<void>(core_->Stop(Time::Never())); }

bool Agent::StopWithin(std::chrono::milliseconds timeout) {
  return core_->Stop(MonotonicNow() + ToDuration(timeout));
}

Enlistment Agent::Enlist(const grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kTransactionKey);
  if (found == metadata.end()) {
    return AgentCore::Refuse(Reason::kNoTransactionInCall,
                             "the call carries no metadata 'assent-transaction'");
  }
  return Enlist(std::string_view(found->second.data(), found->second.size()));
}

Enlistment Agent::Enlist(std::string_view id) { return core_->Begin(id); }

bool Agent::attached() const { return core_->AllAttached(); }

bool Agent::WaitUntilAttached(std::chrono::milliseconds timeout) const {
  return core_->WaitUntilAttached(MonotonicNow() + ToDuration(timeout));
}

std::vector<AgentCoordinatorStatus> Agent::coordinators() const { return core_->Coordinators(); }

std::vector<AgentBranch> Agent::branches() const {
  const std::function<std::vector<AgentBranch>(const Participant&)> list =
      [](const Participant& participant) {
        std::vector<AgentBranch> all;
        for (const LocalBranchView& view : participant.ListBranches(MonotonicNow())) {
          all.push_back({view.id.ToText(), view.state, std::chrono::microseconds(view.age.micros)});
        }
        return all;
      };
  return core_->Ask(list).value_or(std::vector<AgentBranch>());
}

std::vector<AgentBranch> Agent::RunningAtLeast(std::chrono::milliseconds duration) const {
  std::vector<AgentBranch> running;
  for (AgentBranch& branch : branches()) {
    if (WaitsForResourceManager(branch.state) && branch.age >= duration) {
      running.push_back(std::move(branch));
    }
  }
  return running;
}

ParticipantCounts Agent::counts() const {
  const std::function<ParticipantCounts(const Participant&)> counts =
      [](const Participant& participant) { return participant.counts(); };
  return core_->Ask(counts).value_or(ParticipantCounts());
}

std::size_t Agent::in_doubt() const {
  const std::function<std::size_t(const Participant&)> in_doubt =
      [](const Participant& participant) { return participant.in_doubt(); };
  return core_->Ask(in_doubt).value_or(0);
}

}  // namespace assent
