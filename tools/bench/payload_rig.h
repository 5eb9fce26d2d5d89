// Transactions whose work travels as payload: one round trip of the initiator each.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/client.h"
#include "tools/bench/cluster.h"
#include "tools/bench/rig.h"

namespace assent::bench {

// One branch's work, and by how much it changes the sum of all numbers if it commits.
struct BranchWork {
  std::size_t participant = 0;  // 0: the first
  std::string payload;
  std::int64_t change = 0;
};

// One client's transactions on a cluster that runs. One thread begins. The cluster and the
// completions outlive it.
class PayloadInitiator {
 public:
  PayloadInitiator(const Cluster* cluster, Completions* completions);

  // Begins a transaction with these branches; its end is told as that of `slot`.
  void Begin(int slot, std::vector<BranchWork> work);

  // By which the committed ones have changed the sum of all numbers.
  std::int64_t expected_sum() const { return expected_sum_; }

 private:
  const Cluster* const cluster_;
  Completions* const completions_;
  std::atomic<std::int64_t> expected_sum_ = 0;
  std::unique_ptr<Client> client_;  // last: its callbacks use the rest
};

// A cluster of `participants`, driven by one client. Check: the numbers in the stores add up to
// what was committed.
class PayloadRig : public Rig {
 public:
  explicit PayloadRig(int participants) : participants_(participants) {}

  std::string Start(Completions* completions) override;
  void Begin(int slot) override { initiator_->Begin(slot, NextWork(slot)); }
  std::vector<Part> Parts() const override { return cluster_.Parts(); }
  WorkDone Done() override { return cluster_.Done(); }
  std::string Check() override;

 protected:
  // The branches of the next transaction, which `slot` is to do. The driver's thread.
  virtual std::vector<BranchWork> NextWork(int slot) = 0;

  int participants() const { return participants_; }

 private:
  const int participants_;
  Cluster cluster_;
  std::unique_ptr<PayloadInitiator> initiator_;
};

// What does not add up, or empty.
std::string CompareSums(std::int64_t expected, std::int64_t found);

}  // namespace assent::bench
