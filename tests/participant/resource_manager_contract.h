// What every resource manager must keep, whoever wrote it: the tests are in
// resource_manager_contract_test.cc, a new implementation adds its Subject there.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "participant/key_value_store_operations.h"
#include "participant/resource_manager.h"

namespace assent {

// One resource manager through its lives. Payloads are Operations of Add and Put.
class Subject {
 public:
  virtual ~Subject() = default;

  // The next life, on what is durable.
  virtual std::unique_ptr<ResourceManager> Open() = 0;
  // What is durable at this instant is what the next Open finds; the present life is still there.
  virtual void Crash() = 0;
  // Lets one without threads work.
  virtual void Pump(ResourceManager*) {}
  // What is committed.
  virtual std::optional<std::string> Committed(ResourceManager* manager,
                                               const std::string& key) = 0;
  virtual bool keeps_proofs() const { return true; }
};

using SubjectMaker = std::function<std::unique_ptr<Subject>()>;

inline TransactionId Id(std::uint64_t number, Epoch epoch = 1) {
  return TransactionId{*CoordinatorId::Parse("c1"), Sequence{epoch, number}};
}

// One life: collects what is completed.
class Life {
 public:
  explicit Life(Subject* subject) : subject_(subject), manager_(subject->Open()) {
    start_ = manager_->Start(
        {[this](std::vector<ResourceCompletion> completions) { Take(std::move(completions)); },
         [this](const std::string& error) { TakeFailure(error); }});
  }
  ~Life() { manager_->Stop(); }

  const StartResult& start() const { return start_; }
  ResourceManager* manager() { return manager_.get(); }

  // Hands over, and waits for that many answers.
  std::vector<ResourceCompletion> Do(std::vector<ResourceStep> steps, std::size_t answers) {
    manager_->Submit(std::move(steps));
    subject_->Pump(manager_.get());
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [&] { return completions_.size() >= answers || !failure_.empty(); });
    return std::exchange(completions_, {});
  }

  PrepareResult Prepare(const TransactionId& id, const Operations& operations) {
    return Prepare(id, std::optional<std::string>(operations.Encode()));
  }
  PrepareResult Prepare(const TransactionId& id, std::optional<std::string> payload) {
    const auto done = Do({PrepareStep{id, std::move(payload), {}}}, 1);
    if (done.empty()) return PrepareResult{VoteKind::kNo, "nothing came"};
    return std::get<participant_input::Prepared>(done.front()).result;
  }
  CommitResult Commit(const TransactionId& id) {
    const auto done = Do({CommitStep{id}}, 1);
    if (done.empty()) return CommitResult::kFailed;
    return std::get<participant_input::Committed>(done.front()).result;
  }
  bool Abort(const TransactionId& id) {
    const auto done = Do({AbortStep{id}}, 1);
    return !done.empty() && std::get<participant_input::Aborted>(done.front()).done;
  }
  // The failure that it ends with.
  std::string Supersede(const std::string& reason) {
    manager_->Supersede(reason);
    subject_->Pump(manager_.get());
    std::unique_lock<std::mutex> hold(mutex_);
    changed_.wait(hold, [&] { return !failure_.empty(); });
    return failure_;
  }
  std::string failure() {
    const std::lock_guard<std::mutex> hold(mutex_);
    return failure_;
  }

 private:
  void Take(std::vector<ResourceCompletion> completions) {
    const std::lock_guard<std::mutex> hold(mutex_);
    for (auto& completion : completions) completions_.push_back(std::move(completion));
    changed_.notify_all();
  }
  void TakeFailure(const std::string& error) {
    const std::lock_guard<std::mutex> hold(mutex_);
    failure_ = error;
    changed_.notify_all();
  }

  Subject* const subject_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ResourceCompletion> completions_;
  std::string failure_;
  const std::unique_ptr<ResourceManager> manager_;
  StartResult start_;
};

// tests/participant/subjects.cc.
std::unique_ptr<Subject> MakeRealStoreSubject();
std::unique_ptr<Subject> MakeSimulatedStoreSubject();
std::unique_ptr<Subject> MakeMemoryStoreSubject();
std::unique_ptr<Subject> MakeBlockingSubject();

}  // namespace assent
