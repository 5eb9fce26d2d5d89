#include "participant/key_value_store_engine.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/check.h"
#include "core/mutants.h"
#include "storage/batch.h"

namespace assent::key_value_store_internal {
namespace {

using storage::Status;
using storage::StatusKind;

// So that a mark that moves far does not make a batch without bounds; the rest follows.
constexpr std::size_t kMaxProofRemovals = 10'000;
// In a proof or a record of aborts.
constexpr std::size_t kMaxEndBytes = 4 + CoordinatorId::kMaxSize + 16;

void AnswerNo(const TransactionId& id, std::string text, BatchPlan* plan) {
  if (text.size() > kMaxTextSize) text.resize(kMaxTextSize);
  plan->completions.push_back(
      participant_input::Prepared{id, PrepareResult{VoteKind::kNo, std::move(text)}});
}

void AnswerPrepared(const TransactionId& id, VoteKind vote, BatchPlan* plan) {
  plan->completions.push_back(participant_input::Prepared{id, PrepareResult{vote, ""}});
}

}  // namespace

// ---------------------------------------------------------------------------------------------

Branch* BranchTable::Find(const TransactionId& id) const {
  const auto of_coordinator = branches_.find(id.coordinator);
  if (of_coordinator == branches_.end()) return nullptr;
  const std::unique_ptr<Branch>* const found = of_coordinator->second.Find(id.sequence);
  return found == nullptr ? nullptr : found->get();
}

std::pair<Branch*, bool> BranchTable::Open(const TransactionId& id) {
  const auto [branch, is_new] = branches_[id.coordinator].Emplace(id.sequence);
  if (is_new) *branch = std::make_unique<Branch>();
  return {branch->get(), is_new};
}

void BranchTable::Erase(const TransactionId& id) {
  branches_.at(id.coordinator).Erase(id.sequence);
}

// ---------------------------------------------------------------------------------------------

Engine::Engine(const KeyValueStoreOptions& options, Backend* backend)
    : options_(options),
      backend_(backend),
      keys_(options.max_cached_values),
      write_back_(options.write_back_batches,
                  options.max_batch_bytes + 2 * options.max_branch_bytes, &keys_),
      finished_(options.max_remembered_branches) {}

// ---------------------------------------------------------------------------------------------
// Voting

std::string Engine::WhyNotPreparable(const TransactionId& id, const Branch* found) const {
  if (found != nullptr) {
    return found->state == State::kActive ? "" : "the branch is prepared already";
  }
  if (finished_.Contains(id) || proofs_.Contains(id) || groups_.WasAborted(id)) {
    return "the branch is finished already";
  }
  return "";
}

StoreResult Engine::ApplyPayload(const std::string& payload, const TransactionId& id,
                                 Branch* branch) {
  const std::optional<Operations> operations = Operations::Decode(payload);
  if (!operations) {
    return StoreResult{StoreError::kMalformed, "the payload is not a list of operations", {}};
  }
  for (const StoreOperation& operation : operations->list()) {
    StoreResult result = Perform(id, operation, branch);
    if (!result.ok()) return result;
  }
  return StoreResult{};
}

void Engine::Plan(PrepareStep& step, BatchPlan* plan) {
  Branch* const found = branches_.Find(step.id);
  const std::string why_not = WhyNotPreparable(step.id, found);
  if (!why_not.empty()) return AnswerNo(step.id, why_not, plan);
  Branch& branch = found != nullptr ? *found : *branches_.Open(step.id).first;
  if (branch.doom.ok() && step.payload) {
    branch.doom = ApplyPayload(*step.payload, step.id, &branch);
  }
  if (!branch.doom.ok() && !ASSENT_MUTANT(failed_operation_prepared)) {
    AnswerNo(step.id, branch.doom.text, plan);
    return Forget(step.id, &branch);
  }
  if (branch.work.writes.empty()) {
    AnswerPrepared(step.id, VoteKind::kReadOnly, plan);
    return Forget(step.id, &branch);
  }
  branch.state = State::kPreparing;
  branch.place = groups_.Join(step.id, branch.work, &plan->changes);
  if (!ASSENT_MUTANT(vote_not_synced)) plan->sync = true;
  plan->prepared.emplace_back(step.id, &branch);
  AnswerPrepared(step.id, VoteKind::kYes, plan);
}

// ---------------------------------------------------------------------------------------------
// The second phase

// R9: below the clean mark it is a duplicate, since the coordinator has the acknowledgement.
CommitResult Engine::ResultOfAbsent(const TransactionId& id) const {
  const bool committed = proofs_.Contains(id) || id.sequence < notes_.MarkOf(id.coordinator);
  return committed ? CommitResult::kCommitted : CommitResult::kNotThere;
}

void Engine::Plan(CommitStep& step, BatchPlan* plan) {
  Branch* const branch = branches_.Find(step.id);
  if (branch == nullptr || branch->state != State::kPrepared) {
    plan->completions.push_back(participant_input::Committed{step.id, ResultOfAbsent(step.id)});
    return;
  }
  End(step.id, false, branch, plan);
  if (!ASSENT_MUTANT(commit_not_synced)) plan->sync = true;
  if (!ASSENT_MUTANT(proof_not_kept)) {
    plan->proven[step.id.coordinator].push_back(step.id.sequence);
  }
  plan->completions.push_back(participant_input::Committed{step.id, CommitResult::kCommitted});
}

void Engine::Plan(AbortStep& step, BatchPlan* plan) {
  plan->completions.push_back(participant_input::Aborted{step.id, true});
  Branch* const branch = branches_.Find(step.id);
  if (branch == nullptr) return finished_.Add(step.id);
  if (branch->state == State::kActive) return Forget(step.id, branch);
  ASSENT_CHECK(branch->state == State::kPrepared, "one step of a branch at a time");
  End(step.id, true, branch, plan);
}

void Engine::End(const TransactionId& id, bool is_abort, Branch* branch, BatchPlan* plan) {
  groups_.End(id, branch->place, is_abort);
  branch->state = State::kEnding;
  plan->ended.push_back({id, branch, is_abort});
  plan->changes.bytes += kMaxEndBytes;
  if (is_abort) return;
  for (const auto& [key, staged] : branch->work.writes) {
    // A later batch writes them.
    plan->changes.bytes +=
        Changes::kBytesBesides + key.size() + (staged.value ? staged.value->size() : 0);
  }
}

// ---------------------------------------------------------------------------------------------
// What rides along

void Engine::Plan(NoteStep& step, BatchPlan*) {
  notes_.Merge({step.coordinator, step.knowledge, step.clean_mark});
}

void Engine::Begin(BatchPlan* plan) {
  plan->number = last_batch_ + 1;
  groups_.Begin(plan->number);
}

void Engine::Complete(bool last, BatchPlan* plan) {
  if (plan->changes.list.empty() && groups_.idle() && !last) return;
  last_batch_ = plan->number;
  write_back_.Plan(plan->number, &plan->changes);
  PlanProofs(groups_.Complete(write_back_.done_up_to(), &plan->changes), plan);
  PlanNotes(plan);
  PlanProofRemovals(plan);
}

// One record of each coordinator, however many branches the batch commits.
void Engine::PlanProofs(const std::shared_ptr<const Ends>& ends, BatchPlan* plan) {
  for (auto& [coordinator, ids] : plan->proven) {
    std::sort(ids.begin(), ids.end());
    Proof proof{std::move(ids), 0, ends};
    const std::span<const Sequence> others(proof.ids.data(), proof.ids.size() - 1);
    const std::string key = ProofKey({coordinator, proof.ids.back()});
    proof.hash = plan->changes.Add({key, std::nullopt, EncodeProof(plan->number, others)});
    plan->proofs.emplace_back(coordinator, std::move(proof));
  }
}

void Engine::PlanNotes(BatchPlan* plan) {
  if (ASSENT_MUTANT(knowledge_not_kept)) return notes_.ClearChanged();
  for (const CoordinatorId& coordinator : notes_.changed()) {
    Change change{NoteKey(coordinator), std::nullopt, EncodeNote(*notes_.Find(coordinator))};
    const auto on_disk = note_hashes_.find(coordinator);
    if (on_disk != note_hashes_.end()) change.old_hash = on_disk->second;
    note_hashes_[coordinator] = plan->changes.Add(std::move(change));
  }
  notes_.ClearChanged();
}

// The marks are in this batch or in an earlier one.
void Engine::PlanProofRemovals(BatchPlan* plan) {
  for (const CoordinatorId& coordinator : proofs_.Coordinators()) {
    const std::size_t room = kMaxProofRemovals - plan->dropped_proofs.size();
    const Sequence mark =
        ASSENT_MUTANT(proof_dropped_early) ? Sequence{~Epoch{0}, 0} : notes_.MarkOf(coordinator);
    if (ASSENT_MUTANT(proofs_never_removed)) continue;
    const auto below = proofs_.Below(coordinator, mark, room);
    for (const auto& [highest, hash] : below) {
      const TransactionId id{coordinator, highest};
      plan->changes.Add({ProofKey(id), hash, std::nullopt});
      plan->dropped_proofs.push_back(id);
    }
  }
}

void Engine::Finish(BatchPlan* plan) {
  for (const auto& [id, branch] : plan->prepared) {
    branch->state = State::kPrepared;
    if (ASSENT_MUTANT(locks_released_at_vote)) ReleaseLocks(id, *branch);
  }
  for (auto& [coordinator, proof] : plan->proofs) proofs_.Add(coordinator, std::move(proof));
  write_back_.Finish();
  FinishCommits(plan);
  for (const BatchPlan::Ended& ended : plan->ended) Forget(ended.id, ended.branch);
  for (const TransactionId& id : plan->dropped_proofs) proofs_.Drop(id);
}

void Engine::FinishCommits(BatchPlan* plan) {
  bool has_committed = false;
  for (const BatchPlan::Ended& ended : plan->ended) {
    if (!ended.is_abort) FinishCommit(ended.branch, plan->number);
    has_committed = has_committed || !ended.is_abort;
    if (!ended.is_abort || !ASSENT_MUTANT(rollback_leaves_a_write)) continue;
    StagedWrite& write = ended.branch->work.writes.rbegin()->second;
    if (write.entry != nullptr) write_back_.Add(write.entry, std::move(write.value), plan->number);
  }
  if (has_committed) write_back_.AddBatch(plan->number, groups_.TakeKeptBytes());
}

void Engine::FinishCommit(Branch* branch, std::uint64_t batch) {
  for (auto& write : branch->work.writes) {
    if (ASSENT_MUTANT(last_write_left_out) && &write == &*branch->work.writes.rbegin()) continue;
    if (ASSENT_MUTANT(committed_value_not_cached)) continue;
    write_back_.Add(write.second.entry, std::move(write.second.value), batch);
  }
}

// ---------------------------------------------------------------------------------------------
// Ends

void Engine::Forget(const TransactionId& id, Branch* branch) {
  const bool is_dropped = branch->state == State::kActive;
  if (!is_dropped || !ASSENT_MUTANT(dropped_branch_keeps_locks)) ReleaseLocks(id, *branch);
  for (const auto& write : branch->work.writes) keys_.Drop(write.second.entry);
  for (const auto& read : branch->work.reads) keys_.Drop(read.second);
  branches_.Erase(id);
  finished_.Add(id);
}

void Engine::ReleaseLocks(const TransactionId& id, const Branch& branch) {
  for (const auto& write : branch.work.writes) write.second.entry->Unlock(id);
  for (const auto& read : branch.work.reads) read.second->Unlock(id);
}

// ---------------------------------------------------------------------------------------------
// What is committed

const std::optional<std::string>* Engine::Committed(std::string_view key) const {
  return keys_.Committed(key);
}

std::map<std::string, std::optional<std::string>> Engine::Waiting(std::string_view prefix) const {
  std::map<std::string, std::optional<std::string>> values;
  write_back_.ForEach([&](const KeyEntry& entry) {
    if (entry.key().starts_with(prefix)) values.emplace(entry.key(), *entry.committed());
  });
  return values;
}

}  // namespace assent::key_value_store_internal
