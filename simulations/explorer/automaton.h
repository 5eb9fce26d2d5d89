// One process of the world as an automaton that is built while it is explored.
//
// A world of a few processes has many states, each of its processes few. So a process is stepped
// once for each of its own states and inputs; after that its move is looked up. The machines of
// core/ cannot be copied: one is rebuilt by giving it the inputs since its start again, along the
// shortest way on which its state was found. States are compared by their whole text, not by a
// hash of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "simulations/explorer/interner.h"

namespace assent::explorer {

using StateId = std::uint32_t;  // of one process; 0: none

// What is given to a process; `kind` is an enumerator of the process's own.
struct Input {
  std::uint8_t kind = 0;
  std::uint16_t a = 0;
  std::uint16_t b = 0;

  std::uint64_t Key(StateId from) const {
    return static_cast<std::uint64_t>(from) << 40 ^ static_cast<std::uint64_t>(kind) << 32 ^
           static_cast<std::uint64_t>(a) << 16 ^ b;
  }
};

// `Process` has: Base (what is left of it while it is down), Facts (what the world reads of it),
// Output; a constructor from (Shared*, const Base&); Do(Input, std::vector<Output>*), Text(),
// facts(), and base(), which is empty while it is up.
template <typename Process>
class Automaton {
 public:
  using Base = typename Process::Base;
  using Facts = typename Process::Facts;
  using Output = typename Process::Output;
  using Shared = typename Process::Shared;

  struct Move {
    StateId to = 0;
    std::vector<Output> outputs;
  };

  explicit Automaton(Shared* shared) : shared_(shared) {}

  StateId Add(const Base& base) {
    Process process(shared_, base);
    return Record(process, 0, {});
  }

  // The reference is valid until the next call.
  const Move& Take(StateId from, Input input) {
    const std::uint64_t key = input.Key(from);
    const auto known = moves_.find(key);
    if (known != moves_.end()) return known->second;
    std::unique_ptr<Process> process = Rebuild(from);
    Move move;
    process->Do(input, &move.outputs);
    ++steps_;
    move.to = Record(*process, from, input);
    return moves_.emplace(key, std::move(move)).first->second;
  }

  const Facts& FactsOf(StateId state) const { return states_[state].facts; }
  std::uint64_t size() const { return states_.size(); }
  std::uint64_t steps() const { return steps_; }

 private:
  struct State {
    StateId parent = 0;
    Input input;
    std::optional<Base> base;
    Facts facts;
  };

  StateId Record(const Process& process, StateId parent, Input input) {
    const std::string text = process.Text();
    const StateId known = states_.Find(text);
    if (known != 0) return known;
    return states_.Intern(text, State{parent, input, process.base(), process.facts()});
  }

  std::unique_ptr<Process> Rebuild(StateId state) {
    std::vector<Input> inputs;
    while (!states_[state].base) {
      inputs.push_back(states_[state].input);
      state = states_[state].parent;
    }
    auto process = std::make_unique<Process>(shared_, *states_[state].base);
    std::vector<Output> ignored;
    for (auto at = inputs.rbegin(); at != inputs.rend(); ++at) process->Do(*at, &ignored);
    steps_ += inputs.size();
    return process;
  }

  Shared* const shared_;
  Interner<State> states_;
  std::unordered_map<std::uint64_t, Move> moves_;
  std::uint64_t steps_ = 0;
};

}  // namespace assent::explorer
