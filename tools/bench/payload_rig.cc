#include "tools/bench/payload_rig.h"

#include <utility>

namespace assent::bench {

std::string CompareSums(std::int64_t expected, std::int64_t found) {
  if (expected == found) return "";
  return "the participants' numbers add up to " + std::to_string(found) + ", but " +
         std::to_string(expected) + " was committed";
}

std::string PayloadRig::Start(Completions* completions) {
  completions_ = completions;
  const std::string error = cluster_.Start(participants_);
  if (!error.empty()) return error;
  ClientOptions options;
  options.coordinator = cluster_.coordinator()->address();
  options.ids_per_block = 100'000;
  client_ = std::make_unique<Client>(options);
  return "";
}

void PayloadRig::Begin(int slot) {
  Transaction transaction = client_->Begin();
  if (!transaction.valid()) return completions_->Add(slot, Ending::kRefused);
  std::int64_t change = 0;
  for (BranchWork& work : NextWork(slot)) {
    change += work.change;
    transaction.Add(cluster_.names()[work.participant], std::move(work.payload));
  }
  transaction.CommitAsync([this, slot, change](CommitReport report) {
    if (report.outcome == Outcome::kCommitted) expected_sum_ += change;
    const bool refused = report.error != Reason::kNone;
    completions_->Add(slot, refused ? Ending::kRefused : EndingOf(report.outcome));
  });
}

std::string PayloadRig::Check() {
  return CompareSums(expected_sum_, cluster_.participants()->Sum());
}

}  // namespace assent::bench
