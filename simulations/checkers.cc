#include "simulations/checkers.h"

namespace assent::simulation {
namespace {

// Whose stores hold the effect of `id`.
ParticipantMask EffectsOf(const Evidence& evidence, const std::string& id) {
  ParticipantMask mask = 0;
  for (const StoreEvidence& store : evidence.stores) {
    if (store.marks.contains(id)) mask |= BitOf(store.participant);
  }
  return mask;
}

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace

std::optional<Violation> CheckAtomic(const Evidence& evidence) {
  for (const TransactionId& id : evidence.history->ids()) {
    const TransactionFacts& facts = *evidence.history->Find(id);
    const ParticipantMask effects = EffectsOf(evidence, id.ToText());
    const ParticipantMask missing = facts.writers & ~effects;
    if (effects == 0 || missing == 0) continue;
    return Violation{"P1", "the effect of " + id.ToText() + " is at " + NamesOf(effects) +
                               ", but not at " + NamesOf(missing)};
  }
  return std::nullopt;
}

std::optional<Violation> CheckDurable(const Evidence& evidence) {
  for (const TransactionId& id : evidence.history->ids()) {
    const TransactionFacts& facts = *evidence.history->Find(id);
    const ParticipantMask told =
        facts.told == Outcome::kCommitted && !facts.told_read_only ? facts.writers : 0;
    const ParticipantMask lost = (facts.committed | told) & ~EffectsOf(evidence, id.ToText());
    if (lost == 0) continue;
    return Violation{
        "P2", id.ToText() + " was committed, but its effect at " + NamesOf(lost) + " is not there"};
  }
  return std::nullopt;
}

std::optional<Violation> CheckOnce(const Evidence& evidence) {
  for (const StoreEvidence& store : evidence.stores) {
    const std::string name = NameOfParticipant(store.participant);
    for (const auto& [text, count] : store.marks) {
      if (count != 1) {
        return Violation{
            "P3", "the effect of " + text + " is " + std::to_string(count) + " times at " + name};
      }
      const std::optional<TransactionId> id = TransactionId::Parse(text);
      const TransactionFacts* facts = id ? evidence.history->Find(*id) : nullptr;
      if (facts == nullptr || (facts->writers & BitOf(store.participant)) == 0) {
        return Violation{"P3",
                         "the effect of " + text + " is at " + name + ", but nobody asked for it"};
      }
    }
  }
  return std::nullopt;
}

std::optional<Violation> CheckHonest(const Evidence& evidence) {
  for (const TransactionId& id : evidence.history->ids()) {
    const TransactionFacts& facts = *evidence.history->Find(id);
    const ParticipantMask effects = EffectsOf(evidence, id.ToText());
    if (facts.told != Outcome::kAborted || effects == 0) continue;
    return Violation{
        "P4", id.ToText() + " was told to be aborted, but its effect is at " + NamesOf(effects)};
  }
  return std::nullopt;
}

std::optional<Violation> CheckLive(const Evidence& evidence) {
  if (evidence.unfinished.empty()) return std::nullopt;
  return Violation{"P5", "all faults have healed, but " + Join(evidence.unfinished)};
}

std::optional<Violation> CheckNoLockLeft(const Evidence& evidence) {
  if (evidence.locked.empty()) return std::nullopt;
  return Violation{"P5", "a transaction over all accounts of " +
                             NameOfParticipant(evidence.locked.front()) +
                             " cannot commit: a lock is left"};
}

std::optional<Violation> CheckBounded(const Evidence& evidence) {
  if (evidence.kept_too_long.empty()) return std::nullopt;
  return Violation{"P7", Join(evidence.kept_too_long)};
}

std::optional<Violation> CheckSizes(const std::vector<Size>& sizes) {
  for (const Size& size : sizes) {
    if (size.count <= size.most) continue;
    return Violation{"P7", size.who + " keeps " + std::to_string(size.count) + " " + size.what +
                               ", more than " + std::to_string(size.most)};
  }
  return std::nullopt;
}

std::optional<Violation> CheckLastSizes(const Evidence& evidence) {
  return CheckSizes(evidence.sizes);
}

std::optional<Violation> CheckConserved(const Evidence& evidence) {
  std::int64_t money = 0;
  std::int64_t goods = 0;
  for (const StoreEvidence& store : evidence.stores) {
    money += store.money;
    goods += store.goods;
  }
  if (money == 0 && goods == 0) return std::nullopt;
  return Violation{"conservation", "money changed by " + std::to_string(money) + " and goods by " +
                                       std::to_string(goods) + ", over all stores"};
}

const std::vector<Check>& AllChecks() {
  // What is unfinished yet has not all of its effects: that comes first.
  static const std::vector<Check> checks = {&CheckLive,    &CheckOnce,      &CheckAtomic,
                                            &CheckDurable, &CheckHonest,    &CheckNoLockLeft,
                                            &CheckBounded, &CheckLastSizes, &CheckConserved};
  return checks;
}

}  // namespace assent::simulation
