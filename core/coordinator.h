// The coordinator's half of the protocol: all transactions of one coordinator. Rules R1 to R11 of
// docs/protocol.md.
//
// A pure function of what it was given: Step(input, now) appends effects. It reads no clock, draws
// no random numbers but from its seed, does no I/O and takes no lock; the same inputs give the same
// effects. Not thread-safe: one event thread owns it. Nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/coordinator_io.h"
#include "core/limits.h"
#include "core/records.h"
#include "core/time.h"

namespace assent {

// What an operator sees of one transaction.
struct TransactionView {
  TransactionId id;
  TransactionState state = TransactionState::kActive;
  AbortReason abort_reason = AbortReason::kNone;
  bool read_only = false;
  Duration age;  // since its opening in this epoch, or since this start
  struct Branch {
    std::string participant;
    BranchState state = BranchState::kEnlisted;
    bool attached = false;
  };
  std::vector<Branch> branches;
};

struct ParticipantView {
  std::string name;
  StoreId store;  // empty: released by an operator
  Incarnation incarnation = 0;
  bool attached = false;
  LinkKind kind = LinkKind::kStream;
  std::size_t unfinished = 0;  // commits that it has not acknowledged
};

// Counts since the start; they only grow.
struct CoordinatorCounts {
  std::uint64_t opened = 0;
  std::uint64_t committed = 0;
  std::uint64_t read_only = 0;
  std::uint64_t aborted = 0;
  std::uint64_t refused = 0;           // requests answered with an ErrorReply
  std::uint64_t ignored_messages = 0;  // late or repeated votes and acknowledgements
  std::uint64_t repeated_commits = 0;  // Commit messages sent again
};

class Coordinator {
 public:
  // `recovered` comes from an opened log (R2: its epoch is durable). `life` is drawn at random by
  // the shell at each start; `seed` feeds the jitter. Work found in the log is under way after the
  // first Tick.
  Coordinator(const CoordinatorLimits& limits, RecoveredLog recovered, LifeNumber life,
              std::uint64_t seed, Time now);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // `now` never goes back. Appends to `effects`.
  void Step(CoordinatorInput input, Time now, CoordinatorEffects* effects);

  // When a Tick is due; Time::Never() if nothing waits for time.
  Time NextDeadline() const;

  const CoordinatorId& id() const;
  Epoch epoch() const;
  LifeNumber life() const;

  // True once nothing is open that a drain waits for (ACTIVE, PREPARING, DECIDING); second phases
  // may be unfinished.
  bool Drained() const;

  // For operators: at most `limit` transactions from `after` on, in the order of their ids.
  // `unfinished_only` leaves out what is finished and only remembered.
  std::vector<TransactionView> ListTransactions(Sequence after, std::size_t limit,
                                                bool unfinished_only, Time now) const;
  std::vector<ParticipantView> ListParticipants() const;
  const CoordinatorCounts& counts() const;
  std::size_t open_transactions() const;

  // Checks the invariants of docs/invariants.md over the whole state, by ASSENT_CHECK. Slow: for
  // tests and simulation.
  void CheckInvariants() const;

  // All that a later step depends on, as text, for exhaustive search: of two states that read alike
  // the same inputs give the same effects, and states that read alike. Times are relative to the
  // last step's, in whole grains. Left out: counts, and how often something was repeated, which
  // changes nothing while first_retry equals max_retry and both are a microsecond.
  std::string DescribeState(Duration grain) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent
