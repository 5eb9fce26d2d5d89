// A participant's core in the hand of a test: steps it, checks its invariants after every step and
// writes effects down as text.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/participant.h"

namespace assent {

inline CoordinatorId TestCoordinator(const char* text = "c") {
  return CoordinatorId::Parse(text).value();
}

constexpr Epoch kEpoch = 5;
constexpr Incarnation kIncarnation = 3;
constexpr LinkId kLink = 1;

inline std::string ToText(Sequence id) {
  return std::to_string(id.epoch) + "-" + std::to_string(id.number);
}

inline std::string ToText(VoteKind kind) {
  switch (kind) {
    case VoteKind::kYes:
      return "yes";
    case VoteKind::kNo:
      return "no";
    case VoteKind::kReadOnly:
      return "read-only";
  }
  return "?";
}

inline std::string ToText(ParticipantNoticeKind kind) {
  switch (kind) {
    case ParticipantNoticeKind::kRefusedPrepare:
      return "refused-prepare";
    case ParticipantNoticeKind::kHazard:
      return "hazard";
    case ParticipantNoticeKind::kInquiryRefused:
      return "inquiry-refused";
    case ParticipantNoticeKind::kContradiction:
      return "contradiction";
    case ParticipantNoticeKind::kDroppedActive:
      return "dropped-active";
    case ParticipantNoticeKind::kIgnored:
      return "ignored";
  }
  return "?";
}

inline std::string ToText(LocalBranchState state) {
  switch (state) {
    case LocalBranchState::kActive:
      return "ACTIVE";
    case LocalBranchState::kPreparing:
      return "PREPARING";
    case LocalBranchState::kPrepared:
      return "PREPARED";
    case LocalBranchState::kReadOnly:
      return "READ_ONLY";
    case LocalBranchState::kCommitting:
      return "COMMITTING";
    case LocalBranchState::kCommitted:
      return "COMMITTED";
    case LocalBranchState::kAborting:
      return "ABORTING";
    case LocalBranchState::kAborted:
      return "ABORTED";
  }
  return "?";
}

struct EffectWriter {
  std::string operator()(const Attach&) const { return "attach"; }
  std::string operator()(const Vote& m) const { return "vote-" + ToText(m.kind); }
  std::string operator()(const Acknowledge&) const { return "acknowledge"; }
  std::string operator()(const Enlist&) const { return "enlist"; }
  std::string operator()(const Inquire&) const { return "inquire"; }

  std::string operator()(const participant_effect::Send& e) const {
    return std::visit(*this, e.message);
  }
  std::string operator()(const participant_effect::CallAdmitted&) const { return "admitted"; }
  std::string operator()(const participant_effect::CallRefused& e) const {
    return "refused:" + std::string(NameOf(e.reason));
  }
  std::string operator()(const participant_effect::Enlisted& e) const {
    return e.reason == Reason::kNone ? "enlisted" : "enlisted:" + std::string(NameOf(e.reason));
  }
  std::string operator()(const participant_effect::PrepareBranch&) const { return "PREPARE"; }
  std::string operator()(const participant_effect::CommitBranch&) const { return "COMMIT"; }
  std::string operator()(const participant_effect::AbortBranch&) const { return "ABORT"; }
  std::string operator()(const participant_effect::NoteCoordinator&) const { return "note"; }
  std::string operator()(const participant_effect::Notice& e) const { return ToText(e.kind); }
};

inline std::string ToText(const ParticipantEffects& effects) {
  std::string text;
  for (const ParticipantEffect& effect : effects) {
    if (!text.empty()) text += " ";
    text += std::visit(EffectWriter(), effect);
  }
  return text;
}

inline RecoveredStore FreshStore() {
  RecoveredStore store;
  store.store = StoreId{1, 2};
  store.incarnation = kIncarnation;
  return store;
}

class ParticipantRig {
 public:
  explicit ParticipantRig(RecoveredStore store = FreshStore(), ParticipantLimits limits = {},
                          std::uint64_t seed = 1)
      : core(limits, std::move(store), seed, Time{}) {}

  // The effects as text; they are kept in `effects` too.
  std::string Step(ParticipantInput input) {
    effects.clear();
    core.Step(std::move(input), now, &effects);
    core.CheckInvariants();
    return ToText(effects);
  }

  std::string Attach(LinkId link = kLink, Epoch epoch = kEpoch, const char* coordinator = "c") {
    AttachAnswer answer;
    answer.coordinator = TestCoordinator(coordinator);
    answer.epoch = epoch;
    answer.life = 100 + epoch;
    return Step(participant_input::Attached{link, answer});
  }
  std::string Receive(ToParticipant message, LinkId link = kLink) {
    return Step(participant_input::Received{link, std::move(message)});
  }
  std::string Prepare(std::uint64_t number, std::optional<std::string> payload = "work") {
    return Receive(PrepareOf(number, std::move(payload)));
  }
  std::string Commit(std::uint64_t number, std::uint64_t mark = 0) {
    return Receive(assent::Commit{{kEpoch, number}, number, {kEpoch, mark}});
  }
  std::string Abort(std::uint64_t number, std::optional<std::uint64_t> stamp = std::nullopt) {
    assent::Abort message{{kEpoch, number}, std::nullopt};
    if (stamp) message.stamp = Stamp{kEpoch, kIncarnation, *stamp};
    return Receive(message);
  }
  std::string Answer(std::uint64_t number, Verdict verdict) {
    return Receive(InquiryAnswer{{kEpoch, number}, verdict, number, {}});
  }
  std::string Call(CallId call, std::uint64_t number) {
    return Step(participant_input::CallBegun{call, Id(number)});
  }
  std::string EndCall(CallId call) { return Step(participant_input::CallEnded{call}); }
  std::string Enlisted(Reason reason = Reason::kNone) {
    return Receive(EnlistAnswer{last_token, reason, {}});
  }
  std::string Prepared(std::uint64_t number, VoteKind vote) {
    return Step(participant_input::Prepared{Id(number), {vote, {}}});
  }
  std::string Committed(std::uint64_t number, CommitResult result = CommitResult::kCommitted) {
    return Step(participant_input::Committed{Id(number), result});
  }
  std::string Aborted(std::uint64_t number, bool done = true) {
    return Step(participant_input::Aborted{Id(number), done});
  }
  std::string TickAtDeadline() {
    if (!core.NextDeadline().IsNever()) now = std::max(now, core.NextDeadline());
    return Step(participant_input::Tick{});
  }
  // Brings a payload branch to PREPARED.
  void PrepareYes(std::uint64_t number) {
    Prepare(number);
    Prepared(number, VoteKind::kYes);
  }

  // The stamp's number is the branch's, unless given.
  static assent::Prepare PrepareOf(std::uint64_t number, std::optional<std::string> payload) {
    assent::Prepare message;
    message.id = {kEpoch, number};
    message.stamp = {kEpoch, kIncarnation, number};
    message.payload = std::move(payload);
    return message;
  }
  static TransactionId Id(std::uint64_t number, Epoch epoch = kEpoch) {
    return {TestCoordinator(), {epoch, number}};
  }

  // The state of the branch, or "-" if there is none.
  std::string StateOf(std::uint64_t number, Epoch epoch = kEpoch) const {
    for (const LocalBranchView& view : core.ListBranches(now)) {
      if (view.id == Id(number, epoch)) return ToText(view.state);
    }
    return "-";
  }

  Participant core;
  Time now;
  ParticipantEffects effects;
  std::uint64_t last_token = 1;
};

}  // namespace assent
