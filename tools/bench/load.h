// Load on a rig: a closed loop (so many in flight, always) or an open one (so many a second,
// whatever becomes of them).
//
// Latency in an open loop runs from the moment at which a transaction was meant to begin, so that a
// stall counts for all that it holds up, begun or not.
#pragma once

#include <cstdint>
#include <vector>

#include "core/time.h"
#include "tools/bench/latencies.h"
#include "tools/bench/rig.h"
#include "tools/bench/settings.h"

namespace assent::bench {

struct LoadOptions {
  int concurrency = 1;  // in flight; of an open loop: at most
  double rate = 0;      // transactions begun per second; 0: closed loop
};

struct LoadResult {
  std::uint64_t committed = 0;
  std::uint64_t aborted = 0;
  std::uint64_t unknown = 0;
  std::uint64_t refused = 0;
  // Of an open loop: meant to begin, but as much as may be was in flight.
  std::uint64_t not_begun = 0;
  Duration length;
  Latencies latencies;   // of what was committed
  Duration longest_gap;  // between one commit and the next, that counts here

  std::uint64_t ended() const { return committed + aborted + unknown + refused; }
  // Committed.
  double per_second() const {
    return static_cast<double>(committed) * 1e6 / static_cast<double>(length.micros);
  }
};

// Of a setting.
Duration DurationOf(double seconds);

// One thread. The rig has been started with the same completions, and outlives this.
class Load {
 public:
  Load(Rig* rig, Completions* completions, const LoadOptions& options);

  // Blocks for `length`; nothing is counted.
  void WarmUp(Duration length);
  // Blocks for `length`. A closed loop counts what ends meanwhile, an open one what was meant to
  // begin meanwhile, whenever it ends (Drain). May be repeated: an open loop goes on where the
  // measurement before it ended, so that nothing falls between them.
  void Measure(Duration length);
  // Of an open loop, from now on.
  void set_rate(double rate) { options_.rate = rate; }
  // Begins nothing more and blocks until nothing is under way. One result of each measurement.
  std::vector<LoadResult> Drain();

  // Of all that has ended, counted or not; for checking sums.
  std::uint64_t all_committed() const { return all_committed_; }
  std::uint64_t all_unknown() const { return all_unknown_; }

 private:
  // What was measured between two moments.
  struct Span {
    Time from;
    Time until;
    LoadResult result;
    Time last_commit;
  };

  void Pace(Time from);
  std::uint64_t DueUntil(Time end) const;
  void Drive(Time end);
  void BeginDue(Time now, Time end);
  void Begin(Time meant);
  Time NextWake(Time end) const;
  bool HasBeat() const;
  Time NextBeat(Time now, Time end) const;
  void Take(Time deadline);
  void CountTaken();
  void Count(const Completions::Done& done);
  // The one that `done` counts in, or null.
  Span* SpanOf(Time meant, Time at);

  Rig* const rig_;
  Completions* const completions_;
  LoadOptions options_;
  std::vector<int> free_;
  std::vector<Time> meant_;  // by slot: when the transaction was meant to begin
  std::vector<Completions::Done> taken_;
  Time next_;               // open loop: when the next one is meant to begin
  double begun_since_ = 0;  // open loop: how many have been meant to begin since `paced_from_`
  Time paced_from_;
  std::vector<Span> spans_;
  std::uint64_t all_committed_ = 0;
  std::uint64_t all_unknown_ = 0;
};

// What a rig that has been started reaches in a closed loop, with as much in flight as the settings
// say at most. Blocks for some seconds.
LoadResult MeasureMaximum(const Settings& settings, Rig* rig, Completions* completions);

}  // namespace assent::bench
