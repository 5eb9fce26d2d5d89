// What simulated initiators do after the answer, and what is not allowed.
#include <string>
#include <utility>
#include <variant>

#include "simulations/initiator_node.h"

namespace assent::simulation {

void InitiatorNode::AskAgain(Number number) {
  Attempt* attempt = Find(number);
  Random& random = context_->random;
  const bool different = attempt->is_planned && random.Chance(context_->profile.different_ppm);
  InitiatorRequest request = GetRequest{attempt->id};
  if (different) {
    CommitRequest changed = attempt->request;
    changed.branches.push_back({"p60", "other"});
    request = std::move(changed);
  } else if (attempt->is_planned && random.Below(2) == 0) {
    request = attempt->request;
  } else if (random.Below(2) == 0) {
    request = AbortRequest{attempt->id};
  }
  client_.Ask(attempt->coordinator, std::move(request),
              [this, number, different](const std::optional<InitiatorReply>& reply) {
                if (Find(number) != nullptr) AnsweredAgain(number, different, reply);
                client_.Flush();
              });
}

void InitiatorNode::AnsweredAgain(Number number, bool was_different,
                                  const std::optional<InitiatorReply>& reply) {
  const OutcomeReply* outcome = reply ? std::get_if<OutcomeReply>(&*reply) : nullptr;
  const ErrorReply* error = reply ? std::get_if<ErrorReply>(&*reply) : nullptr;
  if (error != nullptr && error->reason == Reason::kOutcomeExpired) CheckRetention(*Find(number));
  if (error != nullptr) context_->history.HeardRefusal(Find(number)->id, error->reason);
  if (outcome != nullptr) {
    context_->history.Told(*outcome);
    if (was_different && outcome->outcome == Outcome::kCommitted) {
      context_->history.Violate("R1", "COMMITTED was told to a Commit of " + outcome->id.ToText() +
                                          " that lists other branches than it has");
    }
  }
  if (context_->random.Chance(context_->profile.ask_again_ppm / 2)) return AskAgain(number);
  Finish(number);
}

// Each of these must be refused, and leave no trace.
void InitiatorNode::TryTooMuch(Attempt* attempt) {
  CommitRequest request = attempt->request;
  if (context_->random.Below(2) == 0) {
    for (int i = 40; i < 60; ++i) request.branches.push_back({NameOfParticipant(i), "x"});
  } else {
    request.branches.push_back({NameOfParticipant(60), std::string(5000, 'x')});
  }
  client_.Ask(attempt->coordinator, request, [this](const std::optional<InitiatorReply>& reply) {
    const auto* outcome = reply ? std::get_if<OutcomeReply>(&*reply) : nullptr;
    if (reply) ++context_->outcomes.refused;
    if (outcome == nullptr) return;
    context_->history.Violate(
        "P7", "a Commit of " + outcome->id.ToText() + " over the limits was answered");
  });
}

// R11: the retention runs from the closing of the id, which is after its beginning if it was
// opened.
void InitiatorNode::CheckRetention(const Attempt& attempt) {
  const Profile& profile = context_->profile;
  const Duration age = context_->scheduler.Now() - attempt.begun;
  if (!KeepsItsRetention(profile) || !attempt.has_committed) return;
  context_->history.Expired(attempt.id, age, Duration::Millis(profile.retention_ms));
}

}  // namespace assent::simulation
