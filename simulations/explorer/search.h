// Breadth first over all states of a world, so that the first violation found has a shortest path.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "simulations/explorer/coverage.h"
#include "simulations/explorer/explorer.h"
#include "simulations/explorer/world.h"

namespace assent::explorer {

struct WorldStateHash {
  std::size_t operator()(const WorldState& state) const;
};

class Search {
 public:
  explicit Search(const Bounds& bounds) : world_(bounds) {}

  Report Run();

  std::uint64_t states() const { return nodes_.size(); }
  // The path of what is being done right now, for a check that fails and does not return.
  std::vector<std::string> PathOfCurrentStep();

 private:
  struct Node {
    WorldState state;
    std::uint32_t parent = 0;
    Action action;
  };

  // False once a violation is found or the bound of states is reached.
  bool Visit(std::uint32_t node);
  bool Insert(const WorldState& state, std::uint32_t parent, Action action);
  void Grow();
  // P5: with no more faults, everything finishes.
  bool Heal(std::uint32_t node);
  std::optional<Breach> RunNatural(WorldState* state);
  std::optional<Breach> Act(WorldState* state, Action action);
  std::optional<Breach> TickAll(WorldState* state);
  bool Finished(const WorldState& state) const;
  std::string Unfinished(const WorldState& state) const;
  void Fail(const Breach& breach, std::uint32_t node, const std::vector<Action>& more);
  std::vector<std::string> Narrate(std::uint32_t node, const std::vector<Action>& more,
                                   bool last_may_fail);

  World world_;
  Report report_;
  Coverage coverage_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> table_;  // numbers of nodes, from 1; 0: empty
  std::unordered_set<WorldState, WorldStateHash> healed_;
  std::vector<Action> healing_;  // since the node; empty while nothing is being healed
  std::vector<Action> natural_;
  std::uint32_t current_node_ = 0;
  std::optional<Action> current_action_;
};

}  // namespace assent::explorer
