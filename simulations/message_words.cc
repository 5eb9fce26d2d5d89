#include "simulations/message_words.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "core/reason.h"
#include "participant/key_value_store_operations.h"
#include "simulations/codec.h"
#include "simulations/work_call.h"

namespace assent::simulation {
namespace {

std::string Number(std::uint64_t number) { return std::to_string(number); }

std::string InBrackets(const std::string& text) { return text.empty() ? "" : " (" + text + ")"; }

std::string Why(Reason reason, const std::string& text) {
  if (reason == Reason::kNone) return "yes";
  return std::string(NameOf(reason)) + InBrackets(text);
}

std::string Words(const StoreOperation& operation) {
  switch (operation.kind) {
    case StoreOperation::Kind::kRead:
      return "read " + operation.key;
    case StoreOperation::Kind::kPut:
      return operation.key + " = " + operation.value;
    case StoreOperation::Kind::kDelete:
      return "delete " + operation.key;
    case StoreOperation::Kind::kAdd:
      return operation.key + (operation.delta < 0 ? " " : " +") + std::to_string(operation.delta);
  }
  return "";
}

std::string WordsOfPayload(std::string_view bytes) {
  const std::optional<Operations> operations = Operations::Decode(bytes);
  if (!operations) return Number(bytes.size()) + " bytes";
  std::string text;
  for (const StoreOperation& one : operations->list()) {
    text += (text.empty() ? "" : "; ") + Words(one);
  }
  return text;
}

// Collects the parts of one message.
class Teller {
 public:
  explicit Teller(const CoordinatorId& coordinator = {}) : coordinator_(coordinator) {}

  void Say(const std::string& label, const TransactionId& id, const std::string& rest = "") {
    Add(label, label + " " + id.ToText() + rest);
    if (std::find(about_.begin(), about_.end(), id) == about_.end()) about_.push_back(id);
  }
  void Say(const std::string& label, Sequence id, const std::string& rest = "") {
    Say(label, TransactionId{coordinator_, id}, rest);
  }
  void Say(const std::string& label, const std::string& rest) { Add(label, label + rest); }
  void About(const std::vector<TransactionId>& about) { about_ = about; }

  // To a participant.
  void Tell(const AttachAnswer& m) {
    const std::string label = m.reason == Reason::kNone ? "attached" : "refused";
    Say(label, ": " + Why(m.reason, m.text) + ", epoch " + Number(m.epoch));
  }
  void Tell(const Prepare& m) {
    std::string rest = ", stamp " + Number(m.stamp.epoch) + "." + Number(m.stamp.incarnation) +
                       "." + Number(m.stamp.n);
    if (m.payload) rest += ", payload: " + WordsOfPayload(*m.payload);
    Say("Prepare", m.id, rest);
  }
  void Tell(const Commit& m) { Say("Commit", m.id, ", decision " + Number(m.decision_number)); }
  void Tell(const Abort& m) { Say("Abort", m.id); }
  void Tell(const EnlistAnswer& m) { Say("enlisted", ": " + Why(m.reason, m.text)); }
  void Tell(const InquiryAnswer& m) {
    switch (m.verdict) {
      case Verdict::kWait:
        return Say("answer: wait", m.id);
      case Verdict::kCommit:
        return Say("answer: commit", m.id, ", decision " + Number(m.decision_number));
      case Verdict::kAbort:
        return Say("answer: abort", m.id);
      case Verdict::kNotYours:
        return Say("answer: not yours", m.id);
      case Verdict::kRefused:
        return Say("answer: refused", m.id);
    }
  }

  // From a participant.
  void Tell(const Attach& m) {
    Say("Attach", " " + m.participant + ", incarnation " + Number(m.incarnation));
  }
  void Tell(const Vote& m) {
    const std::string label = m.kind == VoteKind::kYes  ? "Vote yes"
                              : m.kind == VoteKind::kNo ? "Vote no"
                                                        : "Vote read-only";
    Say(label, m.id, InBrackets(m.text));
  }
  void Tell(const Acknowledge& m) { Say("Acknowledge", m.id); }
  void Tell(const Enlist& m) { Say("Enlist", m.id); }
  void Tell(const Inquire& m) { Say("Inquire", m.id); }

  // To a coordinator.
  void Tell(const BeginRequest&) { Say("Begin", ""); }
  void Tell(const OpenBlockRequest& m) { Say("Begin", " a block of " + Number(m.count)); }
  void Tell(const EnlistRequest& m) { Say("Enlist", m.id, " at " + m.participant); }
  void Tell(const CommitRequest& m) {
    std::string rest;
    for (const BranchRequest& branch : m.branches) {
      rest += "\n  " + branch.participant + ": " + WordsOfPayload(branch.payload);
    }
    if (m.expected_branches) rest += ", expecting " + Number(*m.expected_branches) + " branches";
    Say("Commit", m.id, rest);
  }
  void Tell(const AbortRequest& m) {
    Say("Abort", m.id, m.following > 0 ? ", and " + Number(m.following) + " after it" : "");
  }
  void Tell(const GetRequest& m) { Say("Get", m.id); }

