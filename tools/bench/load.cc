#include "tools/bench/load.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/clock.h"

namespace assent::bench {
namespace {

constexpr double kLongestProbe = 5;  // seconds

// An open loop that has more than one to begin in this time begins them together: waking up for
// each would take a fifth of a processor from what is measured.
constexpr Duration kBeat = Duration::Micros(500);

}  // namespace

Duration DurationOf(double seconds) {
  return Duration::Micros(static_cast<std::int64_t>(seconds * 1e6));
}

LoadResult MeasureMaximum(const Settings& settings, Rig* rig, Completions* completions) {
  const auto most = std::max_element(settings.concurrencies.begin(), settings.concurrencies.end());
  Load load(rig, completions, {*most, 0});
  load.WarmUp(DurationOf(settings.warm_up));
  load.Measure(DurationOf(std::min(settings.seconds, kLongestProbe)));
  return load.Drain().front();
}

Load::Load(Rig* rig, Completions* completions, const LoadOptions& options)
    : rig_(rig),
      completions_(completions),
      options_(options),
      meant_(static_cast<std::size_t>(options.concurrency)) {
  for (int slot = options.concurrency - 1; slot >= 0; --slot) free_.push_back(slot);
}

void Load::WarmUp(Duration length) {
  const Time start = MonotonicNow();
  Pace(start);
  Drive(start + length);
}

void Load::Measure(Duration length) {
  const bool open = options_.rate > 0;
  const Time from = open && !spans_.empty() ? spans_.back().until : MonotonicNow();
  Pace(from);
  spans_.push_back({from, from + length, {}, from});
  Drive(from + length);
  Span& span = spans_.back();
  if (open) {
    span.result.not_begun = DueUntil(span.until);
  } else {
    span.until = MonotonicNow();
  }
  span.result.length = span.until - from;
}

std::vector<LoadResult> Load::Drain() {
  while (free_.size() < meant_.size()) Take(Time::Never());
  std::vector<LoadResult> results;
  for (Span& span : spans_) results.push_back(std::move(span.result));
  spans_.clear();
  return results;
}

void Load::Pace(Time from) {
  paced_from_ = from;
  next_ = from;
  begun_since_ = 0;
}

// So many of an open loop are meant to begin before `end`, and have not.
std::uint64_t Load::DueUntil(Time end) const {
  if (next_ >= end) return 0;
  const double seconds = static_cast<double>((end - next_).micros) / 1e6;
  return static_cast<std::uint64_t>(std::ceil(seconds * options_.rate));
}

void Load::Drive(Time end) {
  for (Time now = MonotonicNow(); now < end; now = MonotonicNow()) {
    BeginDue(now, end);
    if (HasBeat() && !free_.empty()) {
      completions_->TakeAt(NextBeat(now, end), &taken_);
      CountTaken();
    } else {
      Take(NextWake(end));
    }
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

bool Load::HasBeat() const { return options_.rate * static_cast<double>(kBeat.micros) > 1e6; }

Time Load::NextBeat(Time now, Time end) const {
  const std::int64_t beats = std::max<std::int64_t>((now - paced_from_).micros, 0) / kBeat.micros;
  return std::min(paced_from_ + kBeat * (beats + 1), end);
}

void Load::Take(Time deadline) {
  completions_->Take(deadline, &taken_);
  CountTaken();
}

void Load::CountTaken() {
  for (const Completions::Done& done : taken_) {
    Count(done);
    free_.push_back(done.slot);
  }
}

Load::Span* Load::SpanOf(Time meant, Time at) {
  const Time counted = options_.rate > 0 ? meant : at;
  for (auto span = spans_.rbegin(); span != spans_.rend(); ++span) {
    if (span->from <= counted && counted < span->until) return &*span;
  }
  return nullptr;
}

void Load::Count(const Completions::Done& done) {
  all_committed_ += done.ending == Ending::kCommitted ? 1 : 0;
  all_unknown_ += done.ending == Ending::kUnknown ? 1 : 0;
  const Time meant = meant_[static_cast<std::size_t>(done.slot)];
  Span* const span = SpanOf(meant, done.at);
  if (span == nullptr) return;
  LoadResult& result = span->result;
  switch (done.ending) {
    case Ending::kCommitted:
      ++result.committed;
      result.latencies.Add(done.at - meant);
      result.longest_gap = std::max(result.longest_gap, done.at - span->last_commit);
      span->last_commit = std::max(span->last_commit, done.at);
      return;
    case Ending::kAborted:
      ++result.aborted;
      return;
    case Ending::kUnknown:
      ++result.unknown;
      return;
    case Ending::kRefused:
      ++result.refused;
      return;
  }
}

}  // namespace assent::bench
