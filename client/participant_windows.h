// How many of this client's commits may be under way at a participant of which the coordinator has
// said that it has enough to do: what comes on top is refused here, and costs the coordinator
// nothing.
//
// The coordinator tells nobody how much is left, and others may take of it. So a window is found as
// TCP finds one: it shrinks when something is refused, once a round, and grows with each answer.
// Only participants for which something was refused have one, until it has grown to twice what was
// let in. Not thread-safe; nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/messages.h"

namespace assent {

class ParticipantWindows {
 public:
  using Branches = std::vector<BranchRequest>;

  // Commits that list a participant and are under way.
  struct Load {
    std::size_t all = 0;
    std::size_t let_in = 0;  // those that were sent before the refused one
  };

  // Null, or of the first of `branches` whose window is full: what to answer instead of sending it.
  const ErrorReply* Refusal(const Branches& branches) const;

  // A Commit that lists `branches` was sent.
  void Sent(const Branches& branches);
  // It is under way no longer. `answered`: the coordinator has let it in, and told the outcome.
  void Ended(const Branches& branches, bool answered);
  // The coordinator has refused the Commit with the number `sent`, for the sake of `participant`;
  // it still counts as under way. `last_sent` is the number of the last one; `count` is called if
  // the participant has no window yet.
  void Refused(const std::string& participant, std::uint64_t sent, std::uint64_t last_sent,
               const std::function<Load()>& count);
  // Nothing is under way, and nothing known.
  void Clear() { windows_.clear(); }

 private:
  struct Window {
    double size = 0;
    double enough = 0;  // with that size it is forgotten
    std::size_t under_way = 0;
    std::uint64_t round_end = 0;  // refusals of what was sent until then say nothing new
    ErrorReply refusal;
  };

  std::unordered_map<std::string, Window> windows_;
};

}  // namespace assent
