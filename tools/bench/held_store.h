// A store that keeps nothing and holds back what it is told to: to pile up work at a coordinator.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "participant/resource_manager.h"
#include "runtime/mutex.h"

namespace assent::bench {

enum class Holds {
  kNothing,  // says yes, and committed, at once
  kCommits,  // says yes, and never that it has committed
  kVotes,    // never votes
};

class HeldStore final : public ResourceManager {
 public:
  // The same `name` is the same store; `incarnation` is this life's.
  HeldStore(const std::string& name, Incarnation incarnation, Holds holds);
  ~HeldStore() override;

  StartResult Start(ResourceHandlers handlers) override;
  void Submit(std::vector<ResourceStep> steps) override;
  void Supersede(const std::string& reason) override;
  void Stop() override;

 private:
  void Run();

  const StoreId id_;
  const Incarnation incarnation_;
  const Holds holds_;
  ResourceHandlers handlers_;

  Mutex mutex_;
  CondVar work_;
  std::vector<ResourceCompletion> done_ ASSENT_GUARDED_BY(mutex_);
  bool stopped_ ASSENT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace assent::bench
