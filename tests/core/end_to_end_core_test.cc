// Both machines together in one thread: a network that delays and loses, and crashes of either
// side, from a seed. What is durable is what was logged or prepared; the rest goes with a crash.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/coordinator.h"
#include "core/participant.h"
#include "core/prng.h"
#include "tests/support/test_scale.h"

namespace assent {
namespace {

constexpr int kParticipants = 3;

std::string NameOfParticipant(int i) { return "p" + std::to_string(i); }

// One store with its participant. `committed` and `prepared` survive a crash; a resource manager's
// work that was under way may have been done or not.
struct Node {
  std::unique_ptr<Participant> core;
  RecoveredStore store;
  LifeNumber life = 0;
  LinkId link = 0;        // 0: none
  bool attached = false;  // the answer to Attach has come
  std::set<TransactionId> prepared, committed, rolled_back, read_only;
  std::deque<ParticipantInput> work;  // completions under way
  std::deque<FromParticipant> to_coordinator;
  std::deque<ToParticipant> from_coordinator;
};

class World {
 public:
  explicit World(std::uint64_t seed) : prng_(seed) {
    log_.coordinator = CoordinatorId::Parse("c").value();
    StartCoordinator();
    for (int i = 0; i < kParticipants; ++i) {
      nodes_[i].store.store = StoreId{1, static_cast<std::uint64_t>(i) + 1};
      StartNode(i);
    }
  }

  void RunWithFaults(int steps) {
    for (int i = 0; i < steps; ++i) Act(prng_.Below(100));
  }

