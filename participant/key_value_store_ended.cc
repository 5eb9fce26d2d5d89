#include "participant/key_value_store_ended.h"

#include "core/check.h"
#include "core/mutants.h"

namespace assent::key_value_store_internal {

void ProofTable::Add(const CoordinatorId& coordinator, Proof proof) {
  Proven& proven = coordinators_[coordinator];
  for (const Sequence& id : proof.ids) {
    if (proven.ids.Insert(id)) ++size_;
  }
  const Sequence highest = proof.ids.back();
  proven.proofs.emplace(highest, std::move(proof));
}

bool ProofTable::Contains(const TransactionId& id) const {
  const auto found = coordinators_.find(id.coordinator);
  return found != coordinators_.end() && found->second.ids.Contains(id.sequence);
}

std::vector<CoordinatorId> ProofTable::Coordinators() const {
  std::vector<CoordinatorId> coordinators;
  for (const auto& entry : coordinators_) coordinators.push_back(entry.first);
  return coordinators;
}

std::vector<std::pair<Sequence, std::uint64_t>> ProofTable::Below(const CoordinatorId& coordinator,
                                                                  Sequence mark,
                                                                  std::size_t limit) const {
  std::vector<std::pair<Sequence, std::uint64_t>> below;
  for (const auto& [highest, proof] : coordinators_.at(coordinator).proofs) {
    if (!(highest < mark) || below.size() >= limit) break;
    if (!proof.needed.expired() && !ASSENT_MUTANT(proof_dropped_before_group)) continue;
    below.emplace_back(highest, proof.hash);
  }
  return below;
}

void ProofTable::Drop(const TransactionId& highest) {
  Proven& proven = coordinators_.at(highest.coordinator);
  const auto found = proven.proofs.find(highest.sequence);
  ASSENT_CHECK(found != proven.proofs.end(), "a proof is dropped once");
  for (const Sequence& id : found->second.ids) {
    if (proven.ids.Erase(id)) --size_;
  }
  proven.proofs.erase(found);
}

void FinishedBranches::Add(const TransactionId& id) {
  SequenceSet& ids = ids_[id.coordinator];
  if (!ids.Insert(id.sequence)) return;
  order_.emplace_back(&ids, id.sequence);
  if (order_.size() <= limit_) return;
  order_.front().first->Erase(order_.front().second);
  order_.pop_front();
}

bool FinishedBranches::Contains(const TransactionId& id) const {
  const auto found = ids_.find(id.coordinator);
  return found != ids_.end() && found->second.Contains(id.sequence);
}

}  // namespace assent::key_value_store_internal
