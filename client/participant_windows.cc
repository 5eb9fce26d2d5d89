#include "client/participant_windows.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace assent {
namespace {

// Of what was let in, after a refusal: what is under way then waits less, and the processors are
// still busy.
constexpr double kShrink = 0.75;
constexpr Duration kMemory = Duration::Seconds(1);

ErrorReply RefusalOf(const std::string& participant) {
  ErrorReply refusal;
  refusal.reason = Reason::kTooManyTransactions;
  refusal.text = "participant ";
  refusal.text += participant;
  refusal.text += " has as many commits of this client to finish as are let in; try again later";
  refusal.participant = participant;
  return refusal;
}

}  // namespace

const ErrorReply* ParticipantWindows::Refusal(const Branches& branches, Time now) {
  if (windows_.empty()) return nullptr;
  for (const BranchRequest& branch : branches) {
    const auto found = windows_.find(branch.participant);
    if (found == windows_.end()) continue;
    const Window& window = found->second;
    if (now >= window.good_until) {
      windows_.erase(found);
    } else if (static_cast<double>(window.under_way) >= window.size) {
      return &window.refusal;
    }
  }
  return nullptr;
}

void ParticipantWindows::Sent(const Branches& branches) {
  if (windows_.empty()) return;
  for (const BranchRequest& branch : branches) {
    const auto found = windows_.find(branch.participant);
    if (found != windows_.end()) ++found->second.under_way;
  }
}

void ParticipantWindows::Ended(const Branches& branches, bool committed) {
  if (windows_.empty()) return;
  for (const BranchRequest& branch : branches) {
    const auto found = windows_.find(branch.participant);
    if (found == windows_.end()) continue;
    Window& window = found->second;
    --window.under_way;
    // By the root of its size in a round: the smaller of two windows grows by more of itself, so
    // that clients come to like shares.
    if (committed) window.size += 1 / std::sqrt(window.size);
  }
}

void ParticipantWindows::Refused(const std::string& participant, std::uint64_t sent,
                                 std::uint64_t last_sent, Time now,
                                 const std::function<Load()>& count) {
  auto found = windows_.find(participant);
  if (found == windows_.end()) {
    const Load load = count();
    Window window;
    window.size = static_cast<double>(load.let_in);
    window.under_way = load.all;
    window.refusal = RefusalOf(participant);
    found = windows_.emplace(participant, std::move(window)).first;
  }
  Window& window = found->second;
  window.good_until = now + kMemory;
  if (sent <= window.round_end) return;
  const double let_in = std::min(window.size, static_cast<double>(window.under_way));
  window.size = std::max(let_in * kShrink, 1.0);
  window.round_end = last_sent;
}

}  // namespace assent