  // From a coordinator.
  void Tell(const BeginReply& m) { Say("begun", m.id); }
  void Tell(const BlockReply& m) { Say("begun", m.first, " and " + Number(m.count) + " in all"); }
  void Tell(const EnlistReply&) { Say("enlisted", ""); }
  void Tell(const OutcomeReply& m) {
    const std::string label = m.outcome == Outcome::kCommitted ? "COMMITTED"
                              : m.outcome == Outcome::kAborted ? "ABORTED"
                                                               : "UNKNOWN";
    Add(label, simulation::Words(m));
    about_.push_back(m.id);
  }
  void Tell(const ErrorReply& m) { Say("error", ": " + Why(m.reason, m.text)); }

  template <class... Kinds>
  void Tell(const std::variant<Kinds...>& message) {
    std::visit([this](const auto& one) { Tell(one); }, message);
  }

  MessageWords Take() {
    MessageWords words;
    for (const auto& [label, count] : labels_) {
      words.label += (words.label.empty() ? "" : ", ") + label;
      if (count > 1) words.label += " \u00d7" + std::to_string(count);
    }
    words.text = std::move(text_);
    words.about = std::move(about_);
    return words;
  }

 private:
  void Add(const std::string& label, const std::string& line) {
    text_ += (text_.empty() ? "" : "\n") + line;
    const auto found = std::find_if(labels_.begin(), labels_.end(),
                                    [&label](const auto& one) { return one.first == label; });
    if (found != labels_.end()) {
      ++found->second;
    } else {
      labels_.emplace_back(label, 1);
    }
  }

