// How many of this client's commits may be under way at a participant of which the coordinator has
// said that it has enough to do: what comes on top is refused here, and spares the coordinator the
// reading.
//
// The coordinator tells nobody how much is left, and others may take of it. So a window is found as
// TCP finds one: it shrinks when something is refused, once a round, and grows with what is
// committed. It holds for a second after the last refusal: what is under way may wait for somebody
// else, and only the coordinator knows. Not thread-safe; nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/messages.h"
#include "core/time.h"

namespace assent {

class ParticipantWindows {
 public:
  // In which a participant may be listed twice: then it counts twice, though the coordinator
  // refuses that.
  using Branches = std::vector<BranchRequest>;

  // Branches of a participant that are under way.
  struct Load {
    std::size_t all = 0;
    std::size_t let_in = 0;  // those that were sent before the refused one
  };

  // Null, or of the first of `branches` whose window is full: what to answer instead of sending it.
  const ErrorReply* Refusal(const Branches& branches, Time now);

  // A Commit that lists `branches` was sent.
  void Sent(const Branches& branches);
  // It is under way no longer.
  void Ended(const Branches& branches, bool committed);
  // The coordinator has refused the Commit with the number `sent`, for the sake of `participant`;
  // it still counts as under way. `last_sent` is the number of the last one; `count` is called if
  // the participant has no window yet.
  void Refused(const std::string& participant, std::uint64_t sent, std::uint64_t last_sent,
               Time now, const std::function<Load()>& count);
  // Nothing is under way, and nothing known.
  void Clear() { windows_.clear(); }

 private:
  struct Window {
    double size = 0;
    std::size_t under_way = 0;
    std::uint64_t round_end = 0;  // refusals of what was sent until then say nothing new
    Time good_until;
    ErrorReply refusal;
  };

  std::unordered_map<std::string, Window> windows_;
};

}  // namespace assent
