// A coordinator's core with hands: attaches participants, asks, and keeps what came out. Every step
// checks the invariants, and that each request is answered at most once.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/coordinator.h"

namespace assent {

// One effect in a line, without texts: "reply 3 COMMITTED COMMITTING [a]", "a<-Prepare".
std::string Describe(const CoordinatorEffect& effect);

class CoordinatorRig {
 public:
  static constexpr LifeNumber kLife = 77;

  explicit CoordinatorRig(const CoordinatorLimits& limits = {},
                          RecoveredLog recovered = EmptyLog(2))
      : core(limits, std::move(recovered), kLife, /*seed=*/1, Time{0}) {}

  static RecoveredLog EmptyLog(Epoch epoch) {
    RecoveredLog log;
    log.coordinator = *CoordinatorId::Parse("c1");
    log.epoch = epoch;
    return log;
  }
  static StoreId StoreOf(const std::string& name) { return {1, Hash(name)}; }

  // Steps, and returns what came out of this step alone.
  const CoordinatorEffects& Step(CoordinatorInput input) {
    effects.clear();
    core.Step(std::move(input), now, &effects);
    core.CheckInvariants();
    Keep();
    return effects;
  }
  void Wait(Duration duration) {
    now = now + duration;
    Step(coordinator_input::Tick{});
  }
  // Ticks at every deadline until `duration` is over.
  void Run(Duration duration) {
    const Time until = now + duration;
    while (core.NextDeadline() <= until) {
      now = std::max(now, core.NextDeadline());
      Step(coordinator_input::Tick{});
    }
    now = until;
  }
  void Log() { Step(coordinator_input::Logged{last_ticket}); }

  LinkId Attach(const std::string& name, Incarnation incarnation = 1, LifeNumber life = 5,
                LinkKind kind = LinkKind::kStream, StoreId store = {},
                CoordinatorKnowledge knowledge = {}) {
    const LinkId link = ++last_link;
    Step(coordinator_input::LinkOpened{link, kind});
    if (store.empty()) store = StoreOf(name);
    Step(coordinator_input::Received{link,
                                     assent::Attach{name, store, incarnation, life, knowledge}});
    links[name] = link;
    return link;
  }
  void Receive(const std::string& name, FromParticipant message) {
    Step(coordinator_input::Received{links.at(name), std::move(message)});
  }
  void VoteOf(const std::string& name, const TransactionId& id, VoteKind vote = VoteKind::kYes) {
    Receive(name, Vote{id.sequence, vote, vote == VoteKind::kNo ? "sold out" : ""});
  }
  void Acknowledge(const std::string& name, const TransactionId& id) {
    Receive(name, assent::Acknowledge{id.sequence});
  }

  RequestId Ask(InitiatorRequest body) {
    const RequestId request = ++last_request;
    Step(coordinator_input::Requested{request, std::move(body)});
    return request;
  }
  TransactionId Begin(Duration timeout = {}) {
    return std::get<BeginReply>(ReplyTo(Ask(BeginRequest{timeout}))).id;
  }
  TransactionId Block(std::uint32_t count = 1, SessionId session = 9) {
    return std::get<BlockReply>(ReplyTo(Ask(OpenBlockRequest{session, count, {}}))).first;
  }
  RequestId Commit(const TransactionId& id, std::vector<std::string> names,
                   WaitFor wait_for = WaitFor::kCompletion, Duration call_timeout = {}) {
    CommitRequest body;
    body.id = id;
    for (std::string& name : names) body.branches.push_back({std::move(name), "payload"});
    body.wait_for = wait_for;
    body.call_timeout = call_timeout;
    return Ask(std::move(body));
  }
  // A transaction of those branches that has been decided; `log`: and is durable.
  TransactionId Decide(const std::vector<std::string>& names, bool log = true) {
    const TransactionId id = Begin();
    Commit(id, names);
    for (const std::string& name : names) VoteOf(name, id);
    if (log) Log();
    return id;
  }

  bool Answered(RequestId request) const { return replies.contains(request); }
  const InitiatorReply& ReplyTo(RequestId request) const { return replies.at(request); }
  OutcomeReply OutcomeOf(RequestId request) const {
    return std::get<OutcomeReply>(ReplyTo(request));
  }
  // kNone: it was answered otherwise, or is not answered yet.
  Reason ErrorOf(RequestId request) const {
    if (!Answered(request)) return Reason::kNone;
    const auto* error = std::get_if<ErrorReply>(&ReplyTo(request));
    return error == nullptr ? Reason::kNone : error->reason;
  }
  OutcomeReply Get(const TransactionId& id) { return OutcomeOf(Ask(GetRequest{id})); }
  Reason GetError(const TransactionId& id) { return ErrorOf(Ask(GetRequest{id})); }

  // Effects of one type, of the last step.
  template <typename Effect>
  std::vector<Effect> Last() const {
    std::vector<Effect> found;
    for (const CoordinatorEffect& effect : effects) {
      if (const auto* match = std::get_if<Effect>(&effect)) found.push_back(*match);
    }
    return found;
  }
  // Messages of one type that the last step sent to `name`.
  template <typename Message>
  std::vector<Message> LastTo(const std::string& name) const {
    std::vector<Message> found;
    for (const auto& send : Last<coordinator_effect::Send>()) {
      const auto* match = std::get_if<Message>(&send.message);
      if (match != nullptr && send.link == links.at(name)) found.push_back(*match);
    }
    return found;
  }
  bool Noticed(NoticeKind kind) const {
    for (const auto& notice : Last<coordinator_effect::Notice>()) {
      if (notice.kind == kind) return true;
    }
    return false;
  }
  // All of the last step, notices included, "; " between them.
  std::string Described() const {
    std::string text;
    for (const CoordinatorEffect& effect : effects) {
      text += (text.empty() ? "" : "; ") + Describe(effect);
    }
    return text;
  }

  Coordinator core;
  Time now;
  CoordinatorEffects effects;  // of the last step
  std::map<RequestId, InitiatorReply> replies;
  std::map<std::string, LinkId> links;
  std::map<std::string, int> counts;  // of effects and messages since the start
  std::vector<DecisionRecord> decisions;
  std::vector<LogUpdate> updates;
  LogTicket last_ticket = 0;
  LinkId last_link = 0;
  RequestId last_request = 0;

 private:
  static std::uint64_t Hash(const std::string& name) {
    std::uint64_t hash = 7;
    for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
    return hash;
  }
  void Keep();
};

}  // namespace assent
