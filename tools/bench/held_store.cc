#include "tools/bench/held_store.h"

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace assent::bench {
namespace {

std::optional<ResourceCompletion> CompletionOf(const PrepareStep& step, Holds holds) {
  if (holds == Holds::kVotes) return std::nullopt;
  return participant_input::Prepared{step.id, PrepareResult{VoteKind::kYes, ""}};
}

std::optional<ResourceCompletion> CompletionOf(const CommitStep& step, Holds holds) {
  if (holds == Holds::kCommits) return std::nullopt;
  return participant_input::Committed{step.id, CommitResult::kCommitted};
}

std::optional<ResourceCompletion> CompletionOf(const AbortStep& step, Holds) {
  return participant_input::Aborted{step.id, true};
}

std::optional<ResourceCompletion> CompletionOf(const NoteStep&, Holds) { return std::nullopt; }

}  // namespace

HeldStore::HeldStore(const std::string& name, Incarnation incarnation, Holds holds)
    : id_{std::hash<std::string>()(name), 1}, incarnation_(incarnation), holds_(holds) {}

HeldStore::~HeldStore() { Stop(); }

StartResult HeldStore::Start(ResourceHandlers handlers) {
  handlers_ = std::move(handlers);
  thread_ = std::thread([this] { Run(); });
  StartResult result;
  result.recovered.store = id_;
  result.recovered.incarnation = incarnation_;
  return result;
}

void HeldStore::Submit(std::vector<ResourceStep> steps) {
  MutexLock lock(&mutex_);
  for (const ResourceStep& step : steps) {
    auto completion =
        std::visit([this](const auto& one) { return CompletionOf(one, holds_); }, step);
    if (completion) done_.push_back(*std::move(completion));
  }
  if (!done_.empty()) work_.NotifyOne();
}

void HeldStore::Supersede(const std::string& reason) { handlers_.failed(reason); }

void HeldStore::Stop() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    work_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void HeldStore::Run() {
  while (true) {
    std::vector<ResourceCompletion> done;
    {
      MutexLock lock(&mutex_);
      while (done_.empty() && !stopped_) work_.Wait(&mutex_);
      if (done_.empty()) return;
      done.swap(done_);
    }
    handlers_.completed(std::move(done));
  }
}

}  // namespace assent::bench
