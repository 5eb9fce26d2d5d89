#include "participant/agent_core.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <future>

#include "core/check.h"
#include "runtime/clock.h"
#include "runtime/random.h"

namespace assent {
namespace {

// One line each, beyond that their number.
constexpr std::size_t kMaxHungLines = 10;

Duration ToDuration(std::chrono::milliseconds time) { return Duration::Millis(time.count()); }

void LogByGlog(AgentLogLevel level, const std::string& text) {
  switch (level) {
    case AgentLogLevel::kInfo:
      LOG(INFO) << "assent agent: " << text;
      return;
    case AgentLogLevel::kWarning:
      LOG(WARNING) << "assent agent: " << text;
      return;
    case AgentLogLevel::kError:
      LOG(ERROR) << "assent agent: " << text;
      return;
  }
}

AgentOptions WithDefaults(AgentOptions options) {
  if (!options.log) options.log = &LogByGlog;
  if (!options.failed) options.failed = [](const std::string&) { std::abort(); };
  return options;
}

bool IsAtResourceManager(LocalBranchState state) {
  return state == LocalBranchState::kPreparing || state == LocalBranchState::kCommitting ||
         state == LocalBranchState::kAborting;
}

}  // namespace

AgentCore::AgentCore(AgentOptions options, ResourceManager* resource_manager)
    : options_(WithDefaults(std::move(options))),
      resource_manager_(resource_manager),
      dispatcher_(this, &resource_manager_),
      loop_(&queue_),
      hung_(&loop_) {
  AgentLinkOwner* const owner = this;
  for (const std::string& target : options_.coordinators) {
    links_.push_back(
        std::make_unique<AgentLink>(&loop_, target, ToDuration(options_.refused_retry), owner));
  }
}

AgentCore::~AgentCore() { ASSENT_CHECK(!thread_.joinable(), "stopped by its Agent"); }

std::string AgentCore::Refusal() const {
  if (!IsValidParticipantName(options_.name)) {
    return "'" + options_.name + "' is no participant's name: 1 to 64 of a-z 0-9 . _ -";
  }
  if (options_.coordinators.empty()) return "an agent needs at least one coordinator's address";
  const std::set<std::string> targets(options_.coordinators.begin(), options_.coordinators.end());
  if (targets.size() < options_.coordinators.size()) return "a coordinator's address stands twice";
  return "";
}

ResourceHandlers AgentCore::Handlers() {
  ResourceHandlers handlers;
  handlers.completed = [this](std::vector<ResourceCompletion> completions) {
    const bool accepted =
        loop_.Post([this, done = std::move(completions)]() mutable { Completed(std::move(done)); });
    ASSENT_CHECK(accepted, "the resource manager stops before the loop");
  };
  handlers.failed = [this](const std::string& error) {
    ASSENT_CHECK(loop_.Post([this, error] { ResourceFailed(error); }),
                 "the resource manager stops before the loop");
  };
  handlers.warned = [this](const std::string& text) {
    ASSENT_CHECK(loop_.Post([this, text] { Log(AgentLogLevel::kWarning, text); }),
                 "the resource manager stops before the loop");
  };
  return handlers;
}

std::string AgentCore::Start() {
  std::string refusal = Refusal();
  if (!refusal.empty()) return refusal;
  StartResult started = resource_manager_.Start(Handlers());
  if (!started.ok()) return started.error;
  store_ = started.recovered.store;
  incarnation_ = started.recovered.incarnation;
  life_ = std::max<std::uint64_t>(RandomNumber(), 1);  // 0 stands for none
  ParticipantLimits limits;
  limits.max_active_branches = options_.max_active_branches;
  limits.max_away = ToDuration(options_.drop_after_away);
  participant_ = std::make_unique<Participant>(limits, std::move(started.recovered), RandomNumber(),
                                               MonotonicNow());
  {
    MutexLock lock(&mutex_);
    phase_ = Phase::kRunning;
  }
  thread_ = std::thread([this] { Run(); });
  return "";
}

void AgentCore::Run() {
  LoopHooks hooks;
  hooks.deadline = [this] { return participant_->NextDeadline(); };
  hooks.tick = [this](Time) { Step(participant_input::Tick{}); };
  hooks.drained = [this] {
    if (!leaving_) dispatcher_.Flush();
  };
  for (const auto& link : links_) link->Start();
  WarnOfHung();
  loop_.Run(hooks);
}

bool AgentCore::Stop(Time deadline) {
  if (!BeginToStop()) return true;
  if (!WaitUntilIdle(deadline)) return false;
  resource_manager_.Stop();
  ASSENT_CHECK(loop_.Post([this] { loop_.Close(); }), "the loop ends only here");
  thread_.join();
  MutexLock lock(&mutex_);
  phase_ = Phase::kEnded;
  return true;
}

// False: there is nothing to stop.
bool AgentCore::BeginToStop() {
  {
    MutexLock lock(&mutex_);
    if (phase_ == Phase::kStopping) return true;
    const bool running = phase_ == Phase::kRunning;
    phase_ = running ? Phase::kStopping : Phase::kEnded;
    if (!running) return false;
  }
  std::promise<void> left;
  ASSENT_CHECK(loop_.Post([this, &left] {
    RunInbox();
    Leave();
    left.set_value();
  }),
               "the loop ends only in Stop");
  left.get_future().wait();
  return true;
}

bool AgentCore::WaitUntilIdle(Time deadline) {
  if (deadline.IsNever()) return true;  // then the resource manager's Stop waits
  MutexLock lock(&mutex_);
  while (!idle_) {
    const Duration left = deadline - MonotonicNow();
    if (left <= Duration()) return false;
    status_changed_.WaitFor(&mutex_, std::chrono::microseconds(left.micros));
  }
  return true;
}

// Nothing is told or done any more; what the resource manager is at still comes home.
void AgentCore::Leave() {
  if (leaving_) return;
  leaving_ = true;
  hung_.Cancel();
  for (const auto& link : links_) link->Stop();
  for (const auto& entry : calls_) {
    entry.second->Reach(CallPhase::kSettled, Reason::kDraining, "the agent has stopped");
  }
  calls_.clear();
  TellIfIdle();
}

void AgentCore::TellIfIdle() {
  if (!leaving_ || (dispatcher_.under_way() > 0 && !failed_)) return;
  MutexLock lock(&mutex_);
  idle_ = true;
  status_changed_.NotifyAll();
}

bool AgentCore::Running() const {
  MutexLock lock(&mutex_);
  return phase_ == Phase::kRunning;
}

// The agent's thread takes calls that begin and end from here, before each message: a Prepare never
// overtakes the end of a call that its sender has seen the answer of.
bool AgentCore::Queue(const Call& call, bool begins) {
  MutexLock lock(&mutex_);
  if (phase_ != Phase::kRunning) return false;
  if (begins) call->call = ++last_call_;
  const bool wake = inbox_.empty();
  inbox_.emplace_back(call, begins);
  if (wake) ASSENT_CHECK(loop_.Post([this] { RunInbox(); }), "the loop runs as long as the agent");
  return true;
}

void AgentCore::RunInbox() {
  std::vector<std::pair<Call, bool>> inbox;
  {
    MutexLock lock(&mutex_);
    inbox.swap(inbox_);
  }
  for (const auto& entry : inbox) {
    const Call& call = entry.first;
    if (leaving_) {
      call->Reach(CallPhase::kSettled, Reason::kDraining, "the agent has stopped");
    } else if (entry.second) {
      calls_.emplace(call->call, call);
      Step(participant_input::CallBegun{call->call, call->id});
    } else {
      calls_.erase(call->call);
      Step(participant_input::CallEnded{call->call});
    }
  }
}

Enlistment AgentCore::Begin(std::string_view text) {
  const auto id = TransactionId::Parse(text);
  if (!id) {
    return Refuse(Reason::kMalformedTransactionId,
                  "a transaction's id is coordinator-epoch-number: '" + std::string(text) + "'");
  }
  auto call = std::make_shared<Enlistment::State>(shared_from_this(), *id);
  if (!Queue(call, true)) return Refuse(Reason::kNotAttached, "the agent is not running");
  ASSENT_CHECK(call->WaitFor(CallPhase::kAdmitted, Time::Never()));
  return Enlistment(std::move(call));
}

Enlistment AgentCore::Refuse(Reason reason, std::string text) {
  return Enlistment(reason, std::move(text));
}

void AgentCore::End(const Call& call) {
  // Not running any more: all calls have ended with it.
  static_cast<void>(Queue(call, false));
}

void AgentCore::Step(ParticipantInput input) {
  participant_->Step(std::move(input), loop_.event_time(), &effects_);
  dispatcher_.Perform(&effects_);
}

void AgentCore::Completed(std::vector<ResourceCompletion> completions) {
  for (ParticipantInput& input : dispatcher_.ToInputs(std::move(completions))) {
    Step(std::move(input));
  }
  TellIfIdle();
}

void AgentCore::ResourceFailed(const std::string& error) {
  Log(AgentLogLevel::kError, "the resource manager has failed, this process must exit: " + error);
  failed_ = true;
  Leave();
  TellIfIdle();
  options_.failed(error);
}

// What waits for somebody outside: the resource manager, or a coordinator.
void AgentCore::WarnOfHung() {
  const Time now = MonotonicNow();
  const Duration limit = ToDuration(options_.hung_after);
  std::size_t hung = 0;
  for (const LocalBranchView& branch : participant_->ListBranches(now)) {
    if (!IsAtResourceManager(branch.state) || branch.age < limit) continue;
    if (++hung > kMaxHungLines) continue;
    Log(AgentLogLevel::kWarning, "the resource manager has been at " + branch.id.ToText() +
                                     " for " + std::to_string(branch.age.micros / 1000) + " ms");
  }
  if (hung > kMaxHungLines) {
    Log(AgentLogLevel::kWarning, "the resource manager has been as long at " +
                                     std::to_string(hung - kMaxHungLines) + " more branches");
  }
  for (const auto& link : links_) link->WarnIfAway(limit);
  hung_.Set(now + limit, [this] { WarnOfHung(); });
}

Attach AgentCore::NewAttach() {
  return Attach{options_.name, store_, incarnation_, life_, {}, participant_->Knowledge()};
}

void AgentCore::Attached(LinkId link, const AttachAnswer& answer) {
  Step(participant_input::Attached{link, answer});
}

void AgentCore::Detached(LinkId link) { Step(participant_input::Detached{link}); }

// R3. Refused once as a copy of a store that has lived on, it must not come again: each start
// raises its incarnation, and a higher one would be welcome. Later, as the link is in the middle of
// its end.
void AgentCore::Refused(Reason reason, const std::string& text) {
  const bool is_copy =
      reason == Reason::kStaleIncarnation || reason == Reason::kSameIncarnationOtherLife;
  if (!is_copy) return;
  ASSENT_CHECK(loop_.Post([this, text] { Supersede(text); }), "this is the loop's thread");
}

void AgentCore::Supersede(const std::string& reason) {
  if (leaving_) return;
  Log(AgentLogLevel::kError,
      "this store is a copy of one that has lived on, it is marked: " + reason);
  Leave();
  resource_manager_.Supersede("the coordinator at " + reason);
}

void AgentCore::Received(LinkId link, ToParticipant message) {
  RunInbox();
  Step(participant_input::Received{link, std::move(message)});
}

void AgentCore::StatusChanged() {
  MutexLock lock(&mutex_);
  status_changed_.NotifyAll();
}

void AgentCore::Log(AgentLogLevel level, const std::string& text) { options_.log(level, text); }

void AgentCore::Send(LinkId link, FromParticipant message) {
  for (const auto& candidate : links_) {
    if (candidate->id() == link) return candidate->Send(std::move(message));
  }
}

void AgentCore::CallAdmitted(CallId call) { calls_.at(call)->Reach(CallPhase::kAdmitted); }

void AgentCore::CallRefused(CallId call, Reason reason, const std::string& text) {
  calls_.at(call)->Reach(CallPhase::kSettled, reason, text);
  calls_.erase(call);
}

void AgentCore::Enlisted(CallId call, Reason reason, const std::string& text) {
  const auto found = calls_.find(call);
  if (found != calls_.end()) found->second->Reach(CallPhase::kSettled, reason, text);
}

void AgentCore::Notice(const participant_effect::Notice& notice) {
  const std::string text = notice.id.ToText() + ": " + notice.text;
  switch (notice.kind) {
    case ParticipantNoticeKind::kHazard:
    case ParticipantNoticeKind::kInquiryRefused:
    case ParticipantNoticeKind::kContradiction:
      return Log(AgentLogLevel::kError, "ALARM: " + text);
    case ParticipantNoticeKind::kDroppedActive:
      return Log(AgentLogLevel::kInfo, "dropped " + text);
    case ParticipantNoticeKind::kRefusedPrepare:
    case ParticipantNoticeKind::kIgnored:
      return;  // counted
  }
}

bool AgentCore::AllAttached() const {
  for (const auto& link : links_) {
    if (!link->status().attached) return false;
  }
  return true;
}

bool AgentCore::WaitUntilAttached(Time deadline) const {
  MutexLock lock(&mutex_);
  while (!AllAttached()) {
    const Duration left = deadline - MonotonicNow();
    if (left <= Duration()) return false;
    status_changed_.WaitFor(&mutex_, std::chrono::microseconds(left.micros));
  }
  return true;
}

std::vector<AgentCoordinatorStatus> AgentCore::Coordinators() const {
  std::vector<AgentCoordinatorStatus> all;
  for (const auto& link : links_) all.push_back(link->status());
  return all;
}

}  // namespace assent
