// What really happened to each transaction, kept by the world and not by the code under test, and
// the promises that can be broken while a world runs. The first broken one is kept.
//
// Participants are numbered; a set of them is a mask of bits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "core/messages.h"
#include "core/records.h"

namespace assent::simulation {

using ParticipantMask = std::uint64_t;

constexpr ParticipantMask BitOf(int participant) { return ParticipantMask{1} << participant; }

// A broken promise in words, with the facts that contradict each other.
struct Violation {
  std::string promise;  // "P1", "R6", …
  std::string text;
};

// Facts of one transaction. Durable facts: what a store did not yet sync is not in them.
struct TransactionFacts {
  bool planned = false;             // its initiator asked for commit
  ParticipantMask writers = 0;      // whose branches take effect, all or none
  ParticipantMask optional = 0;     // those, too, if they are in the decision: calls still ran
  ParticipantMask worked = 0;       // whose call was told that its work belongs to it
  ParticipantMask voted = 0;        // has been prepared, durably
  ParticipantMask committed = 0;    // durably
  ParticipantMask rolled_back = 0;  // after it was prepared
  bool decided = false;             // a commit decision went to the log
  bool durable = false;             // and is there
  Epoch epoch = 0;                  // of its coordinator, when it was planned
  Outcome told = Outcome::kUnknown;
  bool told_read_only = false;
  bool told_complete = false;  // COMMITTED, and nobody has anything left to do
  ParticipantMask seen = 0;    // where its effect has been read
  std::uint32_t times_told = 0;
};

class History {
 public:
  // The initiator is about to send its first Commit. `optional`: its calls there have not ended,
  // and it does not tell how many branches it expects.
  void Planned(const TransactionId& id, ParticipantMask writers, ParticipantMask optional = 0);
  // A call that writes was told that its work there is enlisted.
  void Worked(const TransactionId& id, int participant);
  void Started(const CoordinatorId& coordinator, Epoch epoch) { epochs_[coordinator] = epoch; }
  Epoch epoch(const CoordinatorId& coordinator) { return epochs_[coordinator]; }

  // At a store, durable now.
  void Prepared(const TransactionId& id, int participant);
  void Committed(const TransactionId& id, int participant);
  void RolledBack(const TransactionId& id, int participant);

  // The coordinator hands this to its log (R7): all of it has voted yes.
  void Decided(const CoordinatorId& coordinator, const DecisionRecord& record);
  // That decision is in the log, synced.
  void DurablyDecided(const TransactionId& id) { FactsOf(id).durable = true; }
  // The coordinator sends this answer (R7): not before the decision is durable.
  void Answering(const OutcomeReply& reply);
  // It forgets a decision (R11, P6): every branch must have committed.
  void Removed(const CoordinatorId& coordinator, const DecisionRecord& record);

  // An initiator has got this answer (P4, P2).
  void Told(const OutcomeReply& reply);

  // An initiator has read at `participant` whether the effect of `id`, which it asked for earlier,
  // is there (order).
  void Saw(const TransactionId& id, int participant, bool is_there);

  void Violate(const std::string& promise, const std::string& text);
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
