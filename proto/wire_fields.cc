#include "proto/wire_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/mutants.h"
#include "proto/utf8.h"

namespace assent::wire {
namespace {

constexpr std::int64_t kHundredYears = std::int64_t{100} * 366 * 24 * 3600 * 1'000'000;

// Enums that are the same numbers in core and on the wire.
template <class To, class From>
bool ReadEnum(std::string_view field, From from, int last, To* to, WireError* error) {
  const int value = static_cast<int>(from);
  if (value < 1 || value > last) return Malformed(field, "not set, or not a known value", error);
  *to = static_cast<To>(value);
  return true;
}

static_assert(static_cast<int>(VoteKind::kReadOnly) == v1::VOTE_KIND_READ_ONLY);
static_assert(static_cast<int>(Verdict::kRefused) == v1::VERDICT_REFUSED);
static_assert(static_cast<int>(TransactionState::kAborted) == v1::TRANSACTION_STATE_ABORTED);
static_assert(static_cast<int>(BranchState::kAborted) == v1::BRANCH_STATE_ABORTED);
static_assert(static_cast<int>(AbortReason::kDraining) == v1::ABORT_REASON_DRAINING);
static_assert(static_cast<int>(Outcome::kAborted) + 1 == v1::OUTCOME_ABORTED);

AbortReason ReadAbortReason(v1::AbortReason from) {
  return v1::AbortReason_IsValid(from) ? static_cast<AbortReason>(static_cast<int>(from))
                                       : AbortReason::kNone;
}

}  // namespace

bool Fail(Reason reason, std::string_view field, std::string_view what, WireError* error) {
  error->reason = reason;
  error->text = std::string(field) + ": " + std::string(what);
  return false;
}

bool Within(std::string_view list, int index, WireError* error) {
  error->text = std::string(list) + "[" + std::to_string(index) + "]: " + error->text;
  return false;
}

bool ReadSequence(std::uint64_t epoch, std::uint64_t number, Sequence* id, WireError* error) {
  if (epoch == 0 || number == 0) {
    return Fail(Reason::kMalformedTransactionId, epoch == 0 ? "epoch" : "number",
                "not set; both count from 1", error);
  }
  *id = {epoch, number};
  return true;
}

bool ReadTransactionId(std::string_view text, TransactionId* id, WireError* error) {
  const auto parsed = TransactionId::Parse(text);
  if (!parsed) {
    return Fail(Reason::kMalformedTransactionId, "transaction_id",
                "not of the form coordinator-epoch-number", error);
  }
  *id = *parsed;
  return true;
}

bool ReadCoordinatorId(std::string_view text, CoordinatorId* id, WireError* error) {
  const auto parsed = CoordinatorId::Parse(text);
  if (!parsed) return Malformed("coordinator_id", "must be 1 to 22 bytes of a-z and 0-9", error);
  *id = *parsed;
  return true;
}

bool ReadParticipant(std::string* text, std::string* name, WireError* error) {
  if (!IsValidParticipantName(*text)) {
    return Fail(Reason::kInvalidParticipantName, "participant",
                "must be 1 to 64 bytes of a-z, 0-9, '.', '_' and '-', the first a letter or digit",
                error);
  }
  *name = std::move(*text);
  return true;
}

bool ReadParticipantOrEmpty(std::string* text, std::string* name, WireError* error) {
  name->clear();
  return text->empty() || ReadParticipant(text, name, error);
}

bool ReadStoreId(std::string_view text, StoreId* store, WireError* error) {
  const auto parsed = StoreId::Parse(text);
  if (!parsed || parsed->empty()) {
    return Malformed("store_id", "must be 32 lower-case hexadecimal digits, not all 0", error);
  }
  *store = *parsed;
  return true;
}

bool ReadStoreIdOrEmpty(std::string_view text, StoreId* store, WireError* error) {
  *store = StoreId();
  return text.empty() || ReadStoreId(text, store, error);
}

bool ReadPositive(std::string_view field, std::uint64_t from, std::uint64_t* to, WireError* error) {
  if (from == 0) return Malformed(field, "not set; it counts from 1", error);
  *to = from;
  return true;
}

bool ReadDuration(std::string_view field, std::int64_t micros, Duration* to, WireError* error) {
  if (micros < 0) return Fail(Reason::kInvalidTimeout, field, "negative", error);
  *to = Duration::Micros(std::min(micros, kHundredYears));
  return true;
}

bool ReadVoteKind(v1::VoteKind from, VoteKind* to, WireError* error) {
  return ReadEnum("vote", from, v1::VOTE_KIND_READ_ONLY, to, error);
}

bool ReadVerdict(v1::Verdict from, Verdict* to, WireError* error) {
  return ReadEnum("verdict", from, v1::VERDICT_REFUSED, to, error);
}

bool ReadWaitFor(v1::WaitFor from, WaitFor* to, WireError* error) {
  if (!v1::WaitFor_IsValid(from)) return Malformed("wait_for", "not a known value", error);
  *to = from == v1::WAIT_FOR_DECISION ? WaitFor::kDecision : WaitFor::kCompletion;
  return true;
}

bool ReadPeer(v1::Peer* from, Peer* to, WireError* error) {
  to->stamp = from->stamp();
  return ReadParticipant(from->mutable_participant(), &to->participant, error) &&
         ReadPositive("incarnation", from->incarnation(), &to->incarnation, error);
}

bool ReadBranchRequest(v1::BranchRequest* from, BranchRequest* to, WireError* error) {
  to->payload = std::move(*from->mutable_payload());
  return ReadParticipant(from->mutable_participant(), &to->participant, error);
}

bool ReadKnowledge(const v1::CoordinatorKnowledge& from, CoordinatorKnowledge* to,
                   WireError* error) {
  *to = {from.epoch(), from.life_number(), from.decision_number()};
  if (to->epoch == 0 && *to != CoordinatorKnowledge()) {
    return Malformed("knowledge.epoch", "not set, but the rest is", error);
  }
  return true;
}

bool ReadOutcome(v1::TransactionOutcome* from, OutcomeReply* to, WireError* error) {
  const int outcome = static_cast<int>(from->outcome());
  if (outcome < v1::OUTCOME_UNKNOWN || outcome > v1::OUTCOME_ABORTED) {
    return Malformed("outcome", "not set, or not a known value", error);
  }
  to->outcome = static_cast<Outcome>(outcome - 1);
  if (ASSENT_MUTANT(unknown_read_as_aborted) && to->outcome == Outcome::kUnknown) {
    to->outcome = Outcome::kAborted;
  }
  to->read_only = from->read_only();
  to->abort_reason = ReadAbortReason(from->abort_reason());
  to->text = CleanText(std::move(*from->mutable_text()));
  to->unfinished.resize(static_cast<std::size_t>(from->unfinished_participants_size()));
  for (int i = 0; i < from->unfinished_participants_size(); ++i) {
    if (!ReadParticipant(from->mutable_unfinished_participants(i),
                         &to->unfinished[static_cast<std::size_t>(i)], error)) {
      return Within("unfinished_participants", i, error);
    }
  }
  return ReadEnum("state", from->state(), v1::TRANSACTION_STATE_ABORTED, &to->state, error) &&
         ReadParticipantOrEmpty(from->mutable_participant(), &to->participant, error);
}

Reason ReadReason(std::string_view name, std::string* text) {
  if (name.empty()) return Reason::kNone;
  if (const auto reason = ReasonNamed(name)) return *reason;
  *text = CleanText(std::string(name) + ": " + *text);
  return Reason::kInternal;
}

bool IsCleanText(std::string_view text) { return text.size() <= kMaxTextSize && IsValidUtf8(text); }

std::string CleanText(std::string text) {
  if (text.size() > kMaxTextSize) text.resize(WholeCharacters(text, kMaxTextSize));
  if (!IsValidUtf8(text)) ReplaceInvalidUtf8(&text);
  return text;
}

std::string StoreIdText(const StoreId& store) {
  return store.empty() ? std::string() : store.ToText();
}

v1::WaitFor ToWire(WaitFor wait_for) {
  return wait_for == WaitFor::kDecision ? v1::WAIT_FOR_DECISION : v1::WAIT_FOR_COMPLETION;
}

v1::AbortReason ToWire(AbortReason reason) {
  return static_cast<v1::AbortReason>(static_cast<int>(reason));
}

v1::TransactionState ToWire(TransactionState state) {
  return static_cast<v1::TransactionState>(static_cast<int>(state));
}

void Write(Peer from, v1::Peer* to) {
  to->set_participant(std::move(from.participant));
  to->set_incarnation(from.incarnation);
  to->set_stamp(from.stamp);
}

void Write(BranchRequest from, v1::BranchRequest* to) {
  to->set_participant(std::move(from.participant));
  to->set_payload(std::move(from.payload));
}

void Write(const CoordinatorKnowledge& from, v1::CoordinatorKnowledge* to) {
  to->set_epoch(from.epoch);
  to->set_life_number(from.life);
  to->set_decision_number(from.decision_number);
}

void Write(OutcomeReply from, v1::TransactionOutcome* to) {
  to->set_outcome(static_cast<v1::Outcome>(static_cast<int>(from.outcome) + 1));
  to->set_state(ToWire(from.state));
  to->set_read_only(from.read_only);
  to->set_abort_reason(ToWire(from.abort_reason));
  if (!from.participant.empty()) to->set_participant(std::move(from.participant));
  if (!from.text.empty()) to->set_text(CleanText(std::move(from.text)));
  for (std::string& name : from.unfinished) to->add_unfinished_participants(std::move(name));
}

}  // namespace assent::wire
