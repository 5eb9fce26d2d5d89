// Which crash points were reached in which states: a table over all crashes of a search.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "simulations/explorer/explorer.h"
#include "simulations/explorer/world.h"

namespace assent::explorer {

class Coverage {
 public:
  // `action` is about to happen in `state`.
  void Note(const World& world, const WorldState& state, Action action);

  std::vector<CoverageCell> Cells() const;

 private:
  // What became of what was not durable yet.
  enum Fate : std::uint8_t { kNothing, kLost, kKept, kFates };
  static constexpr std::size_t kColumns = 9;  // 0: not there; else the enumerator of its state

  void NoteCoordinator(const World& world, const WorldState& state, Action action);
  void NoteParticipant(const World& world, const WorldState& state, Action action);

  using Table = std::array<std::array<std::uint64_t, kColumns>, kFates>;
  Table crashes_{};
  Table log_failures_{};
  Table participants_{};
};

}  // namespace assent::explorer
