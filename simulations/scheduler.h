// Virtual time: what happens when, in one total order. Nothing of it depends on the real clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/hash.h"
#include "core/time.h"

namespace assent::simulation {

class Scheduler {
 public:
  using Action = std::function<void()>;

  Time Now() const { return now_; }

  // Actions of one instant run in the order in which they were scheduled. An instant in the past
  // is now.
  void At(Time when, Action action);
  void After(Duration delay, Action action) { At(now_ + delay, std::move(action)); }

  // Runs the next action; false if there is none.
  bool RunOne();

  std::uint64_t actions_run() const { return actions_run_; }
  bool empty() const { return heap_.empty(); }

  // Of all that has happened so far: times, and what was added. Equal for equal worlds.
  void AddToDigest(std::uint64_t value) { digest_.AddNumber(value); }
  void AddToDigest(std::string_view bytes) { digest_.Add(bytes); }
  std::uint64_t digest() const { return digest_.Value(); }

 private:
  struct Entry {
    Time when;
    std::uint64_t order = 0;
    Action action;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };

  Time now_;
  std::uint64_t next_order_ = 0;
  std::uint64_t actions_run_ = 0;
  std::vector<Entry> heap_;
  Hasher digest_;
};

}  // namespace assent::simulation
