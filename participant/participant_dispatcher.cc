#include "participant/participant_dispatcher.h"

#include <utility>
#include <variant>

#include "core/check.h"

namespace assent {
namespace {

// One overload per effect, so that a new effect does not compile until somebody performs it.
class Performer {
 public:
  Performer(ParticipantSinks* sinks, std::vector<ResourceStep>* steps)
      : sinks_(sinks), steps_(steps) {}

  void operator()(participant_effect::Send& effect) {
    sinks_->Send(effect.link, std::move(effect.message));
  }
  void operator()(participant_effect::CallAdmitted& effect) { sinks_->CallAdmitted(effect.call); }
  void operator()(participant_effect::CallRefused& effect) {
    sinks_->CallRefused(effect.call, effect.reason, effect.text);
  }
  void operator()(participant_effect::Enlisted& effect) {
    sinks_->Enlisted(effect.call, effect.reason, effect.text);
  }
  void operator()(participant_effect::PrepareBranch& effect) {
    steps_->push_back(PrepareStep{effect.id, std::move(effect.payload), std::move(effect.peers)});
  }
  void operator()(participant_effect::CommitBranch& effect) {
    steps_->push_back(CommitStep{effect.id});
  }
  void operator()(participant_effect::AbortBranch& effect) {
    steps_->push_back(AbortStep{effect.id});
  }
  void operator()(participant_effect::NoteCoordinator& effect) {
    steps_->push_back(std::move(effect));
  }
  void operator()(participant_effect::Notice& effect) { sinks_->Notice(effect); }

 private:
  ParticipantSinks* const sinks_;
  std::vector<ResourceStep>* const steps_;
};

}  // namespace

ParticipantDispatcher::ParticipantDispatcher(ParticipantSinks* sinks,
                                             ResourceManager* resource_manager)
    : sinks_(sinks), resource_manager_(resource_manager) {}

void ParticipantDispatcher::Perform(ParticipantEffects* effects) {
  Performer performer(sinks_, &steps_);
  for (ParticipantEffect& effect : *effects) std::visit(performer, effect);
  effects->clear();
}

void ParticipantDispatcher::Flush() {
  if (steps_.empty()) return;
  for (const ResourceStep& step : steps_) {
    if (!std::holds_alternative<NoteStep>(step)) ++under_way_;
  }
  std::vector<ResourceStep> steps;
  steps.swap(steps_);
  resource_manager_->Submit(std::move(steps));
}

std::vector<ParticipantInput> ParticipantDispatcher::ToInputs(
    std::vector<ResourceCompletion> completions) {
  ASSENT_CHECK(completions.size() <= under_way_, "a step was completed twice");
  under_way_ -= completions.size();
  std::vector<ParticipantInput> inputs;
  inputs.reserve(completions.size());
  for (ResourceCompletion& completion : completions) {
    std::visit([&inputs](auto& value) { inputs.emplace_back(std::move(value)); }, completion);
  }
  return inputs;
}

}  // namespace assent
