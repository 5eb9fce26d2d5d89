// What really happened to each transaction, kept by the world and not by the code under test, and
// the promises that can be broken while a world runs. The first broken one is kept.
//
// Participants are numbered; a set of them is a mask of bits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/messages.h"
#include "core/records.h"
#include "core/time.h"
#include "simulations/promises.h"

namespace assent::simulation {

using ParticipantMask = std::uint64_t;

constexpr ParticipantMask BitOf(int participant) { return ParticipantMask{1} << participant; }

// A broken promise in words, with the facts that contradict each other.
struct Violation {
  Violation(PromiseName broken, std::string facts) : promise(broken), text(std::move(facts)) {}

  std::string promise;
  std::string text;
};

// Facts of one transaction. Durable facts: what a store did not yet sync is not in them.
struct TransactionFacts {
  bool planned = false;          // its initiator asked for commit
  ParticipantMask writers = 0;   // whose branches take effect, all or none
  ParticipantMask optional = 0;  // those, too, if they are in the decision: calls still ran
  ParticipantMask worked = 0;    // whose call was told that its work belongs to it
  std::map<int, std::uint64_t> worked_in;  // in which of its lives each of them did so first
  ParticipantMask voted = 0;               // has been prepared, durably
  ParticipantMask committed = 0;           // durably
  ParticipantMask rolled_back = 0;         // after it was prepared
  bool decided = false;                    // a commit decision went to the log
  bool durable = false;                    // and is there
  Epoch epoch = 0;                         // of its coordinator, when it was planned
  Outcome told = Outcome::kUnknown;
  bool told_read_only = false;
  bool told_complete = false;  // COMMITTED, and nobody has anything left to do
  ParticipantMask seen = 0;    // where its effect has been read
  std::uint32_t times_told = 0;
  std::uint64_t refused = 0;                // for what reasons, a bit each
  std::optional<std::uint64_t> asked = {};  // a hash of the branches of its first Commit
  bool asked_differently = false;           // another Commit had others
};

class History {
 public:
  // The initiator is about to send its first Commit. `optional`: its calls there have not ended,
  // and it does not tell how many branches it expects.
  void Planned(const TransactionId& id, ParticipantMask writers, ParticipantMask optional = 0);
  // A Commit with these branches has come to its coordinator.
  void AskedToCommit(const TransactionId& id, std::uint64_t branches);
  // Somebody has planned work on that key.
  void Wanted(int participant, const std::string& key) { wanted_[participant].insert(key); }
  const std::set<std::string>& WantedAt(int participant) { return wanted_[participant]; }
  // A call that writes was told that its work there is enlisted. `life`: of the participant.
  void Worked(const TransactionId& id, int participant, std::uint64_t life = 0);
  void Started(const CoordinatorId& coordinator, Epoch epoch) { epochs_[coordinator] = epoch; }
  Epoch epoch(const CoordinatorId& coordinator) { return epochs_[coordinator]; }

  // R3. A process starts on a log or store, which may have been marked SUPERSEDED.
  void StartsOn(const std::string& who, bool is_marked);
  // One that runs on its own log or store, or on another, is told that it is an older copy.
  void TakenForCopy(const std::string& who, bool is_other, const std::string& why);
  // A coordinator accepts a participant, which may run on a store that is to be refused, and which
  // has told what it knows of coordinators: who hears of a later life of its own must stop.
  void Accepted(int participant, bool is_to_refuse, const std::vector<KnownCoordinator>& told,
                const AttachAnswer& answer);

  // At a store, durable now. A vote of another life than that of the work is one without it (R4).
  void Prepared(const TransactionId& id, int participant, std::uint64_t life = 0);
  void Committed(const TransactionId& id, int participant);
  void RolledBack(const TransactionId& id, int participant);

  // It starts again: `prepared`, which nobody has asked to end, must be in doubt, and what has
  // committed must not be.
  void Recovered(int participant, const std::set<TransactionId>& prepared,
                 const std::set<TransactionId>& in_doubt);
  // Whose branches a participant has prepared, and neither committed nor rolled back.
  std::vector<TransactionId> InDoubtAt(int participant) const;
  // An operator runs the participant on a copy of its store, in which the branch was in doubt, and
  // which has asked (R10) before any retention was over.
  void RolledBackOnCopy(const TransactionId& id, int participant);

  // The coordinator hands this to its log (R7): all of it has voted yes.
  void Decided(const CoordinatorId& coordinator, const DecisionRecord& record);
  // That decision is in the log, synced.
  void DurablyDecided(const TransactionId& id) { FactsOf(id).durable = true; }
  // The coordinator sends this answer (R7): not before the decision is durable.
  void Answering(const OutcomeReply& reply);
  // It refuses a request about the transaction, and an initiator hears so (P4).
  void Refusing(const TransactionId& id, Reason reason);
  void HeardRefusal(const TransactionId& id, Reason reason);
  // It forgets a decision (R11, P6): every branch must have committed.
  void Removed(const CoordinatorId& coordinator, const DecisionRecord& record);

  // An initiator has got this answer (P4, P2).
  void Told(const OutcomeReply& reply);

  // An initiator asks so long after it began, and the outcome is not remembered any more (R11).
  void Expired(const TransactionId& id, Duration age, Duration retention);

  // An initiator has read at `participant` whether the effect of `id`, which it asked for earlier,
  // is there (order).
  void Saw(const TransactionId& id, int participant, bool is_there);

  void Violate(PromiseName promise, const std::string& text) { Violate(Violation(promise, text)); }
  void Violate(const Violation& violation);
  const std::optional<Violation>& violation() const { return violation_; }

  const TransactionFacts* Find(const TransactionId& id) const;
  // In the order in which they were first heard of.
  const std::vector<TransactionId>& ids() const { return ids_; }

 private:
  TransactionFacts& FactsOf(const TransactionId& id);
  void CheckCommittedAnswer(const OutcomeReply& reply, const TransactionFacts& facts);

  std::unordered_map<TransactionId, TransactionFacts, TransactionIdHash> facts_;
  std::vector<TransactionId> ids_;
  std::map<CoordinatorId, Epoch> epochs_;  // of the last start
  std::map<int, std::set<std::string>> wanted_;
  std::optional<Violation> violation_;
};

// COMMITTED was told of what changed something, and nothing is left to do.
bool IsComplete(const OutcomeReply& reply);

// "p1, p3"
std::string NamesOf(ParticipantMask mask);

std::string NameOfParticipant(int participant);
// -1 if it is no participant of a world.
int NumberOfParticipant(const std::string& name);

}  // namespace assent::simulation
