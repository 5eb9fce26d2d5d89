// Steps on their way to the thread that carries them out. Its own lock, held for moments only: who
// submits does not wait for what is planned or written meanwhile. Any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "participant/resource_manager.h"

namespace assent::key_value_store_internal {

class StepQueue {
 public:
  struct Taken {
    std::vector<ResourceStep> steps;  // in their order
    std::optional<std::string> superseded_by;
  };

  // Add and Supersede come between Open and Close (checked).
  void Open();
  void Close();
  void Add(std::vector<ResourceStep> steps);
  // Instead of all that waits here.
  void Supersede(std::string reason);

  // Until something waits here; false: nothing does, and it is closed.
  bool Wait();
  // All that waits here.
  Taken Take();

 private:
  bool has_work() const { return !waiting_.steps.empty() || waiting_.superseded_by; }

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool is_open_ = false;
  Taken waiting_;
};

}  // namespace assent::key_value_store_internal
