// What the key-value store knows of branches that are over: which were committed, with the records
// on disk that prove it (R9), and which are finished, so that their late calls are refused.
// Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/sequence_map.h"
#include "participant/key_value_store_groups.h"

namespace assent::key_value_store_internal {

// One record: the branches of one coordinator that a batch committed.
struct Proof {
  std::vector<Sequence> ids;         // in their order; the record's key is the last one's
  std::uint64_t hash = 0;            // RecordHash of the record
  std::weak_ptr<const Ends> needed;  // by groups that name a branch of it
};

class ProofTable {
 public:
  // An id is in one proof.
  void Add(const CoordinatorId& coordinator, Proof proof);
  bool Contains(const TransactionId& id) const;
  std::size_t size() const { return size_; }  // in ids

  std::vector<CoordinatorId> Coordinators() const;
  // The proofs of `coordinator` that name only ids below `mark` and that no group needs, at most
  // `limit`: highest id, hash.
  std::vector<std::pair<Sequence, std::uint64_t>> Below(const CoordinatorId& coordinator,
                                                        Sequence mark, std::size_t limit) const;
  void Drop(const TransactionId& highest);

 private:
  struct Proven {
    SequenceSet ids;
    std::map<Sequence, Proof> proofs;  // by their highest ids
  };

  std::map<CoordinatorId, Proven> coordinators_;
  std::size_t size_ = 0;
};

class FinishedBranches {
 public:
  // At most `limit`; the one that was added first goes first.
  explicit FinishedBranches(std::size_t limit) : limit_(limit) {}

  void Add(const TransactionId& id);
  bool Contains(const TransactionId& id) const;

 private:
  const std::size_t limit_;
  std::map<CoordinatorId, SequenceSet> ids_;
  std::deque<std::pair<SequenceSet*, Sequence>> order_;
};

}  // namespace assent::key_value_store_internal
