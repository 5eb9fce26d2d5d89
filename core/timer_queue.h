// Timers of objects that carry their own place in the queue: an indexed binary heap, without
// allocation per timer. Not thread-safe. An object must be removed before it dies.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/time.h"

namespace assent {

// Where an object stands in its TimerQueue. Only the queue assigns it.
class TimerSlot {
 public:
  bool armed() const { return index_ != kNone; }

 private:
  template <typename T>
  friend class TimerQueue;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t index_ = kNone;
};

// `T` has a member function `TimerSlot& timer_slot()` and a total order by `id()`, which breaks
// ties.
template <typename T>
class TimerQueue {
 public:
  // Sets the one timer of `object`; Time::Never() removes it.
  void Set(T* object, Time when) {
    const std::size_t index = object->timer_slot().index_;
    if (index == TimerSlot::kNone) {
      if (when.IsNever()) return;
      heap_.push_back({when, object});
      Sift(heap_.size() - 1);
    } else if (when.IsNever()) {
      RemoveAt(index);
    } else if (heap_[index].when != when) {
      heap_[index].when = when;
      Sift(index);
    }
  }

  Time Next() const { return heap_.empty() ? Time::Never() : heap_.front().when; }
  std::size_t size() const { return heap_.size(); }

  // The object whose timer is the first, if it is due; it is removed. Else null.
  T* PopDue(Time now) {
    if (heap_.empty() || heap_.front().when > now) return nullptr;
    T* object = heap_.front().object;
    RemoveAt(0);
    return object;
  }

  // When the timer of `object` is due.
  Time WhenOf(const T* object) const {
    const std::size_t index = object->timer_slot().index_;
    return index == TimerSlot::kNone ? Time::Never() : heap_[index].when;
  }

  void CheckInvariants() const {
    for (std::size_t i = 0; i < heap_.size(); ++i) {
      ASSENT_CHECK(heap_[i].object->timer_slot().index_ == i, "a timer knows its place");
      ASSENT_CHECK(i == 0 || !Before(heap_[i], heap_[(i - 1) / 2]), "timers are a heap");
    }
  }

 private:
  struct Entry {
    Time when;
    T* object;
  };

  static bool Before(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when < b.when : a.object->id() < b.object->id();
  }

  void Place(std::size_t index, Entry entry) {
    heap_[index] = entry;
    entry.object->timer_slot().index_ = index;
  }

  // Moves the entry at `index` to where it belongs.
  void Sift(std::size_t index) {
    const Entry entry = heap_[index];
    while (index > 0 && Before(entry, heap_[(index - 1) / 2])) {
      Place(index, heap_[(index - 1) / 2]);
      index = (index - 1) / 2;
    }
    for (std::size_t child = 2 * index + 1; child < heap_.size(); child = 2 * index + 1) {
      if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) ++child;
      if (!Before(heap_[child], entry)) break;
      Place(index, heap_[child]);
      index = child;
    }
    Place(index, entry);
  }

  void RemoveAt(std::size_t index) {
    heap_[index].object->timer_slot().index_ = TimerSlot::kNone;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (index == heap_.size()) return;
    heap_[index] = last;
    Sift(index);
  }

  std::vector<Entry> heap_;
};

}  // namespace assent
