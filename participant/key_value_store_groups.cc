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

// What was found at a start counts as old.
PreparedGroups::PreparedGroups()
    : batch_(kBatchesBeforeRewriting), recovered_ends_(std::make_shared<const Ends>()) {}

// ---------------------------------------------------------------------------------------------
// A start

void PreparedGroups::RecoverAborts(std::uint64_t number, std::uint64_t hash,
                                   const std::vector<TransactionId>& ids) {
  for (const TransactionId& id : ids) recovered_aborts_[id.coordinator].Insert(id.sequence);
  aborts_.push_back({number, hash, recovered_ends_});
  last_aborts_ = std::max(last_aborts_, number);
}

bool PreparedGroups::WasAborted(const TransactionId& id) const {
  const auto found = recovered_aborts_.find(id.coordinator);
  return found != recovered_aborts_.end() && found->second.Contains(id.sequence);
}

PreparedGroups::Place PreparedGroups::RecoverBranch(std::uint64_t group, const TransactionId& id,
                                                    const BranchWork& work) {
  return Add(group, id, work);
}

void PreparedGroups::RecoverGroup(std::uint64_t number, std::uint64_t hash, bool has_ended) {
  Group& group = groups_[number];
  group.hash = hash;
  if (has_ended) AddEnds(number, recovered_ends_, 0, &group);
  last_group_ = std::max(last_group_, number);
}

void PreparedGroups::Recovered() {
  recovered_ends_.reset();
  recovered_aborts_.clear();
}

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
  if (is_abort) aborted_.emplace_back(id, place.group);
}

// ---------------------------------------------------------------------------------------------
// A batch

void PreparedGroups::CloseGroup(Changes* changes) {
  if (!open_group_) return;
  groups_.at(last_group_).hash =
      changes->Add(NewRecord(kPreparedPrefix, last_group_, *open_group_));
  open_group_.reset();
}

std::shared_ptr<const Ends> PreparedGroups::Complete(Changes* changes) {
  auto ends = std::make_shared<const Ends>();
  CloseGroup(changes);
  PlanEnded(ends, changes);
  PlanAborts(ends, changes);
  PlanOldGroups(changes);
  PlanAbortRemovals(changes);
  ++batch_;
  return ends;
}

void PreparedGroups::PlanEnded(const std::shared_ptr<const Ends>& ends, Changes* changes) {
  for (const std::uint64_t number : touched_) {
    const auto group = groups_.find(number);
    if (group->second.unended == 0 || ASSENT_MUTANT(group_removed_early)) {
      Remove(group, changes);
    } else {
      AddEnds(number, ends, batch_, &group->second);
    }
  }
  touched_.clear();
}

void PreparedGroups::AddEnds(std::uint64_t number, const std::shared_ptr<const Ends>& ends,
                             std::uint64_t batch, Group* group) {
  if (group->ends.empty()) partly_ended_.emplace_back(number, batch);
  group->ends.push_back(ends);
}

// Those of groups that are gone need no record.
void PreparedGroups::PlanAborts(const std::shared_ptr<const Ends>& ends, Changes* changes) {
  std::optional<BranchListWriter> list;
  for (const auto& [id, group] : aborted_) {
    if (!groups_.contains(group)) continue;
    if (!list) list.emplace();
    list->Add(id);
  }
  aborted_.clear();
  if (!list || ASSENT_MUTANT(abort_not_recorded)) return;
  const std::uint64_t hash = changes->Add(NewRecord(kAbortsPrefix, ++last_aborts_, *list));
  aborts_.push_back({last_aborts_, hash, ends});
}

void PreparedGroups::PlanOldGroups(Changes* changes) {
  const std::size_t limit = changes->bytes + kMaxRewrittenBytes;
  while (!partly_ended_.empty() && changes->bytes < limit) {
    const auto [number, batch] = partly_ended_.front();
    if (batch + kBatchesBeforeRewriting > batch_) return;
    partly_ended_.pop_front();
    const auto group = groups_.find(number);
    if (group != groups_.end()) Rewrite(group, changes);
  }
}

void PreparedGroups::PlanAbortRemovals(Changes* changes) {
  std::erase_if(aborts_, [changes](const Aborts& aborts) {
    if (!aborts.needed.expired() || ASSENT_MUTANT(aborts_never_removed)) return false;
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
  Change record = NewRecord(kPreparedPrefix, entry->first, list);
  record.old_hash = group.hash;
  group.hash = changes->Add(std::move(record));
  group.ends.clear();
}

}  // namespace assent::key_value_store_internal
