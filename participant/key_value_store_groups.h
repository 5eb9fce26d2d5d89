// The records on disk of prepared branches.
//
// What one batch prepares is one record, a *group*: the branches with their work (several, if that
// is large). It is not rewritten when a branch of it ends: the proof of commit of that batch (R9)
// says so, or its *record of aborts*. What is prepared is thus what the groups name, without what a
// proof or a record of aborts names; neither may go while a group names a branch of it.
//
// A group goes once all its branches have ended and what they committed has been written back
// (key_value_store_write_back.h): until then a start takes it from here. One that still names ended
// branches some batches later, of which nothing waits to be written back, is rewritten without
// them; so what is in doubt for long keeps its own bytes on the disk, and those of branches that
// are in doubt with it, but no others.
//
// All changes are made while a batch is planned, and count as written. A branch's work stays where
// it is until its End. Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/sequence_map.h"
#include "participant/key_value_store_backend.h"
#include "participant/key_value_store_records.h"

namespace assent::key_value_store_internal {

// One batch's records of what it has ended, or all of them that were found at a start. Held by each
// group that names a branch of them: while somebody holds it, they are needed.
struct Ends {};

class PreparedGroups {
 public:
  // Where a branch stands: its group's number, and its place in it.
  struct Place {
    std::uint64_t group = 0;
    std::size_t index = 0;
  };

  PreparedGroups();

  // A start. First the records of aborts, then, of each group, the branches that have not ended,
  // and the group; `has_ended`: it names others, too; `last_commit`: the last batch that committed
  // one of them which has not been written back, 0: none.
  void RecoverAborts(std::uint64_t number, std::uint64_t hash,
                     const std::vector<TransactionId>& ids);
  Place RecoverBranch(std::uint64_t group, const TransactionId& id, const BranchWork& work);
  void RecoverGroup(std::uint64_t number, std::uint64_t hash, std::size_t bytes, bool has_ended,
                    std::uint64_t last_commit);
  // All records of ends that were found.
  std::weak_ptr<const Ends> recovered_ends() const { return recovered_ends_; }
  // The start is over: from now on only groups hold them.
  void Recovered();

  // The number of the batch under way, before its first step. Batches grow.
  void Begin(std::uint64_t batch) { batch_ = batch; }
  // It prepares a branch.
  Place Join(const TransactionId& id, const BranchWork& work, Changes* changes);
  // It ends one.
  void End(const TransactionId& id, const Place& place, bool is_abort);
  bool idle() const { return !open_group_ && touched_.empty(); }  // it does neither

  // By a record of aborts that is there, since a group names it: it cannot be prepared again.
  bool WasAborted(const TransactionId& id) const;
  // Of groups of which a branch was committed for the first time, since the last call.
  std::size_t TakeKeptBytes() { return std::exchange(kept_bytes_, 0); }

  // All of it is planned, but for proofs: plans the records of groups and of aborts. With it all
  // that was committed up to the batch `written_back` is. What its proofs have to watch is held by
  // the result until they do.
  std::shared_ptr<const Ends> Complete(std::uint64_t written_back, Changes* changes);

 private:
  struct Group {
    std::uint64_t hash = 0;  // RecordHash of the record
    std::size_t bytes = 0;   // of it
    // That it names; without work: ended.
    std::vector<std::pair<TransactionId, const BranchWork*>> branches;
    std::size_t unended = 0;
    std::uint64_t ended_in = 0;                     // the last batch that ended one of them
    std::uint64_t last_commit = 0;                  // the last that committed one of them
    std::vector<std::shared_ptr<const Ends>> ends;  // of those it still names
  };
  using Groups = std::map<std::uint64_t, Group>;

  struct Aborts {
    std::uint64_t number = 0;
    std::uint64_t hash = 0;
    std::vector<TransactionId> ids;
    std::weak_ptr<const Ends> needed;
  };

  Place Add(std::uint64_t group, const TransactionId& id, const BranchWork& work);
  void AddEnds(std::uint64_t number, const std::shared_ptr<const Ends>& ends, std::uint64_t due,
               Group* group);
  void CloseGroup(Changes* changes);
  void PlanEnded(const std::shared_ptr<const Ends>& ends, Changes* changes);
  void PlanWrittenBack(Changes* changes);
  void PlanAborts(const std::shared_ptr<const Ends>& ends, Changes* changes);
  void PlanOldGroups(Changes* changes);
  void PlanAbortRemovals(Changes* changes);
  void AddAborts(Aborts aborts);
  void Remove(Groups::iterator group, Changes* changes);
  void Rewrite(Groups::iterator group, Changes* changes);

  Groups groups_;
  std::deque<Aborts> aborts_;
  std::map<CoordinatorId, SequenceSet> aborted_ids_;  // of them
  // Groups that name ended branches, with the batch that may rewrite them.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> partly_ended_;
  // Groups that have ended, by the last batch that committed one of their branches.
  std::multimap<std::uint64_t, std::uint64_t> waiting_;
  std::uint64_t last_group_ = 0;
  std::uint64_t last_aborts_ = 0;
  std::uint64_t batch_ = 0;
  std::uint64_t written_back_ = 0;
  std::size_t kept_bytes_ = 0;

  // Of a start.
  std::shared_ptr<const Ends> recovered_ends_;

  // Of the batch under way.
  std::optional<BranchListWriter> open_group_;  // the record of last_group_
  std::vector<std::uint64_t> touched_;          // groups of which it ends branches
  std::vector<std::pair<TransactionId, std::uint64_t>> aborted_;  // with their groups
};

}  // namespace assent::key_value_store_internal
