// The finished transactions of a coordinator that it still answers for: thirty bytes each, beside
// what all that ended alike share. A service whose transactions differ by their ids alone has one
// such ending; texts of aborts that name their own ids are kept for each.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/sequence_map.h"
#include "core/transaction.h"

namespace assent {

class FinishedTransactions {
 public:
  // `transaction` is finished and answered; it is not kept.
  void Add(const Transaction& transaction);
  bool Contains(Sequence id) const { return entries_.Contains(id); }
  // The transaction as it was added; nothing if it was not.
  std::optional<Transaction> Find(Sequence id) const;
  // Of one that is there: 0 if nothing was decided.
  std::uint64_t decision_number(Sequence id) const { return entries_.Find(id)->decision_number; }
  void Remove(Sequence id);

  std::size_t size() const { return entries_.size(); }

  // Those above `after` and below `before`, in their order, at most `limit`.
  std::vector<Sequence> List(Sequence after, Sequence before, std::size_t limit) const;
  // Calls visit(transaction) in the order of ids.
  template <typename Visitor>
  void ForEach(Visitor visit) const {
    entries_.ForEach([&](Sequence id, const Entry& entry) { visit(Rebuild(id, entry)); });
  }

  void CheckInvariants() const;

 private:
  // How many entries have ended so.
  using Endings = std::map<Transaction::Ending, std::size_t>;

  struct Entry {
    Time opened;
    std::uint64_t request_hash = 0;
    std::uint64_t decision_number = 0;
    Endings::iterator ending;
  };

  static Transaction Rebuild(Sequence id, const Entry& entry);

  Endings endings_;
  SequenceMap<Entry> entries_;
};

}  // namespace assent
