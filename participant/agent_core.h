// What stands behind Agent: one thread with a loop, the participant's core, a link per coordinator,
// and the calls of the service.
//
// Any thread may call the functions at the top; the rest belongs to the agent's thread.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/participant.h"
#include "participant/agent.h"
#include "participant/agent_link.h"
#include "participant/crossing_resource_manager.h"
#include "participant/participant_dispatcher.h"
#include "runtime/event_loop.h"
#include "runtime/mutex.h"
#include "runtime/timer.h"

namespace assent {

// Where a call stands; shared by the handle and the agent.
struct Enlistment::State {
  enum class Phase { kBegun, kAdmitted, kSettled };

  State(std::shared_ptr<AgentCore> the_core, const TransactionId& the_id)
      : core(std::move(the_core)), id(the_id) {}

  void Reach(Phase reached, Reason why = Reason::kNone, const std::string& what = "");
  // The phase is at least `wanted`. False: the time is up. Never: waits for ever.
  bool WaitFor(Phase wanted, Time deadline);

  const std::shared_ptr<AgentCore> core;
  const TransactionId id;
  CallId call = 0;  // the agent's mutex

  Mutex mutex;
  CondVar changed;
  Phase phase ASSENT_GUARDED_BY(mutex) = Phase::kBegun;
  bool admitted ASSENT_GUARDED_BY(mutex) = false;
  Reason reason ASSENT_GUARDED_BY(mutex) = Reason::kNone;
  std::string text ASSENT_GUARDED_BY(mutex);
};

class AgentCore final : public std::enable_shared_from_this<AgentCore>,
                        private AgentLinkOwner,
                        private ParticipantSinks {
 public:
  AgentCore(AgentOptions options, ResourceManager* resource_manager);
  ~AgentCore() override;
  AgentCore(const AgentCore&) = delete;
  AgentCore& operator=(const AgentCore&) = delete;

  std::string Start();
  // False: the resource manager was still at something at `deadline`; asked again, it goes on.
  bool Stop(Time deadline);
  const AgentOptions& options() const { return options_; }

  Enlistment Begin(std::string_view id);
  static Enlistment Refuse(Reason reason, std::string text);
  void End(const std::shared_ptr<Enlistment::State>& call);

  bool AllAttached() const;
  bool WaitUntilAttached(Time deadline) const;
  std::vector<AgentCoordinatorStatus> Coordinators() const;

  // What `question` says of the core, asked on the agent's thread; nothing unless it runs.
  template <class Answer>
  std::optional<Answer> Ask(std::function<Answer(const Participant&)> question);

 private:
  using Call = std::shared_ptr<Enlistment::State>;
  using CallPhase = Enlistment::State::Phase;

  enum class Phase { kNew, kRunning, kStopping, kEnded };

  // Any thread.
  std::string Refusal() const;
  ResourceHandlers Handlers();
  bool Queue(const Call& call, bool begins);
  void Run();
  bool Running() const;
  bool BeginToStop();
  bool WaitUntilIdle(Time deadline);

  // The agent's thread.
  void RunInbox();
  void Step(ParticipantInput input);
  void Completed(std::vector<ResourceCompletion> completions);
  void ResourceFailed(const std::string& error);
  void Supersede(const std::string& reason);
  void Leave();
  void TellIfIdle();
  void WarnOfHung();

  LinkId NewLinkId() override { return ++last_link_; }
  Attach NewAttach() override;
  void Attached(LinkId link, const AttachAnswer& answer) override;
  void Detached(LinkId link) override;
  void Refused(Reason reason, const std::string& text) override;
  void Received(LinkId link, ToParticipant message) override;
  void StatusChanged() override;
  void Log(AgentLogLevel level, const std::string& text) override;

  void Send(LinkId link, FromParticipant message) override;
  void CallAdmitted(CallId call) override;
  void CallRefused(CallId call, Reason reason, const std::string& text) override;
  void Enlisted(CallId call, Reason reason, const std::string& text) override;
  void Notice(const participant_effect::Notice& notice) override;

  const AgentOptions options_;
  CrossingResourceManager resource_manager_;
  ParticipantDispatcher dispatcher_;
  grpc::CompletionQueue queue_;
  EventLoop loop_;
  Timer hung_;
  std::vector<std::unique_ptr<AgentLink>> links_;  // fixed from the constructor on

  mutable Mutex mutex_;
  mutable CondVar status_changed_;  // and idle_
  Phase phase_ ASSENT_GUARDED_BY(mutex_) = Phase::kNew;
  bool idle_ ASSENT_GUARDED_BY(mutex_) = false;  // left, and the resource manager has answered
  CallId last_call_ ASSENT_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<Call, bool>> inbox_ ASSENT_GUARDED_BY(mutex_);  // call; it begins

  // The agent's thread only, once it runs.
  std::unique_ptr<Participant> participant_;
  ParticipantEffects effects_;
  StoreId store_;
  Incarnation incarnation_ = 0;
  LifeNumber life_ = 0;
  LinkId last_link_ = 0;
  std::unordered_map<CallId, Call> calls_;  // begun, not ended
  bool leaving_ = false;                    // nothing more for the resource manager
  bool failed_ = false;                     // and nothing more from it (R8)

  std::thread thread_;
};

template <class Answer>
std::optional<Answer> AgentCore::Ask(std::function<Answer(const Participant&)> question) {
  if (!Running()) return std::nullopt;
  const auto answer = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answered = answer->get_future();
  const auto ask = [this, answer, question = std::move(question)] {
    answer->set_value(question(*participant_));
  };
  if (!loop_.Post(ask)) return std::nullopt;
  return answered.get();
}

}  // namespace assent
