#include "simulations/scheduler.h"

#include <algorithm>
#include <utility>

namespace assent::simulation {

void Scheduler::At(Time when, Action action) {
  heap_.push_back(Entry{std::max(when, now_), next_order_++, std::move(action)});
  std::push_heap(heap_.begin(), heap_.end(), Later());
}

bool Scheduler::RunOne() {
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), Later());
  Entry entry = std::move(heap_.back());
  heap_.pop_back();
  now_ = entry.when;
  ++actions_run_;
  digest_.AddNumber(static_cast<std::uint64_t>(now_.micros));
  entry.action();
  return true;
}

}  // namespace assent::simulation
