#include "core/id_blocks.h"

#include <algorithm>
#include <iterator>

#include "core/check.h"

namespace assent {

void IdBlocks::Add(std::uint64_t first, const Block& block) {
  blocks_.emplace(first, block);
  by_expiry_.push_back(first);
  of_session_[block.session].push_back(first);
}

const IdBlocks::Block& IdBlocks::Holding(std::uint64_t number) const {
  const auto next = blocks_.upper_bound(number);
  ASSENT_CHECK(next != blocks_.begin(), "an unopened id is in a block");
  const auto& [first, block] = *std::prev(next);
  ASSENT_CHECK(number < first + block.count, "an unopened id is in a block that is alive");
  return block;
}

std::optional<IdLedger::Range> IdBlocks::TakeExpired(Time now) {
  if (NextExpiry() > now) return std::nullopt;
  const auto found = blocks_.find(by_expiry_.front());
  const IdLedger::Range range{found->first, found->second.count};
  const auto session = of_session_.find(found->second.session);
  std::erase(session->second, range.first);
  if (session->second.empty()) of_session_.erase(session);
  blocks_.erase(found);
  DropTakenFromFront();
  return range;
}

std::vector<IdLedger::Range> IdBlocks::TakeSession(std::uint64_t session) {
  std::vector<IdLedger::Range> ranges;
  const auto found = of_session_.find(session);
  if (found == of_session_.end()) return ranges;
  for (const std::uint64_t first : found->second) {
    const auto block = blocks_.find(first);
    ranges.push_back({first, block->second.count});
    blocks_.erase(block);
  }
  of_session_.erase(found);
  DropTakenFromFront();
  return ranges;
}

void IdBlocks::DropTakenFromFront() {
  while (!by_expiry_.empty() && !blocks_.contains(by_expiry_.front())) by_expiry_.pop_front();
}

Time IdBlocks::NextExpiry() const {
  return by_expiry_.empty() ? Time::Never() : blocks_.at(by_expiry_.front()).expiry;
}

}  // namespace assent
