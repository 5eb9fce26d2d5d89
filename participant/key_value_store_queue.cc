#include "participant/key_value_store_queue.h"

#include <iterator>
#include <utility>

#include "core/check.h"

namespace assent::key_value_store_internal {

void StepQueue::Open() {
  const std::lock_guard<std::mutex> hold(mutex_);
  is_open_ = true;
}

void StepQueue::Close() {
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    is_open_ = false;
  }
  changed_.notify_one();
}

void StepQueue::Add(std::vector<ResourceStep> steps) {
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    ASSENT_CHECK(is_open_, "Submit comes between Start and Stop");
    std::vector<ResourceStep>& waiting = waiting_.steps;
    if (waiting.empty()) {
      waiting = std::move(steps);
    } else {
      waiting.insert(waiting.end(), std::make_move_iterator(steps.begin()),
                     std::make_move_iterator(steps.end()));
    }
  }
  changed_.notify_one();
}

void StepQueue::Supersede(std::string reason) {
  {
    const std::lock_guard<std::mutex> hold(mutex_);
    ASSENT_CHECK(is_open_, "Supersede comes between Start and Stop");
    waiting_ = {{}, std::move(reason)};
  }
  changed_.notify_one();
}

bool StepQueue::Wait() {
  std::unique_lock<std::mutex> hold(mutex_);
  changed_.wait(hold, [this] { return has_work() || !is_open_; });
  return has_work();
}

StepQueue::Taken StepQueue::Take() {
  const std::lock_guard<std::mutex> hold(mutex_);
  return std::exchange(waiting_, {});
}

}  // namespace assent::key_value_store_internal
