#include "simulations/explorer/words.h"

#include <variant>

#include "core/reason.h"

namespace assent::explorer {
namespace {

std::string Number(std::uint64_t number) { return std::to_string(number); }

std::string Mark(Sequence mark) { return ", clean mark " + Words(mark); }

std::string Why(Reason reason, const std::string& text) {
  if (reason == Reason::kNone) return "yes";
  return std::string(NameOf(reason)) + " (" + text + ")";
}

std::string Stamped(const Stamp& stamp) {
  return Number(stamp.epoch) + "." + Number(stamp.incarnation) + "." + Number(stamp.n);
}

std::string Say(const AttachAnswer& m) {
  return "AttachAnswer " + Why(m.reason, m.text) + ", epoch " + Number(m.epoch);
}

std::string Say(const Prepare& m) {
  std::string text = "Prepare " + Words(m.id) + " stamp " + Stamped(m.stamp);
  text += m.payload ? ", payload " + *m.payload : ", no payload";
  for (const Peer& peer : m.peers) {
    text +=
        ", peer " + peer.participant + " " + Number(peer.incarnation) + "." + Number(peer.stamp);
  }
  return text + Mark(m.clean_mark);
}

std::string Say(const Commit& m) {
  return "Commit " + Words(m.id) + " (decision " + Number(m.decision_number) + ")" +
         Mark(m.clean_mark);
}

std::string Say(const Abort& m) {
  return "Abort " + Words(m.id) + (m.stamp ? " stamp " + Stamped(*m.stamp) : "");
}

std::string Say(const EnlistAnswer& m) {
  return "EnlistAnswer " + Number(m.token) + " " + Why(m.reason, m.text);
}

const char* Say(Verdict verdict) {
  switch (verdict) {
    case Verdict::kWait:
      return "WAIT";
    case Verdict::kCommit:
      return "COMMIT";
    case Verdict::kAbort:
      return "ABORT";
    case Verdict::kNotYours:
      return "NOT_YOURS";
    case Verdict::kRefused:
      return "REFUSED";
  }
  return "?";
}

std::string Say(const InquiryAnswer& m) {
  std::string text = "InquiryAnswer " + Words(m.id) + " " + Say(m.verdict);
  if (m.verdict != Verdict::kCommit) return text;
  return text + " (decision " + Number(m.decision_number) + ")" + Mark(m.clean_mark);
}

std::string Say(const Attach& m) {
  return "Attach " + m.participant + " store " + Number(m.store.high) + "." + Number(m.store.low) +
         " incarnation " + Number(m.incarnation) + ", knows epoch " + Number(m.knowledge.epoch) +
         " decision " + Number(m.knowledge.decision_number);
}

std::string Say(const Vote& m) {
  const char* const kind = m.kind == VoteKind::kYes  ? "yes"
                           : m.kind == VoteKind::kNo ? "no"
                                                     : "read-only";
  return "Vote " + Words(m.id) + " " + kind + (m.text.empty() ? "" : " (" + m.text + ")");
}

std::string Say(const Acknowledge& m) { return "Acknowledge " + Words(m.id); }

std::string Say(const Enlist& m) {
  return "Enlist " + Words(m.id.sequence) + " token " + Number(m.token);
}

std::string Say(const Inquire& m) { return "Inquire " + Words(m.id); }

std::string Say(const BeginRequest&) { return "Begin"; }
std::string Say(const OpenBlockRequest& r) { return "Begin a block of " + Number(r.count); }
std::string Say(const EnlistRequest& r) {
  return "Enlist " + r.participant + " in " + Words(r.id.sequence);
}
std::string Say(const CommitRequest& r) {
  std::string text = "Commit(" + Words(r.id.sequence);
  for (const BranchRequest& branch : r.branches) text += ", " + branch.participant;
  if (r.expected_branches) text += ", expecting " + Number(*r.expected_branches);
  return text + ")";
}
std::string Say(const AbortRequest& r) { return "Abort(" + Words(r.id.sequence) + ")"; }
std::string Say(const GetRequest& r) { return "Get(" + Words(r.id.sequence) + ")"; }

std::string Say(const BeginReply& r) { return "begun " + Words(r.id.sequence); }
std::string Say(const BlockReply& r) {
  return Number(r.count) + " ids from " + Words(r.first.sequence);
}
std::string Say(const EnlistReply&) { return "enlisted"; }
std::string Say(const ErrorReply& r) { return "refused " + Why(r.reason, r.text); }
std::string Say(const OutcomeReply& r) {
  const std::string id = Words(r.id.sequence);
  if (r.outcome == Outcome::kUnknown) return id + " UNKNOWN, " + Words(r.state);
  if (r.outcome == Outcome::kAborted) {
    return id + " ABORTED, " + std::string(NameOf(r.abort_reason));
  }
  std::string text = id + (r.read_only ? " COMMITTED, read-only" : " COMMITTED");
  for (const std::string& name : r.unfinished) text += ", still on its way to " + name;
  return text;
}

}  // namespace

std::string Words(Sequence id) { return "t" + Number(id.epoch) + "-" + Number(id.number); }

std::string Words(const ToParticipant& message) {
  return std::visit([](const auto& m) { return Say(m); }, message);
}

std::string Words(const FromParticipant& message) {
  return std::visit([](const auto& m) { return Say(m); }, message);
}

std::string Words(const InitiatorRequest& request) {
  return std::visit([](const auto& r) { return Say(r); }, request);
}

std::string Words(const InitiatorReply& reply) {
  return std::visit([](const auto& r) { return Say(r); }, reply);
}

const char* Words(TransactionState state) {
  switch (state) {
    case TransactionState::kActive:
      return "ACTIVE";
    case TransactionState::kPreparing:
      return "PREPARING";
    case TransactionState::kDeciding:
      return "DECIDING";
    case TransactionState::kCommitting:
      return "COMMITTING";
    case TransactionState::kCommitted:
      return "COMMITTED";
    case TransactionState::kAborted:
      return "ABORTED";
  }
  return "?";
}

const char* Words(LocalBranchState state) {
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

std::string NameOfParticipant(int participant) {
  return std::string(1, static_cast<char>('a' + participant));
}

int ParticipantNamed(const std::string& name) { return name[0] - 'a'; }

}  // namespace assent::explorer
