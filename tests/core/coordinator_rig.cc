#include "tests/core/coordinator_rig.h"

namespace assent {
namespace {

std::string NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kUnknown:
      return "UNKNOWN";
    case Outcome::kCommitted:
      return "COMMITTED";
    case Outcome::kAborted:
      return "ABORTED";
  }
  return "?";
}

std::string NameOf(Verdict verdict) {
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

std::string NameOf(const LogUpdate& update) {
  const char* const names[] = {"Acknowledged", "Removal", "Binding", "Superseded"};
  return names[update.index()];
}

std::string DescribeMessage(const ToParticipant& message) {
  const char* const names[] = {"AttachAnswer", "Prepare",      "Commit",
                               "Abort",        "EnlistAnswer", "InquiryAnswer"};
  std::string text = names[message.index()];
  if (const auto* attach = std::get_if<AttachAnswer>(&message)) {
    if (attach->reason != Reason::kNone) text += ' ' + std::string(NameOf(attach->reason));
  } else if (const auto* enlist = std::get_if<EnlistAnswer>(&message)) {
    if (enlist->reason != Reason::kNone) text += ' ' + std::string(NameOf(enlist->reason));
  } else if (const auto* inquiry = std::get_if<InquiryAnswer>(&message)) {
    text += ' ' + NameOf(inquiry->verdict);
  }
  return text;
}

std::string DescribeReply(const InitiatorReply& reply) {
  if (std::holds_alternative<BeginReply>(reply)) return "begun";
  if (std::holds_alternative<BlockReply>(reply)) return "block";
  if (std::holds_alternative<EnlistReply>(reply)) return "enlisted";
  if (const auto* error = std::get_if<ErrorReply>(&reply)) {
    return std::string(NameOf(error->reason));
  }
  const auto& outcome = std::get<OutcomeReply>(reply);
  std::string text = NameOf(outcome.outcome);
  if (outcome.read_only) text += " read-only";
  if (outcome.abort_reason != AbortReason::kNone) {
    text += ' ' + std::string(NameOf(outcome.abort_reason));
  }
  for (const std::string& name : outcome.unfinished) text += " -" + name;
  return text;
}

}  // namespace

std::string Describe(const CoordinatorEffect& effect) {
  using namespace coordinator_effect;
  if (const auto* reply = std::get_if<Reply>(&effect)) return DescribeReply(reply->body);
  if (const auto* send = std::get_if<Send>(&effect)) {
    return std::to_string(send->link) + "<-" + DescribeMessage(send->message);
  }
  if (const auto* close = std::get_if<CloseLink>(&effect)) {
    return "close " + std::to_string(close->link);
  }
  if (std::holds_alternative<LogDecision>(effect)) return "log Decision";
  if (const auto* update = std::get_if<LogUpdated>(&effect)) {
    return "log " + NameOf(update->update);
  }
  if (std::holds_alternative<BindingReplaced>(effect)) return "binding replaced";
  if (std::holds_alternative<Halt>(effect)) return "halt";
  const char* const names[] = {"attached",     "attach refused",      "detached",
                               "odd abort",    "ignored vote",        "ignored acknowledge",
                               "foreign vote", "foreign acknowledge", "refused inquiry",
                               "misbehaved",   "superseded"};
  return std::string("note ") + names[static_cast<int>(std::get<Notice>(effect).kind)];
}

void CoordinatorRig::Keep() {
  using namespace coordinator_effect;
  for (const CoordinatorEffect& effect : effects) {
    if (const auto* reply = std::get_if<Reply>(&effect)) {
      const bool first = replies.emplace(reply->request, reply->body).second;
      EXPECT_TRUE(first) << "request " << reply->request << " is answered twice";
    } else if (const auto* send = std::get_if<Send>(&effect)) {
      const std::string text = DescribeMessage(send->message);
      ++counts[text.substr(0, text.find(' '))];
    } else if (const auto* decision = std::get_if<LogDecision>(&effect)) {
      EXPECT_EQ(decision->ticket, ++last_ticket) << "tickets are 1, 2, 3, …";
      decisions.push_back(decision->record);
      ++counts["LogDecision"];
    } else if (const auto* update = std::get_if<LogUpdated>(&effect)) {
      EXPECT_EQ(update->ticket, ++last_ticket) << "tickets are 1, 2, 3, …";
      updates.push_back(update->update);
      ++counts[NameOf(update->update)];
    }
  }
}

}  // namespace assent
