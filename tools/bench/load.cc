#include "tools/bench/load.h"

#include <algorithm>

#include "runtime/clock.h"

namespace assent::bench {

Load::Load(Rig* rig, Completions* completions, const LoadOptions& options)
    : rig_(rig),
      completions_(completions),
      options_(options),
      meant_(static_cast<std::size_t>(options.concurrency)) {
  for (int slot = options.concurrency - 1; slot >= 0; --slot) free_.push_back(slot);
}

void Load::WarmUp(Duration length) {
  const Time start = MonotonicNow();
  paced_from_ = start;
  next_ = start;
  Drive(start + length);
}

void Load::Measure(Duration length) {
  from_ = MonotonicNow();
  until_ = from_ + length;
  paced_from_ = from_;
  next_ = from_;
  begun_since_ = 0;
  Drive(until_);
  result_.length = options_.rate > 0 ? length : MonotonicNow() - from_;
}

LoadResult Load::Drain() {
  if (options_.rate <= 0) from_ = Time::Never();
  while (free_.size() < meant_.size()) Take(Time::Never());
  return result_;
}

void Load::Drive(Time end) {
  for (Time now = MonotonicNow(); now < end; now = MonotonicNow()) {
    BeginDue(now, end);
    Take(NextWake(end));
  }
  BeginDue(end, end);  // meant to begin before the end, but nobody was there
}

void Load::BeginDue(Time now, Time end) {
  if (options_.rate <= 0) {
    while (now < end && !free_.empty()) Begin(now);
    return;
  }
  while (next_ <= now && next_ < end && !free_.empty()) {
    Begin(next_);
    begun_since_ += 1;
    next_ = paced_from_ +
            Duration::Micros(static_cast<std::int64_t>(begun_since_ * 1e6 / options_.rate));
  }
}

void Load::Begin(Time meant) {
  const int slot = free_.back();
  free_.pop_back();
  meant_[static_cast<std::size_t>(slot)] = meant;
  rig_->Begin(slot);
}

Time Load::NextWake(Time end) const {
  return options_.rate > 0 && !free_.empty() ? std::min(next_, end) : end;
}

void Load::Take(Time deadline) {
  completions_->Take(deadline, &taken_);
  for (const Completions::Done& done : taken_) {
    Count(done);
    free_.push_back(done.slot);
  }
}

bool Load::Counts(Time meant, Time at) const {
  const Time counted = options_.rate > 0 ? meant : at;
  return from_ <= counted && counted < until_;
}

void Load::Count(const Completions::Done& done) {
  all_committed_ += done.ending == Ending::kCommitted ? 1 : 0;
  all_unknown_ += done.ending == Ending::kUnknown ? 1 : 0;
  const Time meant = meant_[static_cast<std::size_t>(done.slot)];
  if (!Counts(meant, done.at)) return;
  switch (done.ending) {
    case Ending::kCommitted:
      ++result_.committed;
      result_.latencies.Add(done.at - meant);
      return;
    case Ending::kAborted:
      ++result_.aborted;
      return;
    case Ending::kUnknown:
      ++result_.unknown;
      return;
    case Ending::kRefused:
      ++result_.refused;
      return;
  }
}

}  // namespace assent::bench
