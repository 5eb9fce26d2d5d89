#include "participant/key_value_store_groups.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/mutants.h"
#include "storage/batch.h"

namespace assent::key_value_store_internal {
namespace {

// A larger one is closed, so that rewriting it stays cheap.
constexpr std::size_t kMaxGroupBytes = std::size_t{64} << 10;
// Under load the branches of a group end within a few batches.
constexpr std::uint64_t kBatchesBeforeRewriting = 16;
// Of a batch; the rest follows.
constexpr std::size_t kMaxRewrittenBytes = std::size_t{256} << 10;

Change NewRecord(char prefix, std::uint64_t number, const BranchListWriter& list) {
  return {NumberedKey(prefix, number), std::nullopt, list.bytes()};
}

}  // namespace

PreparedGroups::PreparedGroups() : recovered_ends_(std::make_shared<const Ends>()) {}

// ---------------------------------------------------------------------------------------------
// A start

void PreparedGroups::RecoverAborts(std::uint64_t number, std::uint64_t hash,
                                   const std::vector<TransactionId>& ids) {
  AddAborts({number, hash, ids, recovered_ends_});
  last_aborts_ = std::max(last_aborts_, number);
}

void PreparedGroups::AddAborts(Aborts aborts) {
  for (const TransactionId& id : aborts.ids) aborted_ids_[id.coordinator].Insert(id.sequence);
  aborts_.push_back(std::move(aborts));
}

bool PreparedGroups::WasAborted(const TransactionId& id) const {
  const auto found = aborted_ids_.find(id.coordinator);
  return found != aborted_ids_.end() && found->second.Contains(id.sequence);
}

PreparedGroups::Place PreparedGroups::RecoverBranch(std::uint64_t group, const TransactionId& id,
                                                    const BranchWork& work) {
  return Add(group, id, work);
}

// What was found at a start may be rewritten at once.
void PreparedGroups::RecoverGroup(std::uint64_t number, std::uint64_t hash, std::size_t bytes,
                                  bool has_ended, std::uint64_t last_commit) {
  Group& group = groups_[number];
  group.hash = hash;
  group.bytes = bytes;
  group.last_commit = last_commit;
  if (has_ended) AddEnds(number, recovered_ends_, 0, &group);
  if (group.unended == 0) waiting_.emplace(last_commit, number);
  last_group_ = std::max(last_group_, number);
}

void PreparedGroups::Recovered() { recovered_ends_.reset(); }

// ---------------------------------------------------------------------------------------------
// Steps

PreparedGroups::Place PreparedGroups::Add(std::uint64_t group, const TransactionId& id,
                                          const BranchWork& work) {
  Group& joined = groups_[group];
  joined.branches.emplace_back(id, &work);
  ++joined.unended;
  return {group, joined.branches.size() - 1};
}

PreparedGroups::Place PreparedGroups::Join(const TransactionId& id, const BranchWork& work,
                                           Changes* changes) {
  if (!open_group_) {
    open_group_.emplace();
    ++last_group_;
  }
  open_group_->Add(id, work);
  const Place place = Add(last_group_, id, work);
  if (open_group_->bytes().size() >= kMaxGroupBytes) CloseGroup(changes);
  return place;
}

void PreparedGroups::End(const TransactionId& id, const Place& place, bool is_abort) {
  const auto found = groups_.find(place.group);
  ASSENT_CHECK(found != groups_.end(), "a group stays until its last branch ends");
  Group& group = found->second;
  group.branches.at(place.index).second = nullptr;
  --group.unended;
  if (group.ended_in != batch_) touched_.push_back(place.group);
  group.ended_in = batch_;
  if (is_abort) {
    aborted_.emplace_back(id, place.group);
  } else {
    if (group.last_commit == 0) kept_bytes_ += group.bytes;
    group.last_commit = batch_;
  }
}

// ---------------------------------------------------------------------------------------------
// A batch

void PreparedGroups::CloseGroup(Changes* changes) {
  if (!open_group_) return;
  Group& group = groups_.at(last_group_);
  group.bytes = open_group_->bytes().size();
  group.hash = changes->Add(NewRecord(kPreparedPrefix, last_group_, *open_group_));
  open_group_.reset();
}

std::shared_ptr<const Ends> PreparedGroups::Complete(std::uint64_t written_back, Changes* changes) {
  auto ends = std::make_shared<const Ends>();
  written_back_ = written_back;
  CloseGroup(changes);
  PlanEnded(ends, changes);
  PlanWrittenBack(changes);
  PlanAborts(ends, changes);
  PlanOldGroups(changes);
  PlanAbortRemovals(changes);
  return ends;
}

void PreparedGroups::PlanEnded(const std::shared_ptr<const Ends>& ends, Changes* changes) {
  for (const std::uint64_t number : touched_) {
    const auto group = groups_.find(number);
    const bool has_ended = group->second.unended == 0;
    const bool is_written_back = group->second.last_commit <= written_back_;
    if ((has_ended && is_written_back) || ASSENT_MUTANT(group_removed_early)) {
      Remove(group, changes);
      continue;
    }
    AddEnds(number, ends, batch_ + kBatchesBeforeRewriting, &group->second);
    if (has_ended) waiting_.emplace(group->second.last_commit, number);
  }
  touched_.clear();
}

void PreparedGroups::PlanWrittenBack(Changes* changes) {
  while (!waiting_.empty() && waiting_.begin()->first <= written_back_) {
    Remove(groups_.find(waiting_.begin()->second), changes);
    waiting_.erase(waiting_.begin());
  }
}

void PreparedGroups::AddEnds(std::uint64_t number, const std::shared_ptr<const Ends>& ends,
                             std::uint64_t due, Group* group) {
  if (group->ends.empty() && group->unended > 0) partly_ended_.emplace_back(number, due);
  group->ends.push_back(ends);
}

// Those of groups that are gone need no record.
void PreparedGroups::PlanAborts(const std::shared_ptr<const Ends>& ends, Changes* changes) {
  std::optional<BranchListWriter> list;
  std::vector<TransactionId> ids;
  for (const auto& [id, group] : aborted_) {
    if (!groups_.contains(group)) continue;
    if (!list) list.emplace();
    list->Add(id);
    ids.push_back(id);
  }
  aborted_.clear();
  if (!list || ASSENT_MUTANT(abort_not_recorded)) return;
  const std::uint64_t hash = changes->Add(NewRecord(kAbortsPrefix, ++last_aborts_, *list));
  AddAborts({last_aborts_, hash, std::move(ids), ends});
}

void PreparedGroups::PlanOldGroups(Changes* changes) {
  const std::size_t limit = changes->bytes + kMaxRewrittenBytes;
  while (!partly_ended_.empty() && changes->bytes < limit) {
    const auto [number, due] = partly_ended_.front();
    if (due > batch_) return;
    partly_ended_.pop_front();
    const auto group = groups_.find(number);
    if (group == groups_.end() || group->second.unended == 0) continue;
    if (group->second.last_commit <= written_back_) {
      Rewrite(group, changes);
    } else {
      partly_ended_.emplace_back(number, batch_ + kBatchesBeforeRewriting);
    }
  }
}

void PreparedGroups::PlanAbortRemovals(Changes* changes) {
  std::erase_if(aborts_, [this, changes](const Aborts& aborts) {
    if (!aborts.needed.expired() || ASSENT_MUTANT(aborts_never_removed)) return false;
    for (const TransactionId& id : aborts.ids) aborted_ids_.at(id.coordinator).Erase(id.sequence);
    changes->Add({NumberedKey(kAbortsPrefix, aborts.number), aborts.hash, std::nullopt});
    return true;
  });
}

void PreparedGroups::Remove(Groups::iterator group, Changes* changes) {
  changes->Add({NumberedKey(kPreparedPrefix, group->first), group->second.hash, std::nullopt});
  groups_.erase(group);
}

// With what is left of it.
void PreparedGroups::Rewrite(Groups::iterator entry, Changes* changes) {
  Group& group = entry->second;
  BranchListWriter list;
  for (const auto& [id, work] : group.branches) {
    if (work != nullptr) list.Add(id, *work);
  }
  group.bytes = list.bytes().size();
  group.last_commit = 0;
  Change record = NewRecord(kPreparedPrefix, entry->first, list);
  record.old_hash = group.hash;
  group.hash = changes->Add(std::move(record));
  group.ends.clear();
}

}  // namespace assent::key_value_store_internal
