#include "simulations/history.h"

#include <charconv>

namespace assent::simulation {
namespace {

ParticipantMask MaskOf(const DecisionRecord& record) {
  ParticipantMask mask = 0;
  for (const DecisionBranch& branch : record.branches) {
    const int number = NumberOfParticipant(branch.participant);
    if (number >= 0) mask |= BitOf(number);
  }
  return mask;
}

const char* NameOfOutcome(Outcome outcome) {
  return outcome == Outcome::kCommitted ? "COMMITTED" : "ABORTED";
}

}  // namespace

bool IsComplete(const OutcomeReply& reply) {
  return reply.outcome == Outcome::kCommitted && !reply.read_only && reply.unfinished.empty() &&
         reply.state == TransactionState::kCommitted;
}

std::string NameOfParticipant(int participant) { return "p" + std::to_string(participant); }

int NumberOfParticipant(const std::string& name) {
  int number = -1;
  if (name.size() < 2 || name[0] != 'p') return -1;
  const auto read = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return read.ec == std::errc() && read.ptr == name.data() + name.size() ? number : -1;
}

std::string NamesOf(ParticipantMask mask) {
  std::string names;
  for (int i = 0; i < 64; ++i) {
    if ((mask & BitOf(i)) == 0) continue;
    if (!names.empty()) names += ", ";
    names += NameOfParticipant(i);
  }
  return names.empty() ? "nobody" : names;
}

TransactionFacts& History::FactsOf(const TransactionId& id) {
  const auto [entry, is_new] = facts_.try_emplace(id);
  if (is_new) ids_.push_back(id);
  return entry->second;
}

const TransactionFacts* History::Find(const TransactionId& id) const {
  const auto found = facts_.find(id);
  return found == facts_.end() ? nullptr : &found->second;
}

void History::Violate(const Violation& violation) {
  if (!violation_) violation_ = violation;
}

void History::Planned(const TransactionId& id, ParticipantMask writers, ParticipantMask optional) {
  TransactionFacts& facts = FactsOf(id);
  if (facts.planned) return Violate("R1", id.ToText() + " was given to two initiators");
  facts.planned = true;
  facts.writers = writers;
  facts.optional = optional;
  facts.epoch = epochs_[id.coordinator];
}

void History::AskedToCommit(const TransactionId& id, std::uint64_t branches) {
  TransactionFacts& facts = FactsOf(id);
  if (!facts.asked) facts.asked = branches;
  if (*facts.asked != branches) facts.asked_differently = true;
}

void History::Worked(const TransactionId& id, int participant, std::uint64_t life) {
  TransactionFacts& facts = FactsOf(id);
  facts.worked_in.emplace(participant, life);
  facts.worked |= BitOf(participant);
  if (!facts.decided || (facts.writers & BitOf(participant)) != 0) return;
  Violate("R4", NameOfParticipant(participant) + " was told that its work belongs to " +
                    id.ToText() + ", which was decided without it");
}

void History::Answering(const OutcomeReply& reply) {
  if (reply.outcome != Outcome::kCommitted || reply.read_only) return;
  if (FactsOf(reply.id).durable) return;
  Violate("R7", "COMMITTED is told of " + reply.id.ToText() + ", but its commit is not durable");
}

void History::Refusing(const TransactionId& id, Reason reason) {
  if (!id.coordinator.empty()) FactsOf(id).refused |= BitOf(static_cast<int>(reason));
}

void History::HeardRefusal(const TransactionId& id, Reason reason) {
  if ((FactsOf(id).refused & BitOf(static_cast<int>(reason))) != 0) return;
  Violate("P4", std::string(NameOf(reason)) + " was told of " + id.ToText() +
                    ", but its coordinator has not said so");
}

void History::StartsOn(const std::string& who, bool is_marked) {
  if (is_marked) Violate("R3", who + " starts, but what it starts on was marked SUPERSEDED");
}

void History::TakenForCopy(const std::string& who, bool is_other, const std::string& why) {
  if (is_other) return;
  Violate("R3", who + " runs on what is its own, but it is taken for an older copy: " + why);
}

void History::Accepted(int participant, bool is_to_refuse,
                       const std::vector<KnownCoordinator>& told, const AttachAnswer& answer) {
  const std::string coordinator(answer.coordinator.text());
  const std::string name = NameOfParticipant(participant);
  if (is_to_refuse) {
    Violate("R3", coordinator + " accepts " + name +
                      " on a wrong store, but the right one is known to it");
  }
  for (const KnownCoordinator& one : told) {
    const CoordinatorKnowledge& known = one.knowledge;
    if (one.coordinator != answer.coordinator || known.epoch < answer.epoch) continue;
    if (known.epoch == answer.epoch && known.life == answer.life) continue;
    Violate("R3", coordinator + " goes on in epoch " + std::to_string(answer.epoch) + ", but " +
                      name + " has told it of another life in epoch " +
                      std::to_string(known.epoch));
  }
}

void History::Prepared(const TransactionId& id, int participant, std::uint64_t life) {
  TransactionFacts& facts = FactsOf(id);
  const ParticipantMask bit = BitOf(participant);
  if ((facts.voted & bit) != 0) {
    Violate("P3", NameOfParticipant(participant) + " prepared " + id.ToText() + " a second time");
  }
  facts.voted |= bit;
  const auto worked = facts.worked_in.find(participant);
  if (worked == facts.worked_in.end() || worked->second == life) return;
  Violate("R4", NameOfParticipant(participant) + " voted yes on " + id.ToText() +
                    ", but it has restarted since it told a call that its work is enlisted");
}

void History::Committed(const TransactionId& id, int participant) {
  TransactionFacts& facts = FactsOf(id);
  const ParticipantMask bit = BitOf(participant);
  const std::string what = NameOfParticipant(participant) + " committed " + id.ToText();
  if ((facts.committed & bit) != 0) return;
  if (!facts.decided) Violate("P1", what + ", but no commit of it was ever decided");
  if ((facts.writers & bit) == 0) Violate("P3", what + ", but nobody asked it to");
  if (facts.rolled_back != 0) {
    Violate("P1", what + ", but " + NamesOf(facts.rolled_back) + " had rolled it back");
  }
  if (facts.told == Outcome::kAborted) {
    Violate("P4", what + ", but its initiator was told ABORTED");
  }
  facts.committed |= bit;
}

void History::RolledBack(const TransactionId& id, int participant) {
  TransactionFacts& facts = FactsOf(id);
  const ParticipantMask bit = BitOf(participant);
  // Only what was prepared can be rolled back; the end of anything else changes nothing.
  if ((facts.voted & bit) == 0 || ((facts.committed | facts.rolled_back) & bit) != 0) return;
  facts.rolled_back |= bit;
  if ((facts.writers & bit) == 0) return;
  const std::string what = NameOfParticipant(participant) + " rolled back " + id.ToText();
  if (facts.committed != 0) {
    Violate("P1", what + ", but " + NamesOf(facts.committed) + " had committed it");
  }
  if (facts.told == Outcome::kCommitted) {
    Violate("P2", what + ", but its initiator was told COMMITTED");
  }
}

void History::Recovered(int participant, const std::set<TransactionId>& prepared,
                        const std::set<TransactionId>& in_doubt) {
  const std::string name = NameOfParticipant(participant);
  for (const TransactionId& id : prepared) {
    if (in_doubt.contains(id)) continue;
    Violate("R6", name + " has lost the branch of " + id.ToText() + ", for which it voted yes");
  }
  for (const TransactionId& id : in_doubt) {
    const TransactionFacts* const facts = Find(id);
    if (facts == nullptr || (facts->committed & BitOf(participant)) == 0) continue;
    Violate("P2", name + " has lost its commit of " + id.ToText() +
                      ", which was durable: the branch is prepared again");
  }
}

std::vector<TransactionId> History::InDoubtAt(int participant) const {
  std::vector<TransactionId> in_doubt;
  const ParticipantMask bit = BitOf(participant);
  for (const TransactionId& id : ids_) {
    const TransactionFacts& facts = facts_.at(id);
    if ((facts.voted & bit & ~(facts.committed | facts.rolled_back)) != 0) in_doubt.push_back(id);
  }
  return in_doubt;
}

void History::RolledBackOnCopy(const TransactionId& id, int participant) {
  const TransactionFacts& facts = FactsOf(id);
  if (!facts.durable) return;
  Violate("R10", "a copy of " + NameOfParticipant(participant) + "'s store rolled back " +
                     id.ToText() + ", whose commit is in its coordinator's log");
}

void History::Decided(const CoordinatorId& coordinator, const DecisionRecord& record) {
  const TransactionId id{coordinator, record.id};
  TransactionFacts& facts = FactsOf(id);
  const ParticipantMask branches = MaskOf(record);
  const std::string what = "the commit of " + id.ToText() + " was decided";
  if (facts.decided) Violate("R7", what + " twice");
  if (!facts.planned) Violate("P4", what + ", but nobody asked for it");
  if ((branches & ~facts.voted) != 0) {
    Violate("R6", what + ", but " + NamesOf(branches & ~facts.voted) + " never voted yes");
  }
  facts.writers |= facts.optional & branches;
  const ParticipantMask left_out = (facts.writers | facts.worked) & ~branches;
  if (left_out != 0) Violate("R4", what + " without the work of " + NamesOf(left_out));
  if (facts.told == Outcome::kAborted) Violate("P4", what + " after ABORTED was told");
  facts.decided = true;
}

void History::Removed(const CoordinatorId& coordinator, const DecisionRecord& record) {
  const TransactionId id{coordinator, record.id};
  const ParticipantMask missing = MaskOf(record) & ~FactsOf(id).committed;
  if (missing == 0) return;
  Violate("P6", "the decision of " + id.ToText() + " was removed, but " + NamesOf(missing) +
                    " has not committed it");
}

void History::Told(const OutcomeReply& reply) {
  if (reply.outcome == Outcome::kUnknown) return;
  TransactionFacts& facts = FactsOf(reply.id);
  ++facts.times_told;
  const std::string what =
      std::string(NameOfOutcome(reply.outcome)) + " was told of " + reply.id.ToText();
  // Of what changed nothing an answer holds until the coordinator restarts only.
  const bool excepted = facts.told_read_only && reply.outcome == Outcome::kAborted &&
                        facts.epoch != epochs_[reply.id.coordinator];
  if (facts.told != Outcome::kUnknown && facts.told != reply.outcome && !excepted) {
    Violate("P4", what + ", but " + NameOfOutcome(facts.told) + " was told before");
  }
  if (reply.outcome == Outcome::kAborted && facts.committed != 0) {
    Violate("P4", what + ", but " + NamesOf(facts.committed) + " had committed it");
  }
  if (reply.outcome == Outcome::kCommitted) CheckCommittedAnswer(reply, facts);
  facts.told = reply.outcome;
  facts.told_read_only = reply.outcome == Outcome::kCommitted && reply.read_only;
  facts.told_complete = facts.told_complete || IsComplete(reply);
}

void History::Expired(const TransactionId& id, Duration age, Duration retention) {
  if (age >= retention) return;
  Violate("R11", "the outcome of " + id.ToText() + " has expired " +
                     std::to_string(age.micros / 1000) +
                     " ms after it began, but it is to be kept for " +
                     std::to_string(retention.micros / 1000) + " ms");
}

void History::Saw(const TransactionId& id, int participant, bool is_there) {
  TransactionFacts& facts = FactsOf(id);
  const std::string what = "the effect of " + id.ToText() + " at " + NameOfParticipant(participant);
  if (is_there) {
    facts.seen |= BitOf(participant);
    return;
  }
  if (facts.told_complete) {
    Violate("order", what + " was not seen by its initiator, who had been told that all is done");
  } else if ((facts.seen & BitOf(participant)) != 0) {
    Violate("order", what + " was seen once, and later not any more");
  }
}

void History::CheckCommittedAnswer(const OutcomeReply& reply, const TransactionFacts& facts) {
  const std::string what = "COMMITTED was told of " + reply.id.ToText();
  if (!facts.planned) return Violate("P4", what + ", but nobody asked for it");
  if (reply.read_only) {
    if (facts.writers == 0) return;
    return Violate("P4", what + " as one that changed nothing, but " + NamesOf(facts.writers) +
                             " had work to do");
  }
  if (facts.rolled_back != 0) {
    Violate("P1", what + ", but " + NamesOf(facts.rolled_back) + " had rolled it back");
  }
  if ((facts.writers & ~facts.voted) != 0) {
    Violate("P4", what + ", but " + NamesOf(facts.writers & ~facts.voted) + " never voted yes");
  }
  if (!IsComplete(reply)) return;
  if ((facts.writers & ~facts.committed) != 0) {
    Violate("R9", what + " with nothing left to do, but " +
                      NamesOf(facts.writers & ~facts.committed) + " has not committed it");
  }
}

}  // namespace assent::simulation