  // Faults are over: everything must finish (P5).
  void Heal() {
    for (int i = 0; i < 200'000 && !Quiet(); ++i) Act(5 + prng_.Below(80));
    EXPECT_TRUE(Quiet()) << "something never finishes";
  }

  void CheckOutcomes() {
    for (const auto& [id, participants] : requested_) {
      std::size_t committed = 0;
      std::size_t rolled_back = 0;
      for (const int i : participants) {
        committed += nodes_[i].committed.contains(id);
        rolled_back += nodes_[i].rolled_back.contains(id);
      }
      EXPECT_TRUE(committed == 0 || rolled_back == 0) << id.ToText() << " is not atomic (P1)";
      const auto told = told_.find(id);
      if (told == told_.end()) continue;
      if (told->second == Outcome::kAborted) {
        EXPECT_EQ(committed, 0u) << id.ToText();
      }
      if (told->second == Outcome::kCommitted) {
        EXPECT_EQ(rolled_back, 0u) << id.ToText();
      }
    }
  }

  std::size_t committed() const { return committed_; }

 private:
  // Below 5: a fault. From 85 on: new work.
  void Act(std::uint64_t dice) {
    const int i = static_cast<int>(prng_.Below(kParticipants));
    if (dice == 0) return StartCoordinator();
    if (dice == 1) return StartNode(i);
    if (dice < 5) return BreakLink(i);
    if (dice < 15) return Sync();
    if (dice < 20) return Tick();
    if (dice < 30 && nodes_[i].link == 0) return Connect(i);
    if (dice < 45) return CompleteWork(i);
    if (dice < 65) return DeliverToCoordinator(i);
    if (dice < 85) return DeliverToNode(i);
    StepCoordinator(coordinator_input::Requested{++last_request_, BeginRequest{}});
  }

  bool Quiet() const {
    if (!pending_.empty()) return false;
    for (const Node& node : nodes_) {
      if (!node.attached || !node.work.empty() || !node.to_coordinator.empty() ||
          !node.from_coordinator.empty() || !node.core->ListBranches(now_).empty()) {
        return false;
      }
    }
    return coordinator_->ListTransactions({}, 10, true, now_).empty();
  }

  void StartCoordinator() {
    for (int i = 0; i < kParticipants; ++i) BreakLink(i);
    // Of what was not synced a prefix may have reached the disk; the epoch's sync then covers it.
    MakeDurable(prng_.Below(pending_.size() + 1));
    pending_.clear();
    ++log_.epoch;
    RecoveredLog recovered = log_;
    for (const auto& [id, decision] : decisions_) recovered.decisions.push_back(decision);
    for (const auto& [name, binding] : bindings_) recovered.bindings.push_back(binding);
    coordinator_ = std::make_unique<Coordinator>(CoordinatorLimits{}, recovered, prng_.Next(),
                                                 prng_.Next(), now_);
    StepCoordinator(coordinator_input::Tick{});
  }

  void StartNode(int i) {
    Node& node = nodes_[i];
    BreakLink(i);
    while (!node.work.empty()) {
      if (prng_.Below(2) == 0) MakeDone(node, node.work.front());
      node.work.pop_front();
    }
    ++node.store.incarnation;
    node.store.prepared.assign(node.prepared.begin(), node.prepared.end());
    node.life = prng_.Next();
    node.core = std::make_unique<Participant>(ParticipantLimits{}, node.store, prng_.Next(), now_);
  }

  void Connect(int i) {
    Node& node = nodes_[i];
    node.link = ++last_link_;
    by_link_[node.link] = i;
    StepCoordinator(coordinator_input::LinkOpened{node.link, LinkKind::kStream});
    node.to_coordinator.push_back(Attach{NameOfParticipant(i), node.store.store,
                                         node.store.incarnation, node.life,
                                         node.core->KnowledgeOf(log_.coordinator)});
  }

  void BreakLink(int i) {
    Node& node = nodes_[i];
    const LinkId link = node.link;
    if (link == 0) return;
    node.link = 0;
    node.attached = false;
    node.to_coordinator.clear();
    node.from_coordinator.clear();
    by_link_.erase(link);
    if (coordinator_) StepCoordinator(coordinator_input::LinkClosed{link});
    if (node.core) StepNode(i, participant_input::Detached{link});
  }

  void Sync() {
    if (pending_.empty()) return;
    const std::size_t count = 1 + prng_.Below(pending_.size());
    const LogTicket ticket = MakeDurable(count);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
    StepCoordinator(coordinator_input::Logged{ticket});
  }

  LogTicket MakeDurable(std::size_t count) {
    LogTicket ticket = 0;
    for (std::size_t k = 0; k < count; ++k) {
      if (const auto* d = std::get_if<coordinator_effect::LogDecision>(&pending_[k])) {
        ticket = d->ticket;
        decisions_[d->record.id] = {d->record, 0};
        log_.last_decision_number = d->record.number;
      } else {
        const auto& u = std::get<coordinator_effect::LogUpdated>(pending_[k]);
        ticket = u.ticket;
        std::visit([this](const auto& update) { Apply(update); }, u.update);
      }
    }
    return ticket;
  }
  void Apply(const AcknowledgedUpdate& u) { decisions_.at(u.id).acknowledged = u.branches; }
  void Apply(const RemovalUpdate& u) {
    log_.horizon = u.horizon;
    for (const Sequence id : u.removed) decisions_.erase(id);
  }
  void Apply(const BindingUpdate& u) { bindings_[u.participant] = u; }
  void Apply(const SupersededUpdate&) { ADD_FAILURE() << "no log is an older copy here"; }

  void Tick() {
    Time next = coordinator_->NextDeadline();
    for (const Node& node : nodes_) next = std::min(next, node.core->NextDeadline());
    if (!next.IsNever() && next > now_) now_ = next;
    StepCoordinator(coordinator_input::Tick{});
    for (int i = 0; i < kParticipants; ++i) StepNode(i, participant_input::Tick{});
  }

  void DeliverToCoordinator(int i) {
    Node& node = nodes_[i];
    if (node.to_coordinator.empty()) return;
    const FromParticipant message = node.to_coordinator.front();
    node.to_coordinator.pop_front();
    StepCoordinator(coordinator_input::Received{node.link, message});
  }

  void DeliverToNode(int i) {
    Node& node = nodes_[i];
    if (node.from_coordinator.empty()) return;
    const ToParticipant message = node.from_coordinator.front();
    node.from_coordinator.pop_front();
    if (const auto* answer = std::get_if<AttachAnswer>(&message)) {
      EXPECT_EQ(answer->reason, Reason::kNone) << answer->text;
      node.attached = true;
      return StepNode(i, participant_input::Attached{node.link, *answer});
    }
    StepNode(i, participant_input::Received{node.link, message});
  }

  void CompleteWork(int i) {
    Node& node = nodes_[i];
    if (node.work.empty()) return;
    const ParticipantInput done = node.work.front();
    node.work.pop_front();
    MakeDone(node, done);
    StepNode(i, done);
  }

  // What the resource manager made durable.
  void MakeDone(Node& node, const ParticipantInput& input) {
    if (const auto* p = std::get_if<participant_input::Prepared>(&input)) {
      if (p->result.vote == VoteKind::kYes) {
        EXPECT_FALSE(node.committed.contains(p->id)) << "executed again (P3)";
        node.prepared.insert(p->id);
      }
    } else if (const auto* c = std::get_if<participant_input::Committed>(&input)) {
      if (c->result == CommitResult::kCommitted && node.prepared.erase(c->id) > 0) {
        node.committed.insert(c->id);
      }
    } else if (const auto* a = std::get_if<participant_input::Aborted>(&input)) {
      if (a->done && node.prepared.erase(a->id) > 0) node.rolled_back.insert(a->id);
    }
  }

  void StepCoordinator(CoordinatorInput input) {
    CoordinatorEffects effects;
    coordinator_->Step(std::move(input), now_, &effects);
    coordinator_->CheckInvariants();
    for (CoordinatorEffect& effect : effects) {
      std::visit([this](auto& e) { Perform(e); }, effect);
    }
  }
  void Perform(coordinator_effect::Reply& e) {
    if (const auto* begun = std::get_if<BeginReply>(&e.body)) return Request(begun->id);
    const auto* reply = std::get_if<OutcomeReply>(&e.body);
    if (reply == nullptr || reply->outcome == Outcome::kUnknown) return;
    if (reply->outcome == Outcome::kCommitted) ++committed_;
    if (reply->read_only) return;  // P4 excepts it
    const auto told = told_.try_emplace(reply->id, reply->outcome).first;
    EXPECT_EQ(told->second, reply->outcome) << reply->id.ToText() << " changed (P4)";
  }
  void Request(const TransactionId& id) {
    CommitRequest request;
    request.id = id;
    for (int i = 0; i < kParticipants; ++i) {
      if (prng_.Below(3) == 0) continue;
      request.branches.push_back({NameOfParticipant(i), "work"});
      requested_[id].push_back(i);
    }
    StepCoordinator(coordinator_input::Requested{++last_request_, request});
  }
  void Perform(coordinator_effect::Send& e) {
    const auto at = by_link_.find(e.link);
    if (at != by_link_.end()) nodes_[at->second].from_coordinator.push_back(e.message);
  }
  void Perform(coordinator_effect::CloseLink& e) {
    const auto at = by_link_.find(e.link);
    if (at != by_link_.end()) BreakLink(at->second);
  }
  void Perform(coordinator_effect::LogDecision& e) { pending_.push_back(e); }
  void Perform(coordinator_effect::LogUpdated& e) { pending_.push_back(e); }
  void Perform(coordinator_effect::BindingReplaced&) { ADD_FAILURE() << "nobody asked"; }
  void Perform(coordinator_effect::Notice& e) {
    EXPECT_NE(e.kind, NoticeKind::kMisbehaved) << e.text;
    EXPECT_NE(e.kind, NoticeKind::kForeignVote) << e.text;
    EXPECT_NE(e.kind, NoticeKind::kForeignAcknowledge) << e.text;
    EXPECT_NE(e.kind, NoticeKind::kRefusedInquiry) << e.text;
  }
  void Perform(coordinator_effect::Halt& e) { ADD_FAILURE() << e.text; }

  void StepNode(int i, ParticipantInput input) {
    ParticipantEffects effects;
    nodes_[i].core->Step(std::move(input), now_, &effects);
    nodes_[i].core->CheckInvariants();
    for (const ParticipantEffect& effect : effects) {
      std::visit([&](const auto& e) { Perform(nodes_[i], e); }, effect);
    }
  }
  void Perform(Node& node, const participant_effect::Send& e) {
    if (e.link == node.link) node.to_coordinator.push_back(e.message);
  }
  void Perform(Node&, const participant_effect::CallAdmitted&) {}
  void Perform(Node&, const participant_effect::CallRefused&) {}
  void Perform(Node&, const participant_effect::Enlisted&) {}
  void Perform(Node& node, const participant_effect::PrepareBranch& e) {
    const std::uint64_t dice = prng_.Below(10);
    const VoteKind vote = dice == 0   ? VoteKind::kNo
                          : dice == 1 ? VoteKind::kReadOnly
                                      : VoteKind::kYes;
    node.work.push_back(participant_input::Prepared{e.id, {vote, "t"}});
  }
  void Perform(Node& node, const participant_effect::CommitBranch& e) {
    const bool known = node.prepared.contains(e.id) || node.committed.contains(e.id);
    const bool fails = prng_.Below(10) == 0;
    node.work.push_back(participant_input::Committed{e.id, fails   ? CommitResult::kFailed
                                                           : known ? CommitResult::kCommitted
                                                                   : CommitResult::kNotThere});
  }
  void Perform(Node& node, const participant_effect::AbortBranch& e) {
    node.work.push_back(participant_input::Aborted{e.id, prng_.Below(10) != 0});
  }
  void Perform(Node& node, const participant_effect::NoteCoordinator& e) {
    node.store.coordinators.assign(1, {e.coordinator, e.knowledge, e.clean_mark});
  }
  void Perform(Node&, const participant_effect::Notice& e) {
    EXPECT_NE(e.kind, ParticipantNoticeKind::kHazard) << e.text;
    EXPECT_NE(e.kind, ParticipantNoticeKind::kContradiction) << e.text;
    EXPECT_NE(e.kind, ParticipantNoticeKind::kInquiryRefused) << e.text;
  }

  Prng prng_;
  Time now_;
  std::unique_ptr<Coordinator> coordinator_;
  Node nodes_[kParticipants];
  RecoveredLog log_;  // without what the two maps hold
  std::map<Sequence, RecoveredDecision> decisions_;
  std::map<std::string, BindingUpdate> bindings_;
  std::deque<CoordinatorEffect> pending_;  // log effects that are not synced
  std::map<LinkId, int> by_link_;
  LinkId last_link_ = 0;
  RequestId last_request_ = 0;
  std::map<TransactionId, std::vector<int>> requested_;
  std::map<TransactionId, Outcome> told_;
  std::size_t committed_ = 0;
};

TEST(BothCores, StayAtomicAndFinishEverythingWhateverCrashes) {
  std::size_t committed = 0;
  const auto seeds = static_cast<std::uint64_t>(Scaled(300));
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    world.RunWithFaults(3000);
    world.Heal();
    world.CheckOutcomes();
    committed += world.committed();
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(committed, 4 * seeds) << "too few commits to mean anything";
}

}  // namespace
}  // namespace assent
