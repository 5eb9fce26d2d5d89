#include "core/finished.h"

#include "core/check.h"

namespace assent {

void FinishedTransactions::Add(const Transaction& transaction) {
  const auto ending = endings_.try_emplace(transaction.MakeEnding(), 0).first;
  ++ending->second;
  const auto [entry, added] =
      entries_.Emplace(transaction.id(), Entry{transaction.opened(), transaction.request_hash(),
                                               transaction.decision_number(), ending});
  ASSENT_CHECK(added, "a transaction finishes once");
}

std::optional<Transaction> FinishedTransactions::Find(Sequence id) const {
  const Entry* entry = entries_.Find(id);
  if (entry == nullptr) return std::nullopt;
  return Rebuild(id, *entry);
}

Transaction FinishedTransactions::Rebuild(Sequence id, const Entry& entry) {
  return Transaction(id, entry.opened, entry.request_hash, entry.decision_number,
                     entry.ending->first);
}

void FinishedTransactions::Remove(Sequence id) {
  const Entry* entry = entries_.Find(id);
  ASSENT_CHECK(entry != nullptr, "what is not there is not removed");
  if (--entry->ending->second == 0) endings_.erase(entry->ending);
  entries_.Erase(id);
}

std::vector<Sequence> FinishedTransactions::List(Sequence after, Sequence before,
                                                 std::size_t limit) const {
  std::vector<Sequence> ids;
  entries_.VisitFrom(after, [&](Sequence id, const Entry&) {
    if (id >= before || ids.size() >= limit) return false;
    if (id != after) ids.push_back(id);
    return true;
  });
  return ids;
}

void FinishedTransactions::CheckInvariants() const {
  std::size_t uses = 0;
  for (const auto& ending : endings_) {
    ASSENT_CHECK(ending.second > 0, "C-I15: an ending is kept while it is used");
    uses += ending.second;
  }
  ASSENT_CHECK(uses == entries_.size(), "C-I15: each finished transaction has its ending");
}

}  // namespace assent
