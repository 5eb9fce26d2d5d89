#include "participant/crossing_resource_manager.h"

#include <variant>

#include "runtime/crash_point.h"

namespace assent {
namespace {

struct BeforeStore {
  void operator()(const PrepareStep&) const {
    ASSENT_CRASH_POINT("participant.prepare.before_store");
  }
  void operator()(const CommitStep&) const {
    ASSENT_CRASH_POINT("participant.commit.before_store");
  }
  void operator()(const AbortStep&) const { ASSENT_CRASH_POINT("participant.abort.before_store"); }
  void operator()(const NoteStep&) const {}
};

struct AfterStore {
  void operator()(const participant_input::Prepared& done) const {
    if (done.result.vote == VoteKind::kYes) {
      ASSENT_CRASH_POINT("participant.prepare.after_store");
    }
  }
  void operator()(const participant_input::Committed& done) const {
    if (done.result == CommitResult::kCommitted) {
      ASSENT_CRASH_POINT("participant.commit.after_store");
    }
  }
  void operator()(const participant_input::Aborted& done) const {
    if (done.done) ASSENT_CRASH_POINT("participant.abort.after_store");
  }
};

}  // namespace

StartResult CrossingResourceManager::Start(ResourceHandlers handlers) {
  ASSENT_CRASH_POINT("participant.start.before_incarnation");
  const auto completed = std::move(handlers.completed);
  handlers.completed = [completed](std::vector<ResourceCompletion> completions) {
    for (const ResourceCompletion& completion : completions) std::visit(AfterStore(), completion);
    completed(std::move(completions));
  };
  StartResult result = inner_->Start(std::move(handlers));
  if (result.ok()) ASSENT_CRASH_POINT("participant.start.after_incarnation");
  return result;
}

void CrossingResourceManager::Submit(std::vector<ResourceStep> steps) {
  for (const ResourceStep& step : steps) std::visit(BeforeStore(), step);
  inner_->Submit(std::move(steps));
}

}  // namespace assent
