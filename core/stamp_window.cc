#include "core/stamp_window.h"

#include <algorithm>

#include "core/check.h"
#include "core/mutants.h"

namespace assent {

StampWindow::StampWindow(std::size_t size, Epoch epoch) : epoch_(epoch), words_((size + 63) / 64) {
  ASSENT_CHECK(size > 0);
}

bool StampWindow::LearnEpoch(Epoch epoch) {
  if (epoch <= epoch_) return false;
  epoch_ = epoch;
  any_ = false;
  top_ = 0;
  std::fill(words_.begin(), words_.end(), 0);
  return true;
}

bool StampWindow::IsUsed(Epoch epoch, std::uint64_t n) const {
  if (epoch != epoch_) return epoch < epoch_ && !ASSENT_MUTANT(window_reset_at_new_epoch);
  if (!any_ || n > top_) return false;
  return top_ - n >= size() || Bit(n);
}

bool StampWindow::Use(Epoch epoch, std::uint64_t n) {
  LearnEpoch(epoch);
  if (IsUsed(epoch, n)) return false;
  if (!any_ || n > top_) SlideTo(n);
  SetBit(n, true);
  return true;
}

bool StampWindow::Bit(std::uint64_t n) const {
  const std::uint64_t at = n % size();
  return (words_[at / 64] >> (at % 64)) & 1;
}

void StampWindow::SetBit(std::uint64_t n, bool value) {
  const std::uint64_t at = n % size();
  const std::uint64_t mask = std::uint64_t{1} << (at % 64);
  words_[at / 64] = value ? words_[at / 64] | mask : words_[at / 64] & ~mask;
}

void StampWindow::SlideTo(std::uint64_t n) {
  if (!any_ || n - top_ >= size()) {
    std::fill(words_.begin(), words_.end(), 0);
  } else {
    for (std::uint64_t i = top_ + 1; i != n; ++i) SetBit(i, false);
  }
  any_ = true;
  top_ = n;
}

}  // namespace assent
