// Blocks of ids that were given to sessions (R1): who has which ids, and until when. A block lives
// as long as its session, at most for the lifetime that all blocks share. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "core/id_ledger.h"
#include "core/time.h"

namespace assent {

class IdBlocks {
 public:
  struct Block {
    std::uint64_t session = 0;
    std::uint64_t count = 0;
    Duration timeout;  // of each transaction
    Time expiry;
  };

  // `block.expiry` is not before that of any earlier block.
  void Add(std::uint64_t first, const Block& block);
  // The block that holds `number`; it must be alive.
  const Block& Holding(std::uint64_t number) const;
  // Takes a block whose time is over, if there is one.
  std::optional<IdLedger::Range> TakeExpired(Time now);
  // Takes all blocks of a session.
  std::vector<IdLedger::Range> TakeSession(std::uint64_t session);

  Time NextExpiry() const;
  // Blocks that are alive, whether any of their ids are left or not.
  std::size_t size() const { return blocks_.size(); }

 private:
  void DropTakenFromFront();

  std::map<std::uint64_t, Block> blocks_;  // by first number
  std::deque<std::uint64_t> by_expiry_;    // first numbers; may name blocks that were taken
  std::map<std::uint64_t, std::vector<std::uint64_t>> of_session_;
};

}  // namespace assent
