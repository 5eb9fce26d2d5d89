// Thousands of random inputs over a small world. After every step the invariants hold (the rig
// checks them), and what was told stays true: outcomes do not change, commits are told only when
// they are durable, a clean mark never falls, a stamp is not used twice.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/hash.h"
#include "core/prng.h"
#include "tests/core/coordinator_rig.h"
#include "tests/support/test_scale.h"

namespace assent {
namespace {

using coordinator_effect::LogDecision;
using coordinator_effect::LogUpdated;
using coordinator_effect::Reply;
using coordinator_effect::Send;

CoordinatorLimits SmallLimits() {
  CoordinatorLimits limits;
  limits.max_open_transactions = 40;
  limits.max_awaited_branches = 8;
  limits.max_block_size = 5;
  limits.block_lifetime = Duration::Seconds(20);
  limits.default_transaction_timeout = Duration::Seconds(5);
  limits.prepare_timeout = Duration::Seconds(5);
  limits.retention = Duration::Seconds(8);
  limits.max_remembered = 30;
  return limits;
}

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed)
      : prng_(seed), rig_(SmallLimits(), Recovered(seed % 3 == 0)) {}

  void Run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      DoSomething();
      Check();
    }
  }
  // Faults end: everybody attaches, the log works, participants answer; all must finish.
  void Heal() {
    for (std::size_t p = 0; p < 4; ++p) AttachAnew(p);
    for (int round = 0; round < 20; ++round) {
      for (const TransactionView& view :
           rig_.core.ListTransactions({}, 1000, /*unfinished_only=*/true, rig_.now)) {
        Finish(view);
      }
      Step(coordinator_input::Logged{rig_.last_ticket});
      rig_.now = rig_.now + Duration::Seconds(10);
      Step(coordinator_input::Tick{});
    }
    EXPECT_EQ(rig_.core.open_transactions(), 0u) << "every transaction finishes";
  }
  std::uint64_t digest() const { return digest_.Value(); }
  const CoordinatorCounts& counts() const { return rig_.core.counts(); }

 private:
  static RecoveredLog Recovered(bool some) {
    RecoveredLog log = CoordinatorRig::EmptyLog(2);
    if (!some) return log;
    log.last_decision_number = 2;
    log.decisions = {{{{1, 3}, 1, 5, {{"p0", CoordinatorRig::StoreOf("p0")}}}, 0},
                     {{{1, 5}, 2, 5, {{"p1", CoordinatorRig::StoreOf("p1")}}}, 1}};
    return log;
  }
  std::string NameOf(std::size_t p) const { return "p" + std::to_string(p); }
  std::size_t Below(std::size_t n) { return static_cast<std::size_t>(prng_.Below(n)); }

  void Step(CoordinatorInput input) {
    rig_.Step(std::move(input));
    for (const CoordinatorEffect& effect : rig_.effects) digest_.Add(Describe(effect));
  }
  void Ask(InitiatorRequest body) {
    Step(coordinator_input::Requested{++rig_.last_request, std::move(body)});
  }
  void Receive(FromParticipant message) {
    const auto link = links_.find(Below(4));
    if (link == links_.end()) return;
    Step(coordinator_input::Received{link->second, std::move(message)});
  }
  void AttachAnew(std::size_t p) {
    if (Below(2) == 0) ++incarnations_[p];
    const LinkId link = ++rig_.last_link;
    const auto kind = p == 3 ? LinkKind::kUnary : LinkKind::kStream;
    Step(coordinator_input::LinkOpened{link, kind});
    links_[p] = link;
    Step(coordinator_input::Received{link, Attach{NameOf(p),
                                                  CoordinatorRig::StoreOf(NameOf(p)),
                                                  incarnations_[p] + 1,
                                                  incarnations_[p] + 50,
                                                  {}}});
  }
  void EndLink() {
    const auto link = links_.find(Below(4));
    if (link == links_.end()) return;
    const LinkId id = link->second;
    links_.erase(link);
    Step(coordinator_input::LinkClosed{id});
  }

  TransactionId AnyId() {
    TransactionId id{rig_.core.id(), {2, given_ > 30 ? given_ - Below(30) : 1 + Below(30)}};
    if (Below(40) == 0) id.sequence = {1, 1 + Below(6)};
    return id;
  }
  std::vector<BranchRequest> AnyBranches() {
    std::vector<BranchRequest> branches;
    for (std::size_t p = 0; p < 4; ++p) {
      if (Below(2) == 0) branches.push_back({NameOf(p), std::to_string(Below(2))});
    }
    return branches;
  }

  void DoSomething() {
    switch (Below(20)) {
      case 0:
        return Ask(BeginRequest{});
      case 1:
        return Below(2) == 0 ? Ask(BeginRequest{}) : Disturb();
      case 2:
        return Ask(OpenBlockRequest{Below(3), static_cast<std::uint32_t>(Below(6)), {}});
      case 3:
      case 4:
      case 5: {
        CommitRequest body{AnyId(), AnyBranches(), {}, {}, {}};
        body.wait_for = Below(2) == 0 ? WaitFor::kDecision : WaitFor::kCompletion;
        if (Below(4) == 0) body.call_timeout = Duration::Millis(700);
        waiting_ = {rig_.last_request + 1, body.id.sequence};
        return Ask(std::move(body));
      }
      case 6:
        return Ask(AbortRequest{AnyId()});
      case 7:
        return Ask(GetRequest{AnyId()});
      case 8:
        return Ask(EnlistRequest{AnyId(), NameOf(Below(5))});
      case 9:
        return Receive(Enlist{1, AnyId()});
      case 10:
        return Receive(Inquire{AnyId().sequence});
      case 11:
        return AttachAnew(Below(4));
      case 12:
        return Below(3) == 0 ? EndLink() : Receive(Acknowledge{AnyId().sequence});
      case 13:
        return LogSome();
      case 14:
        return Advance();
      case 15:
        return Below(4) == 0 ? Step(coordinator_input::SessionClosed{Below(3)})
                             : Receive(Vote{AnyId().sequence, VoteKind::kYes, ""});
      default:
        return Progress();
    }
  }
  // Whoever asked last has gone, or the disk fills up or has space again.
  void Disturb() {
    if (Below(2) == 0) return Step(waiting_);
    Step(coordinator_input::AdmissionClosed{Below(3) == 0 ? "no space" : ""});
  }
  void LogSome() {
    const LogTicket logged = logged_ + Below(rig_.last_ticket - logged_ + 1);
    logged_ = logged;
    Step(coordinator_input::Logged{logged});
  }
  void Advance() {
    rig_.now = rig_.now + Duration::Millis(static_cast<std::int64_t>(Below(900)));
    Step(coordinator_input::Tick{});
  }
  // What a participant would do next about one of the unfinished transactions.
  void Progress() {
    const auto views = rig_.core.ListTransactions({}, 1000, /*unfinished_only=*/true, rig_.now);
    if (!views.empty()) Finish(views[Below(views.size())]);
  }
  void Finish(const TransactionView& view) {
    for (const TransactionView::Branch& branch : view.branches) {
      const auto link = links_.find(static_cast<std::size_t>(branch.participant[1] - '0'));
      if (link == links_.end()) continue;
      if (branch.state == BranchState::kPreparing) {
        const auto kind = static_cast<VoteKind>(Below(8) == 0 ? 2 : Below(4) == 0 ? 3 : 1);
        Step(coordinator_input::Received{link->second, Vote{view.id.sequence, kind, ""}});
      } else if (branch.state == BranchState::kCommitting) {
        Step(coordinator_input::Received{link->second, Acknowledge{view.id.sequence}});
      }
      Check();
    }
  }

  void Check() {
    for (const CoordinatorEffect& effect : rig_.effects) {
      if (const auto* reply = std::get_if<Reply>(&effect)) CheckReply(reply->body);
      if (const auto* send = std::get_if<Send>(&effect)) CheckMessage(*send);
      if (const auto* log = std::get_if<LogDecision>(&effect)) {
        written_.insert(log->record.id);
      }
    }
    rig_.effects.clear();
  }
  void CheckReply(const InitiatorReply& body) {
    if (const auto* begun = std::get_if<BeginReply>(&body)) given_ = begun->id.sequence.number;
    if (const auto* block = std::get_if<BlockReply>(&body)) {
      given_ = block->first.sequence.number + block->count - 1;
    }
    const auto* outcome = std::get_if<OutcomeReply>(&body);
    if (outcome == nullptr || outcome->outcome == Outcome::kUnknown) return;
    const auto [told, first] = told_.emplace(outcome->id.sequence, outcome->outcome);
    EXPECT_EQ(told->second, outcome->outcome) << outcome->id.ToText() << " was told otherwise";
    if (outcome->outcome == Outcome::kCommitted && !outcome->read_only) {
      EXPECT_TRUE(outcome->id.sequence.epoch == 1 || written_.contains(outcome->id.sequence));
    }
  }
  void CheckMessage(const Send& send) {
    if (const auto* prepare = std::get_if<Prepare>(&send.message)) {
      CheckMark(send.link, prepare->clean_mark);
      EXPECT_TRUE(stamps_.insert({send.link, prepare->stamp.n}).second) << "a stamp used twice";
    } else if (const auto* commit = std::get_if<Commit>(&send.message)) {
      CheckMark(send.link, commit->clean_mark);
      EXPECT_TRUE(told_.emplace(commit->id, Outcome::kCommitted).first->second ==
                  Outcome::kCommitted);
      EXPECT_TRUE(commit->id.epoch == 1 || written_.contains(commit->id));
    } else if (const auto* abort = std::get_if<Abort>(&send.message)) {
      // NOT_YOURS of a unary participant is an Abort too; the transaction itself may have
      // committed. With a stamp it is the transaction's.
      if (!abort->stamp) return;
      EXPECT_EQ(told_.emplace(abort->id, Outcome::kAborted).first->second, Outcome::kAborted);
    }
  }
  // Per store.
  void CheckMark(LinkId link, Sequence mark) {
    for (const auto& [p, current] : links_) {
      if (current != link) continue;
      EXPECT_GE(mark, marks_[p]) << "a clean mark fell";
      marks_[p] = mark;
    }
  }

  Prng prng_;
  CoordinatorRig rig_;
  Hasher digest_;
  coordinator_input::RequestCancelled waiting_;  // the last Commit that was asked for
  std::map<std::size_t, LinkId> links_;
  std::map<std::size_t, Incarnation> incarnations_;
  std::map<std::size_t, Sequence> marks_;
  std::map<Sequence, Outcome> told_;
  std::set<Sequence> written_;
  std::set<std::pair<LinkId, std::uint64_t>> stamps_;
  std::uint64_t given_ = 0;
  LogTicket logged_ = 0;
};

TEST(CoordinatorRandom, KeepsItsInvariantsAndItsWordAndFinishesWhenFaultsHeal) {
  CoordinatorCounts sum;
  const auto seeds = static_cast<std::uint64_t>(Scaled(40));
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWorld world(seed);
    world.Run(3000);
    world.Heal();
    if (HasFailure()) return;
    sum.committed += world.counts().committed;
    sum.aborted += world.counts().aborted;
    sum.repeated_commits += world.counts().repeated_commits;
  }
  EXPECT_GT(sum.committed, 25 * seeds) << "the worlds reach what they are about";
  EXPECT_GT(sum.aborted, 25 * seeds);
  EXPECT_GT(sum.repeated_commits, 2 * seeds);
}

TEST(CoordinatorRandom, TheSameInputsGiveTheSameEffects) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    RandomWorld first(seed);
    RandomWorld second(seed);
    first.Run(2000);
    second.Run(2000);
    EXPECT_EQ(first.digest(), second.digest()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace assent
