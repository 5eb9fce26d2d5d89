// A store whose votes come late, by as much as it is told.
#pragma once

#include <map>
#include <thread>
#include <vector>

#include "core/time.h"
#include "participant/resource_manager.h"
#include "runtime/mutex.h"

namespace assent::bench {

// Passes everything to the store beneath, and holds back its votes. Thread-safe where a resource
// manager has to be, and set_delay.
class DelayingStore final : public ResourceManager {
 public:
  // `store` outlives it.
  explicit DelayingStore(ResourceManager* store) : store_(store) {}
  ~DelayingStore() override { Stop(); }

  // Of votes from now on; at first none.
  void set_delay(Duration delay);

  StartResult Start(ResourceHandlers handlers) override;
  void Submit(std::vector<ResourceStep> steps) override { store_->Submit(std::move(steps)); }
  void Supersede(const std::string& reason) override { store_->Supersede(reason); }
  // What is held back is told at once.
  void Stop() override;

 private:
  void Hold(std::vector<ResourceCompletion> completions);
  void Run();
  // What is due; blocks until something is. Empty: the end.
  std::vector<ResourceCompletion> TakeDue();

  ResourceManager* const store_;
  ResourceHandlers handlers_;

  Mutex mutex_;
  CondVar changed_;
  Duration delay_ ASSENT_GUARDED_BY(mutex_);
  std::multimap<Time, ResourceCompletion> held_ ASSENT_GUARDED_BY(mutex_);  // by when it is told
  bool stopped_ ASSENT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace assent::bench
