// What became of each id of this epoch, from the horizon to the next to be given out: two bits an
// id.
//
//   unopened -> open -> closed -> expired        (R1, R11)
//        \______________^
//
// unopened  given out, nothing happened under it yet, its block is alive
// open      its transaction is undecided (ACTIVE, PREPARING, DECIDING)
// closed    decided, or closed before it was opened; its retention runs
// expired   the retention since its own closing is over
//
// An id moves forward only. Ids of earlier epochs count as closed at this start and expire
// together. The horizon stands at the lowest id that has not expired. Not thread-safe; every call
// is O(1), amortised, but CloseUnopened, which takes as long as its range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/ids.h"
#include "core/time.h"

namespace assent {

class IdLedger {
 public:
  enum class Standing : std::uint8_t { kNotGivenOut, kUnopened, kOpen, kClosed, kExpired };

  // Ids that expired together: `count` numbers of this epoch from `first` on, or, if `first` is 0,
  // every id of the earlier epochs.
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
  };

  IdLedger(Epoch epoch, Sequence horizon, Time start);

  // Gives out `count` ids, unopened; returns the first.
  std::uint64_t Give(std::uint64_t count);
  void Open(std::uint64_t number);                   // unopened -> open
  void Close(std::uint64_t number, Time now);        // unopened or open -> closed
  void CloseUnopened(const Range& range, Time now);  // those of `range` that are unopened
  // Expires the longest closed: all that closed at that time, if it is not after `closed_until`; or
  // one id, whenever it closed.
  std::optional<Range> Expire(Time closed_until);
  std::optional<Range> ExpireFirst();

  Standing Of(Sequence id) const;
  // Of an id of this epoch that was given out and has not passed the horizon.
  Standing OfNumber(std::uint64_t number) const;

  // Closing time of the longest closed; Never if nothing waits for expiry.
  Time first_closing() const;
  // What waits for its expiry: ranges of ids that closed together.
  std::size_t closings() const { return closings_.size(); }
  Sequence horizon() const;
  // The lowest id that is undecided or can still be opened, or will be given out next.
  Sequence lowest_undecided() const { return {epoch_, lowest_undecided_}; }
  std::uint64_t next() const { return next_; }
  std::uint64_t unopened() const { return unopened_; }

  void CheckInvariants() const;

 private:
  struct Closing {
    Time at;
    Range range;
  };
  static constexpr std::uint64_t kIdsPerWord = 32;

  void Assign(std::uint64_t number, Standing standing);
  void NoteClosing(std::uint64_t number, Time now);
  Range ExpireFromFront(std::uint64_t count);
  void Advance();

  const Epoch epoch_;
  const Sequence recovered_horizon_;
  bool earlier_epochs_expired_ = false;
  std::uint64_t next_ = 1;
  std::uint64_t lowest_undecided_ = 1;
  std::uint64_t lowest_unexpired_ = 1;
  std::uint64_t unopened_ = 0;
  std::uint64_t base_ = 0;           // number of the first id of words_.front()
  std::deque<std::uint64_t> words_;  // two bits an id
  std::deque<Closing> closings_;     // in the order of their times
};

}  // namespace assent
