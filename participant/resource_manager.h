// What a participant's agent drives: a database, a store. Written by a user, or taken ready
// (participant/key_value_store.h); the simple base for blocking code is
// participant/blocking_resource_manager.h.
//
// It is handed all steps that are ready at once and completes them in batches, so that one sync
// serves many branches.
//
// The agent promises:
//  * Start comes first and once; Submit only after it has succeeded; nothing after Stop.
//  * At most one step of a branch is under way; a PrepareStep comes at most once for an id in the
//    life of the store (R5), whatever the network does.
//  * CommitStep and AbortStep may be repeated, at any time, by this process or the next; they may
//    name branches that were never prepared or that are finished.
//
// The resource manager promises what each step says below. After a failed write or sync it does
// not know what its disk holds (R8): it completes nothing from then on, calls `failed` once, and
// the process exits; the next start reads what is there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.h"
#include "core/messages.h"
#include "core/participant_io.h"

namespace assent {

// Vote on the branch; answered by Prepared, once.
//  kYes       Only after the branch's effects are durable in a state that survives any crash, that
//             the next Start lists, and that only CommitStep or AbortStep ends. It binds: no
//             timeout of the resource manager's own ends it. Its locks are held until then, after
//             a restart too.
//  kNo        Nothing of the branch is left, its locks are released. `text` says why, for people.
//  kReadOnly  The branch changed nothing: it is finished, its locks are released, and no other
//             step of it follows. Nothing needs to be durable.
struct PrepareStep {
  TransactionId id;
  std::optional<std::string> payload;  // the work to do; absent: it was done by calls before
  std::vector<Peer> peers;             // for information
};

// Make the effects of a prepared branch visible and durable, release its locks; answered by
// Committed, once. kCommitted only when that is durable. For a branch that is not prepared see
// CommitResult: exact answers are possible only with a proof of commit that is written in the same
// batch or local transaction as the effects.
struct CommitStep {
  TransactionId id;
};

// Undo the branch, prepared or active or unknown, and release its locks; answered by Aborted, once.
// Needs no sync: a branch that is listed again after a crash is aborted again. `done` for a branch
// that is unknown, too.
struct AbortStep {
  TransactionId id;
};

// What to remember of a coordinator (R3) and its clean mark (R9): proofs of that coordinator below
// the mark may be dropped, in one batch with the mark. Not answered and needs no sync of its own:
// it rides along with the next batch. Neither the mark nor the knowledge ever falls.
using NoteStep = participant_effect::NoteCoordinator;

using ResourceStep = std::variant<PrepareStep, CommitStep, AbortStep, NoteStep>;

using ResourceCompletion = std::variant<participant_input::Prepared, participant_input::Committed,
                                        participant_input::Aborted>;

// Called by the resource manager on any of its threads, one call at a time, never from within
// Submit unless it says so, and never after Stop has returned. They must not block and must not
// call back into the resource manager's Start or Stop.
struct ResourceHandlers {
  // Answers to steps, in any order.
  std::function<void(std::vector<ResourceCompletion>)> completed;
  // R8: nothing will be completed any more. What is wrong and what to do. At most once.
  std::function<void(const std::string& error)> failed;
  // What people should know and what ends nothing, as an exception of the user's code. May be
  // empty.
  std::function<void(const std::string& text)> warned = {};
};

// Either what was recovered, or why the resource manager cannot start and what to do about it.
struct StartResult {
  std::string error;  // empty: started
  RecoveredStore recovered;

  bool ok() const { return error.empty(); }
};

class ResourceManager {
 public:
  ResourceManager() = default;
  ResourceManager(const ResourceManager&) = delete;
  ResourceManager& operator=(const ResourceManager&) = delete;
  // Stops first if need be.
  virtual ~ResourceManager() = default;

  // Raises the incarnation and syncs it, recovers the prepared branches and takes their locks
  // again. What it returns is durable. Blocks.
  virtual StartResult Start(ResourceHandlers handlers) = 0;

  // Queues `steps`; they are taken up in this order, but independent branches may complete in any
  // order. Called from one thread at a time. Does not block and does not throw: a step that the
  // resource manager's own code throws upon is completed as a no, as kFailed, or as not done.
  virtual void Submit(std::vector<ResourceStep> steps) = 0;

  // R3: a coordinator has met a later life of this store, so this is an older copy, which must not
  // be used: started often enough, it would be taken for the newer one. Marks it, synced, so that
  // every later Start is refused with `reason` until an operator clears the mark. Then, or if it
  // cannot be marked, calls `failed`; what is queued is dropped, and nothing is completed after.
  // At most once, as the last call before Stop; as Submit, it does not block.
  virtual void Supersede(const std::string& reason) = 0;

  // Finishes what is queued, completes it, and releases everything. Idempotent. Blocks.
  virtual void Stop() = 0;
};

}  // namespace assent
