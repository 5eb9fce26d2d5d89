// The participant's half of the protocol: all branches of one store, towards any number of
// coordinators. Rules R4 to R10.
//
// Pure and single-threaded, as core/coordinator.h. It never decides for a branch that has voted
// yes: only a coordinator does. The shell attaches with `name`, the recovered store and
// incarnation, `life`, and KnowledgeOf(coordinator), or, before it knows whom it reaches,
// Knowledge().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/limits.h"
#include "core/participant_io.h"
#include "core/time.h"

namespace assent {

// A branch at its participant.
//
//   call or payload          Prepare              durable yes          Commit             durable
//  ────────────────▶ ACTIVE ─────────▶ PREPARING ─────────▶ PREPARED ─────────▶ COMMITTING
//  ─────────▶ COMMITTED
//                      │                   │  │                 │ Abort
//                      │ Abort, drop       │  └ read-only ▶ READ_ONLY
//                      └───────────────────┴────────────────────┴──▶ ABORTING ──────▶ ABORTED
//
// A decision that comes while the resource manager works is kept and applied on its completion.
enum class LocalBranchState : std::uint8_t {
  kActive = 1,
  kPreparing = 2,
  kPrepared = 3,
  kReadOnly = 4,
  kCommitting = 5,
  kCommitted = 6,
  kAborting = 7,
  kAborted = 8,
};

struct LocalBranchView {
  TransactionId id;
  LocalBranchState state = LocalBranchState::kActive;
  Duration age;  // in this state
};

struct ParticipantCounts {
  std::uint64_t prepared = 0;
  std::uint64_t committed = 0;
  std::uint64_t aborted = 0;
  std::uint64_t read_only = 0;
  std::uint64_t voted_no = 0;
  std::uint64_t inquiries = 0;
  std::uint64_t hazards = 0;
  std::uint64_t ignored = 0;  // messages of a link that is not the current one
};

class Participant {
 public:
  Participant(const ParticipantLimits& limits, const RecoveredStore& recovered, std::uint64_t seed,
              Time now);
  ~Participant();
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  // `now` never goes back. Appends to `effects`.
  void Step(ParticipantInput input, Time now, ParticipantEffects* effects);

  // When a Tick is due; Time::Never() if nothing waits for time.
  Time NextDeadline() const;

  // What to tell that coordinator at Attach; epoch 0: nothing. An epoch that is known from an id
  // alone, as that of a prepared branch, has no life number to be told with: then it is the one
  // before, with a life number, 0, that nobody has, so that whoever is below the epoch hears that
  // it is an older copy, and nobody else does.
  CoordinatorKnowledge KnowledgeOf(const CoordinatorId& coordinator) const;
  // The same of every coordinator that there is something to be told of, in the order of ids.
  std::vector<KnownCoordinator> Knowledge() const;

  // The highest clean mark heard from that coordinator (R9).
  Sequence CleanMarkOf(const CoordinatorId& coordinator) const;

  // Unfinished branches, in the order of their ids.
  std::vector<LocalBranchView> ListBranches(Time now) const;
  std::size_t in_doubt() const;
  const ParticipantCounts& counts() const;

  // Checks the invariants of docs/invariants.md by ASSENT_CHECK. Slow: for tests and simulation.
  void CheckInvariants() const;

  // As Coordinator::DescribeState(): the same holds for the back-offs here.
  std::string DescribeState(Duration grain) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent
