#include "core/id_ledger.h"

#include "core/check.h"

namespace assent {
namespace {

constexpr std::uint64_t Bits(IdLedger::Standing standing) {
  return static_cast<std::uint64_t>(standing) - 1;  // kUnopened is 0, kExpired is 3
}

constexpr IdLedger::Standing FromBits(std::uint64_t bits) {
  return static_cast<IdLedger::Standing>(bits + 1);
}

}  // namespace

IdLedger::IdLedger(Epoch epoch, Sequence horizon, Time start)
    : epoch_(epoch), recovered_horizon_(horizon) {
  closings_.push_back({start, {0, 0}});
}

std::uint64_t IdLedger::Give(std::uint64_t count) {
  const std::uint64_t first = next_;
  next_ += count;
  unopened_ += count;
  while (base_ + words_.size() * kIdsPerWord < next_) words_.push_back(0);
  return first;
}

void IdLedger::Open(std::uint64_t number) {
  ASSENT_CHECK(OfNumber(number) == Standing::kUnopened, "an id is opened once");
  Assign(number, Standing::kOpen);
  --unopened_;
}

void IdLedger::Close(std::uint64_t number, Time now) {
  const Standing standing = OfNumber(number);
  ASSENT_CHECK(standing == Standing::kUnopened || standing == Standing::kOpen,
               "an id is closed once");
  if (standing == Standing::kUnopened) --unopened_;
  Assign(number, Standing::kClosed);
  NoteClosing(number, now);
  Advance();
}

void IdLedger::CloseUnopened(const Range& range, Time now) {
  for (std::uint64_t n = range.first; n < range.first + range.count; ++n) {
    if (n >= lowest_unexpired_ && OfNumber(n) == Standing::kUnopened) Close(n, now);
  }
}

void IdLedger::NoteClosing(std::uint64_t number, Time now) {
  if (!closings_.empty() && closings_.back().range.first != 0) {
    Closing& last = closings_.back();
    if (last.at == now && last.range.first + last.range.count == number) {
      ++last.range.count;
      return;
    }
  }
  closings_.push_back({now, {number, 1}});
}

std::optional<IdLedger::Range> IdLedger::Expire(Time closed_until) {
  if (closings_.empty() || closings_.front().at > closed_until) return std::nullopt;
  return ExpireFromFront(closings_.front().range.count);
}

std::optional<IdLedger::Range> IdLedger::ExpireFirst() {
  if (closings_.empty()) return std::nullopt;
  return ExpireFromFront(closings_.front().range.first == 0 ? 0 : 1);
}

IdLedger::Range IdLedger::ExpireFromFront(std::uint64_t count) {
  Range& front = closings_.front().range;
  const Range range{front.first, count};
  front.first += count;
  front.count -= count;
  if (range.first == 0) earlier_epochs_expired_ = true;
  if (front.count == 0) closings_.pop_front();
  for (std::uint64_t n = range.first; n < range.first + range.count; ++n) {
    Assign(n, Standing::kExpired);
  }
  Advance();
  return range;
}

IdLedger::Standing IdLedger::Of(Sequence id) const {
  if (id.epoch == 0 || id.number == 0 || id.epoch > epoch_) return Standing::kNotGivenOut;
  if (id.epoch < epoch_) return id < horizon() ? Standing::kExpired : Standing::kClosed;
  if (id.number >= next_) return Standing::kNotGivenOut;
  return id.number < lowest_unexpired_ ? Standing::kExpired : OfNumber(id.number);
}

IdLedger::Standing IdLedger::OfNumber(std::uint64_t number) const {
  ASSENT_CHECK(number >= base_ && number < next_, "only ids in the window have a standing");
  const std::uint64_t offset = number - base_;
  const std::uint64_t word = words_[offset / kIdsPerWord];
  return FromBits(word >> (offset % kIdsPerWord * 2) & 3);
}

void IdLedger::Assign(std::uint64_t number, Standing standing) {
  ASSENT_CHECK(OfNumber(number) < standing, "an id moves forward only");
  const std::uint64_t offset = number - base_;
  const std::uint64_t shift = offset % kIdsPerWord * 2;
  std::uint64_t& word = words_[offset / kIdsPerWord];
  word = (word & ~(std::uint64_t{3} << shift)) | Bits(standing) << shift;
}

void IdLedger::Advance() {
  while (lowest_undecided_ < next_ && OfNumber(lowest_undecided_) >= Standing::kClosed) {
    ++lowest_undecided_;
  }
  while (lowest_unexpired_ < lowest_undecided_ &&
         OfNumber(lowest_unexpired_) == Standing::kExpired) {
    ++lowest_unexpired_;
  }
  while (base_ + kIdsPerWord <= lowest_unexpired_ && !words_.empty()) {
    words_.pop_front();
    base_ += kIdsPerWord;
  }
}

Time IdLedger::first_closing() const {
  return closings_.empty() ? Time::Never() : closings_.front().at;
}

Sequence IdLedger::horizon() const {
  if (!earlier_epochs_expired_) return recovered_horizon_;
  return {epoch_, lowest_unexpired_};
}

void IdLedger::CheckInvariants() const {
  ASSENT_CHECK(lowest_unexpired_ <= lowest_undecided_ && lowest_undecided_ <= next_, "C-I13");
  ASSENT_CHECK(base_ <= lowest_unexpired_);
  std::uint64_t unopened = 0;
  for (std::uint64_t n = lowest_unexpired_; n < next_; ++n) {
    const Standing standing = OfNumber(n);
    if (standing == Standing::kUnopened) ++unopened;
    ASSENT_CHECK(n >= lowest_undecided_ || standing >= Standing::kClosed,
                 "C-I14: the lowest undecided id is the lowest");
  }
  ASSENT_CHECK(unopened == unopened_, "C-I14: the unopened ids are counted");
}

}  // namespace assent
