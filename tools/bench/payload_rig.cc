#include "tools/bench/payload_rig.h"

#include <utility>

#include "core/reason.h"

namespace assent::bench {

std::string CompareSums(std::int64_t expected, std::int64_t found) {
  if (expected == found) return "";
  return "the participants' numbers add up to " + std::to_string(found) + ", but " +
         std::to_string(expected) + " was committed";
}

PayloadInitiator::PayloadInitiator(const Cluster* cluster, Completions* completions)
    : cluster_(cluster), completions_(completions) {
  ClientOptions options;
  options.coordinator = cluster->coordinator().address();
  options.ids_per_block = 100'000;
  client_ = std::make_unique<Client>(options);
}

void PayloadInitiator::Begin(int slot, std::vector<BranchWork> branches) {
  Transaction transaction = client_->Begin();
  if (!transaction.valid()) return completions_->Add(slot, Ending::kRefused);
  std::int64_t change = 0;
  for (BranchWork& work : branches) {
    change += work.change;
    transaction.Add(cluster_->names()[work.participant], std::move(work.payload));
  }
  transaction.CommitAsync([this, slot, change](CommitReport report) {
    if (report.outcome == Outcome::kCommitted) expected_sum_ += change;
    const bool refused = CodeOf(report.error) == Code::kResourceExhausted;
    completions_->Add(slot, refused ? Ending::kRefused : EndingOf(report.outcome));
  });
}

std::string PayloadRig::Start(Completions* completions) {
  const std::string error = cluster_.Start(participants_);
  if (error.empty()) initiator_ = std::make_unique<PayloadInitiator>(&cluster_, completions);
  return error;
}

std::string PayloadRig::Check() {
  return CompareSums(initiator_->expected_sum(), cluster_.participants()->Sum());
}

}  // namespace assent::bench