  const CoordinatorId coordinator_;
  std::vector<std::pair<std::string, int>> labels_;
  std::string text_;
  std::vector<TransactionId> about_;
};

MessageWords Unreadable(std::string_view bytes) {
  return MessageWords{"message", Number(bytes.size()) + " bytes", {}};
}

template <class Frame, class Message>
MessageWords WordsOfAttachFrame(const CoordinatorId& coordinator, std::string_view bytes) {
  Frame frame;
  std::vector<Message> messages;
  WireError error;
  if (!ParseWire(bytes, &frame, &error) || !FromWire(&frame, &messages, &error)) {
    return Unreadable(bytes);
  }
  Teller teller(coordinator);
  for (const Message& message : messages) teller.Tell(message);
  return teller.Take();
}

MessageWords WordsOfSessionRequest(const CoordinatorId& coordinator, std::string_view bytes) {
  v1::SessionRequest frame;
  std::vector<SessionCall> calls;
  WireError error;
  if (!ParseWire(bytes, &frame, &error) || !FromWire(&frame, coordinator, 0, &calls, &error)) {
    return Unreadable(bytes);
  }
  Teller teller(coordinator);
  for (const SessionCall& call : calls) teller.Tell(call.request);
  return teller.Take();
}

MessageWords WordsOfSessionResponse(CoordinatorId coordinator, std::string_view bytes) {
  v1::SessionResponse frame;
  std::vector<SessionAnswer> answers;
  WireError error;
  if (!ParseWire(bytes, &frame, &error) || !FromWire(&frame, &coordinator, &answers, &error)) {
    return Unreadable(bytes);
  }
  Teller teller(coordinator);
  for (const SessionAnswer& answer : answers) teller.Tell(answer.reply);
  if (answers.empty()) teller.Say("hello", " from " + std::string(coordinator.text()));
  return teller.Take();
}

// What a message on the wire says, into `parts`. False if it cannot be read.
template <class Message, class... Parts>
bool Understand(std::string_view bytes, Parts*... parts) {
  Message message;
  WireError error;
  return ParseWire(bytes, &message, &error) && FromWire(&message, parts..., &error);
}

template <class Body>
MessageWords WordsOf(Teller teller, const Body& body) {
  teller.Tell(body);
  return teller.Take();
}

template <class Message, class Request>
MessageWords WordsOfCall(std::string_view bytes) {
  Request request;
  if (!Understand<Message>(bytes, &request)) return Unreadable(bytes);
  return WordsOf(Teller(), request);
}

template <class Message, class Body>
MessageWords WordsOfBranchCall(std::string_view bytes) {
  Addressee to;
  Body body;
  if (!Understand<Message>(bytes, &to, &body)) return Unreadable(bytes);
  return WordsOf(Teller(to.coordinator), body);
}

MessageWords WordsOfWork(std::string_view bytes) {
  const std::optional<WorkCall> work = DecodeWorkCall(bytes);
  if (!work) return Unreadable(bytes);
  Teller teller;
  teller.Say("work", work->id, ": " + WordsOfPayload(work->operations));
  return teller.Take();
}

template <class Message, class Reply>
MessageWords WordsOfAnswer(std::string_view bytes) {
  const std::optional<InitiatorReply> reply = ParseReply<Message, Reply>(bytes);
  if (!reply) return Unreadable(bytes);
  return WordsOf(Teller(), *reply);
}

MessageWords WordsOfVote(std::string_view bytes, const std::vector<TransactionId>& about) {
  v1::PrepareResponse message;
  Vote vote;
  WireError error;
  if (about.size() != 1 || !ParseWire(bytes, &message, &error) ||
      !FromWire(&message, about[0].sequence, &vote, &error)) {
    return MessageWords{"no answer", "the call fails", about};
  }
  return WordsOf(Teller(about[0].coordinator), vote);
}

MessageWords WordsOfAcknowledge(std::string_view bytes, const std::vector<TransactionId>& about) {
  v1::CommitResponse message;
  WireError error;
  if (!ParseWire(bytes, &message, &error) || !message.acknowledged()) {
    return MessageWords{"no answer", "the call fails", about};
  }
  return MessageWords{"Acknowledge", "Acknowledge", about};
}

}  // namespace

std::string Words(const OutcomeReply& reply) {
  std::string text = reply.id.ToText();
  if (reply.outcome == Outcome::kUnknown) return text + " UNKNOWN, not decided yet";
  if (reply.outcome == Outcome::kAborted) {
    text += " ABORTED: " + std::string(NameOf(reply.abort_reason));
    return text + (reply.participant.empty() ? "" : " at " + reply.participant) +
           InBrackets(reply.text);
  }
  text += reply.read_only ? " COMMITTED, nothing changed" : " COMMITTED";
  for (const std::string& name : reply.unfinished) text += ", on its way to " + name;
  return text;
}

MessageWords WordsOfFrame(StreamKind kind, bool to_coordinator, const CoordinatorId& coordinator,
                          std::string_view bytes) {
  if (kind == StreamKind::kSession) {
    return to_coordinator ? WordsOfSessionRequest(coordinator, bytes)
                          : WordsOfSessionResponse(coordinator, bytes);
  }
  return to_coordinator ? WordsOfAttachFrame<v1::AttachRequest, FromParticipant>(coordinator, bytes)
                        : WordsOfAttachFrame<v1::AttachResponse, ToParticipant>(coordinator, bytes);
}

MessageWords WordsOfRequest(Method method, std::string_view bytes) {
  switch (method) {
    case Method::kBegin:
      return WordsOfCall<v1::BeginTransactionRequest, BeginRequest>(bytes);
    case Method::kEnlist:
      return WordsOfCall<v1::EnlistParticipantRequest, EnlistRequest>(bytes);
    case Method::kCommit:
      return WordsOfCall<v1::CommitTransactionRequest, CommitRequest>(bytes);
    case Method::kAbort:
      return WordsOfCall<v1::AbortTransactionRequest, AbortRequest>(bytes);
    case Method::kGet:
      return WordsOfCall<v1::GetTransactionRequest, GetRequest>(bytes);
    case Method::kPrepareBranch:
      return WordsOfBranchCall<v1::PrepareRequest, Prepare>(bytes);
    case Method::kCommitBranch:
      return WordsOfBranchCall<v1::CommitRequest, Commit>(bytes);
    case Method::kAbortBranch:
      return WordsOfBranchCall<v1::AbortRequest, Abort>(bytes);
    case Method::kListPrepared:
      return MessageWords{"ListPrepared", "ListPrepared", {}};
    case Method::kWork:
      return WordsOfWork(bytes);
  }
  return Unreadable(bytes);
}

MessageWords WordsOfReply(Method method, std::string_view bytes,
                          const std::vector<TransactionId>& about) {
  switch (method) {
    case Method::kBegin:
      return WordsOfAnswer<v1::BeginTransactionResponse, BeginReply>(bytes);
    case Method::kEnlist:
      return WordsOfAnswer<v1::EnlistParticipantResponse, EnlistReply>(bytes);
    case Method::kCommit:
      return WordsOfAnswer<v1::CommitTransactionResponse, OutcomeReply>(bytes);
    case Method::kAbort:
      return WordsOfAnswer<v1::AbortTransactionResponse, OutcomeReply>(bytes);
    case Method::kGet:
      return WordsOfAnswer<v1::GetTransactionResponse, OutcomeReply>(bytes);
    case Method::kPrepareBranch:
      return WordsOfVote(bytes, about);
    case Method::kCommitBranch:
      return WordsOfAcknowledge(bytes, about);
    case Method::kAbortBranch:
      return MessageWords{"aborted", "the call has returned", about};
    case Method::kListPrepared:
      return MessageWords{"prepared list", Number(bytes.size()) + " bytes", {}};
    case Method::kWork:
      return MessageWords{std::string(bytes), "the service answers: " + std::string(bytes), about};
  }
  return Unreadable(bytes);
}

}  // namespace assent::simulation
