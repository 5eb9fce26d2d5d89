#include "simulations/initiator_node.h"

#include <utility>
#include <variant>

#include "core/check.h"
#include "simulations/message_words.h"
#include "simulations/work_call.h"

namespace assent::simulation {
namespace {

constexpr Duration kWorkTimeout = Duration::Seconds(5);

}  // namespace

InitiatorNode::InitiatorNode(Context* context, int number, bool uses_sessions)
    : Process(context, "initiator-" + std::to_string(number)),
      client_(context, this, uses_sessions, [this](Duration delay, std::function<void()> action) {
        Later(delay, [this, action = std::move(action)] {
          action();
          client_.Flush();
        });
      }) {}

void InitiatorNode::AddCoordinator(Host* coordinator) {
  client_.AddCoordinator(coordinator);
  ++coordinators_;
}

void InitiatorNode::Start() {
  ComeUp();
  if (Records(EventKind::kStart)) Record(EventKind::kStart, "starts");
  client_.Start();
  BeginMore();
  client_.Flush();
}

void InitiatorNode::Crash() {
  if (!up()) return;
  if (Records(EventKind::kCrash)) Record(EventKind::kCrash, "is killed");
  GoDown();
  client_.Clear();
  for (const auto& entry : attempts_) {
    if (!entry.second.is_settled && !entry.second.id.coordinator.empty()) {
      ++context_->outcomes.unknown;
    }
  }
  attempts_.clear();
  looks_.clear();
}

void InitiatorNode::OnFrame(StreamId stream, std::string bytes) {
  client_.OnFrame(stream, bytes);
  client_.Flush();
}

void InitiatorNode::OnClosed(StreamId stream) { client_.OnClosed(stream); }

InitiatorNode::Attempt* InitiatorNode::Find(Number number) {
  const auto found = attempts_.find(number);
  return found == attempts_.end() ? nullptr : &found->second;
}

InitiatorClient::Done InitiatorNode::Then(
    Number number, void (InitiatorNode::*next)(Number, const std::optional<InitiatorReply>&)) {
  return [this, number, next](const std::optional<InitiatorReply>& reply) {
    if (Find(number) != nullptr) (this->*next)(number, reply);
    client_.Flush();
  };
}

bool InitiatorNode::Leaves(Number number) {
  Attempt* attempt = Find(number);
  if (attempt->is_probe || context_->healed) return false;
  if (!context_->random.Chance(context_->profile.abandon_ppm)) return false;
  if (!attempt->is_settled) ++context_->outcomes.unknown;
  Finish(number);
  return true;
}

// ---------------------------------------------------------------------------------------------
// Beginning

void InitiatorNode::BeginMore() {
  const auto window = static_cast<std::size_t>(context_->profile.window);
  while (attempts_.size() < window && context_->transactions_left > 0) {
    --context_->transactions_left;
    const Number number = next_number_++;
    Attempt& attempt = attempts_[number];
    attempt.coordinator = static_cast<int>(context_->random.Below(coordinators_));
    if (looks_.empty()) {
      attempt.plan = DrawPlan(context_->profile, &context_->random);
    } else {
      attempt.look = looks_.front();
      looks_.pop_front();
      attempt.plan = LookPlan(attempt.look->id, attempt.look->participant);
    }
    NoteWanted(attempt.plan);
    Begin(number);
  }
}

void InitiatorNode::NoteWanted(const Plan& plan) {
  for (const PlannedBranch& branch : plan.branches) {
    for (const StoreOperation& operation : branch.operations.list()) {
      context_->history.Wanted(branch.participant, operation.key);
    }
  }
}

void InitiatorNode::RunProbe(int coordinator, Plan plan) {
  const Number number = next_number_++;
  Attempt& attempt = attempts_[number];
  attempt.is_probe = true;
  attempt.coordinator = coordinator;
  attempt.plan = std::move(plan);
  probe_committed_ = false;
  Begin(number);
  client_.Flush();
}

void InitiatorNode::Begin(Number number) {
  client_.Begin(Find(number)->coordinator, Then(number, &InitiatorNode::Begun));
}

void InitiatorNode::Begun(Number number, const std::optional<InitiatorReply>& reply) {
  Attempt* attempt = Find(number);
  const BeginReply* begun = reply ? std::get_if<BeginReply>(&*reply) : nullptr;
  if (begun == nullptr) {
    if (reply) ++context_->outcomes.refused;
    return Later(context_->random.Between(Duration::Millis(20), Duration::Millis(800)),
                 [this, number] {
                   if (Find(number) != nullptr) Begin(number);
                   client_.Flush();
                 });
  }
  attempt->id = begun->id;
  attempt->begun = context_->scheduler.Now();
  if (!attempt->is_probe) ++context_->outcomes.transactions;
  if (Leaves(number)) return;
  if (context_->random.Chance(context_->profile.peek_ppm)) Peek(number, /*is_new=*/true);
  if (context_->random.Chance(context_->profile.by_name_ppm)) return EnlistByName(number, 0);
  CallServices(number);
}

// R4 (b): enlists those that it is going to call, from that branch on.
void InitiatorNode::EnlistByName(Number number, std::size_t branch) {
  const Attempt& attempt = *Find(number);
  const std::vector<PlannedBranch>& branches = attempt.plan.branches;
  while (branch < branches.size() && !branches[branch].by_call) ++branch;
  if (branch < branches.size()) {
    const std::string name = NameOfParticipant(branches[branch].participant);
    return client_.Ask(attempt.coordinator, EnlistRequest{attempt.id, name},
                       [this, number, branch](const std::optional<InitiatorReply>& reply) {
                         if (Find(number) != nullptr) EnlistedByName(number, branch, reply);
                         client_.Flush();
                       });
  }
  // Some forget to call: then there is no work to commit, and who is enlisted must say so.
  const bool forgets = !attempt.is_probe && context_->random.Below(2) == 0;
  return forgets ? Commit(number) : CallServices(number);
}

void InitiatorNode::EnlistedByName(Number number, std::size_t branch,
                                   const std::optional<InitiatorReply>& reply) {
  if (Leaves(number)) return;
  if (reply && std::holds_alternative<EnlistReply>(*reply)) return EnlistByName(number, branch + 1);
  const ErrorReply* error = reply ? std::get_if<ErrorReply>(&*reply) : nullptr;
  if (error != nullptr) context_->history.HeardRefusal(Find(number)->id, error->reason);
  Abort(number);
}

// Asks for what cannot be known yet: no outcome may be told that does not stay so.
void InitiatorNode::Peek(Number number, bool is_new) {
  const Attempt& attempt = *Find(number);
  client_.Ask(attempt.coordinator, GetRequest{attempt.id},
              [this](const std::optional<InitiatorReply>& reply) {
                const auto* outcome = reply ? std::get_if<OutcomeReply>(&*reply) : nullptr;
                if (outcome != nullptr) context_->history.Told(*outcome);
              });
  if (!is_new) return;
  TransactionId future = attempt.id;
  future.sequence.number += 1'000'000;
  client_.Ask(
      attempt.coordinator, GetRequest{future}, [this](const std::optional<InitiatorReply>& reply) {
        const auto* outcome = reply ? std::get_if<OutcomeReply>(&*reply) : nullptr;
        if (outcome == nullptr || outcome->outcome == Outcome::kUnknown) return;
        const TransactionId& id = outcome->id;
        // In a later epoch such an id is one that will never be.
        if (id.sequence.epoch != context_->history.epoch(id.coordinator)) return;
        context_->history.Violate(
            "R1", "an outcome was told of " + outcome->id.ToText() + ", which was never given out");
      });
}

void InitiatorNode::CallServices(Number number) {
  Attempt* attempt = Find(number);
  attempt->step = Step::kWork;
  attempt->is_eager = !attempt->is_probe && attempt->plan.writing_calls() != 0 &&
                      context_->random.Chance(context_->profile.eager_ppm);
  if (attempt->is_eager) attempt->plan.MoveNothing();
  for (const PlannedBranch& branch : attempt->plan.branches) {
    if (!branch.by_call) continue;
    ++attempt->calls_left;
    CallService(number, branch);
  }
  if (attempt->calls_left > 0 && !attempt->is_eager) return;
  const std::int64_t think_us = attempt->is_probe ? 0 : context_->profile.think_us;
  Later(Duration::Micros(context_->random.Below(think_us + 1)), [this, number] {
    if (Find(number) != nullptr) Commit(number);
    client_.Flush();
  });
}

void InitiatorNode::CallService(Number number, const PlannedBranch& branch) {
  const Attempt& attempt = *Find(number);
  Host* const service = participants_[static_cast<std::size_t>(branch.participant)];
  const bool in_two = branch.writes && !attempt.is_eager && !attempt.is_probe &&
                      context_->random.Chance(context_->profile.twice_ppm);
  const std::string rest = in_two ? PlannedBranch::EncodeMark(attempt.id) : "";
  context_->network.Call(
      this, service, Method::kWork,
      Encode(WorkCall{attempt.id, in_two ? branch.EncodeWork() : branch.Encode(attempt.id)}),
      kWorkTimeout, [this, number, service, rest](const std::optional<std::string>& answer) {
        Attempt* const asker = Find(number);
        const bool done = answer && IsDone(*answer);
        if (asker != nullptr && done && asker->look) {
          const Look& look = *asker->look;
          context_->history.Saw(look.id, look.participant, ReadBy(*answer) == "1");
        }
        if (asker != nullptr && done && !rest.empty()) {
          CallAgainLater(number, service, rest);
        } else {
          if (asker != nullptr) asker->is_broken |= !rest.empty();
          CallDone(number, done);
        }
        client_.Flush();
      });
}

// What happens to the participant in between must not part the two.
void InitiatorNode::CallAgainLater(Number number, Host* service, std::string operations) {
  const std::int64_t mean = context_->profile.between_ms;
  if (mean == 0) return CallAgain(number, service, std::move(operations));
  Later(context_->random.Between(Duration(), Duration::Millis(2 * mean)),
        [this, number, service, operations = std::move(operations)] {
          if (Find(number) != nullptr) CallAgain(number, service, operations);
        });
}

// The second half of the work there: the first alone must not be committed.
void InitiatorNode::CallAgain(Number number, Host* service, std::string operations) {
  const Attempt& attempt = *Find(number);
  context_->network.Call(this, service, Method::kWork,
                         Encode(WorkCall{attempt.id, std::move(operations)}), kWorkTimeout,
                         [this, number](const std::optional<std::string>& answer) {
                           const bool done = answer && IsDone(*answer);
                           if (Attempt* const asker = Find(number)) asker->is_broken |= !done;
                           CallDone(number, done);
                           client_.Flush();
                         });
}

void InitiatorNode::CallDone(Number number, bool done) {
  Attempt* attempt = Find(number);
  if (attempt == nullptr || attempt->is_eager) return;
  attempt->call_failed = attempt->call_failed || !done;
  if (--attempt->calls_left > 0 || Leaves(number)) return;
  // With the number of branches that it expects it may ask for commit all the same.
  const bool dares = context_->random.Chance(context_->profile.expect_ppm);
  if (attempt->is_broken || (attempt->call_failed && !dares)) return Abort(number);
  Commit(number);
}

// ---------------------------------------------------------------------------------------------
// Ending

void InitiatorNode::MakeRequest(Attempt* attempt) {
  CommitRequest& request = attempt->request;
  Random& random = context_->random;
  request.id = attempt->id;
  for (const PlannedBranch& branch : attempt->plan.branches) {
    if (branch.by_call) continue;
    request.branches.push_back({NameOfParticipant(branch.participant), branch.Encode(request.id)});
  }
  const bool expects = random.Chance(context_->profile.expect_ppm) && !attempt->is_eager;
  if (expects || attempt->call_failed) {
    request.expected_branches = static_cast<std::uint32_t>(attempt->plan.branches.size());
  }
  if (random.Chance(context_->profile.decision_only_ppm)) request.wait_for = WaitFor::kDecision;
  request.call_timeout = Duration::Millis(context_->profile.call_timeout_ms * 9 / 10);
}

void InitiatorNode::Commit(Number number) {
  Attempt* attempt = Find(number);
  if (!attempt->is_probe && context_->random.Chance(context_->profile.abort_ppm)) {
    return Abort(number);
  }
  attempt->step = Step::kCommit;
  attempt->is_planned = true;
  const ParticipantMask optional = attempt->is_eager ? attempt->plan.writing_calls() : 0;
  context_->history.Planned(attempt->id, attempt->plan.writers() & ~optional, optional);
  MakeRequest(attempt);
  if (context_->random.Chance(context_->profile.overload_ppm)) TryTooMuch(attempt);
  client_.Ask(attempt->coordinator, attempt->request, Then(number, &InitiatorNode::Answered));
  if (context_->random.Chance(context_->profile.peek_ppm)) {
    const std::int64_t wait = 4 * (context_->profile.delay_us + context_->profile.sync_us);
    Later(Duration::Micros(context_->random.Below(wait)), [this, number] {
      if (Find(number) != nullptr) Peek(number, /*is_new=*/false);
      client_.Flush();
    });
  }
  Leaves(number);
}

void InitiatorNode::Abort(Number number) {
  Attempt* attempt = Find(number);
  attempt->step = Step::kAbort;
  // One in four aborts what follows, too, which others may use, or are about to.
  const std::uint32_t most = number % 4 == 0 ? 3 : 0;
  const std::uint32_t following =
      std::min(most, client_.GivenOutAfter(attempt->coordinator, attempt->id));
  client_.Ask(attempt->coordinator, AbortRequest{attempt->id, AbortReason::kRequested, following},
              Then(number, &InitiatorNode::Answered));
  Leaves(number);
}

void InitiatorNode::Answered(Number number, const std::optional<InitiatorReply>& reply) {
  if (!reply) return AskLater(number);
  if (const auto* error = std::get_if<ErrorReply>(&*reply)) return Refused(number, *error);
  const auto* outcome = std::get_if<OutcomeReply>(&*reply);
  if (outcome == nullptr || outcome->id != Find(number)->id) {
    return context_->history.Violate("wire", "an answer to another question");
  }
  context_->history.Told(*outcome);
  if (Records(EventKind::kTold)) {
    Record(EventKind::kTold, "is told: " + Words(*outcome), {outcome->id});
  }
  if (outcome->outcome == Outcome::kUnknown) return AskLater(number);
  Find(number)->is_complete = IsComplete(*outcome);
  Settle(number, outcome->outcome);
}

void InitiatorNode::Refused(Number number, const ErrorReply& error) {
  ++context_->outcomes.refused;
  context_->history.HeardRefusal(Find(number)->id, error.reason);
  switch (error.reason) {
    case Reason::kOutcomeExpired:
      return Settle(number, Outcome::kUnknown);
    case Reason::kUnknownParticipant:  // it has never attached
    case Reason::kParticipantNotAttached:
      if (Find(number)->step == Step::kAbort) return AskLater(number);
      return Abort(number);
    case Reason::kTooManyTransactions:
    case Reason::kTooManyRequests:
    case Reason::kDraining:
    case Reason::kLogFailed:
    case Reason::kSuperseded:
      return AskLater(number);
    default:
      context_->history.Violate(
          "P4", name() + " was refused about " + Find(number)->id.ToText() + ": " + error.text);
  }
}

void InitiatorNode::AskLater(Number number) {
  if (Leaves(number)) return;
  Later(context_->random.Between(Duration::Millis(10), Duration::Millis(1000)), [this, number] {
    if (Find(number) != nullptr) AskNow(number);
    client_.Flush();
  });
}

void InitiatorNode::AskNow(Number number) {
  Attempt* attempt = Find(number);
  InitiatorRequest request = attempt->request;
  if (attempt->step == Step::kAbort) {
    request = AbortRequest{attempt->id};
  } else if (context_->random.Chance(300'000)) {
    request = GetRequest{attempt->id};
  }
  client_.Ask(attempt->coordinator, std::move(request), Then(number, &InitiatorNode::Answered));
}

void InitiatorNode::Settle(Number number, Outcome outcome) {
  Attempt* attempt = Find(number);
  attempt->is_settled = true;
  attempt->step = Step::kAfter;
  OutcomeCounts& counts = context_->outcomes;
  if (attempt->is_probe) {
    probe_committed_ = outcome == Outcome::kCommitted;
    return Finish(number);
  }
  if (outcome == Outcome::kCommitted) {
    ++counts.committed;
    LookBackLater(*attempt);
  }
  attempt->has_committed = outcome == Outcome::kCommitted;
  if (outcome == Outcome::kAborted) ++counts.aborted;
  if (outcome == Outcome::kUnknown) ++counts.expired;
  if (Records(EventKind::kSettle)) {
    Record(EventKind::kSettle,
           "knows that " + attempt->id.ToText() +
               (outcome == Outcome::kCommitted ? " committed" : " did not commit"),
           {attempt->id});
  }
  if (!context_->random.Chance(context_->profile.ask_again_ppm)) return Finish(number);
  Later(context_->random.Between(Duration(), Duration::Seconds(5)), [this, number] {
    if (Find(number) != nullptr) AskAgain(number);
    client_.Flush();
  });
}

// What it was told to be done everywhere must be there for whatever it does next, through whatever
// coordinator.
void InitiatorNode::LookBackLater(const Attempt& attempt) {
  if (!attempt.is_complete || attempt.is_eager) return;
  if (!context_->random.Chance(context_->profile.look_back_ppm)) return;
  for (const PlannedBranch& branch : attempt.plan.branches) {
    if (!branch.writes || branch.participant >= context_->profile.participants) continue;
    looks_.push_back(Look{attempt.id, branch.participant});
    return;
  }
}

void InitiatorNode::Finish(Number number) {
  attempts_.erase(number);
  Later(Duration::Micros(context_->random.Below(context_->profile.think_us + 1)), [this] {
    BeginMore();
    if (attempts_.empty()) client_.Rest();
    client_.Flush();
  });
}

std::vector<std::string> InitiatorNode::Unfinished() const {
  std::vector<std::string> unfinished;
  for (const auto& entry : attempts_) {
    unfinished.push_back(name() + " waits at step " +
                         std::to_string(static_cast<int>(entry.second.step)) + " of " +
                         entry.second.id.ToText());
  }
  return unfinished;
}

}  // namespace assent::simulation
