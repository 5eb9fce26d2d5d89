// Which stamps of one coordinator towards this incarnation are used (R5).
//
// In memory only, because it belongs to an incarnation: a stamp for another one is refused before
// it comes here. Memory is `size` bits. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/ids.h"

namespace assent {

class StampWindow {
 public:
  // Stamps of epochs below `epoch` are used. `size` is at least 1; it is rounded up to whole words.
  StampWindow(std::size_t size, Epoch epoch);

  // The highest epoch seen.
  Epoch epoch() const { return epoch_; }

  // The highest number of it that was used; 0 if none was.
  std::uint64_t top() const { return top_; }

  // Forgets the numbers of a lower epoch, which all count as used from here on: a new epoch must
  // never make "used" look unused. False if `epoch` is not above the highest seen.
  bool LearnEpoch(Epoch epoch);

  // A lower epoch, or a number left of the window, counts as used: nobody can say that it is not.
  bool IsUsed(Epoch epoch, std::uint64_t n) const;

  // Uses the stamp up, learning its epoch if that is higher. False if it was used already.
  bool Use(Epoch epoch, std::uint64_t n);

 private:
  bool Bit(std::uint64_t n) const;
  void SetBit(std::uint64_t n, bool value);
  void SlideTo(std::uint64_t n);
  std::uint64_t size() const { return words_.size() * 64; }

  Epoch epoch_;
  bool any_ = false;       // a number of epoch_ has been used
  std::uint64_t top_ = 0;  // the highest used; the window is (top_ - size, top_]
  std::vector<std::uint64_t> words_;
};

}  // namespace assent
