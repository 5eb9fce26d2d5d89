// The coordinator at the edges: last acknowledgements, limits, the largest numbers, and what may be
// forgotten.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/coordinator_rig.h"

namespace assent {
namespace {

std::vector<std::string> NamesOf(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("p" + std::to_string(i));
  return names;
}

TEST(CoordinatorEdges, ATransactionIsCompletedByTheLastAcknowledgementOnly) {
  CoordinatorRig rig;
  const std::vector<std::string> names = NamesOf(5);
  for (const std::string& name : names) rig.Attach(name);
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, names);
  for (const std::string& name : names) rig.VoteOf(name, id);
  rig.Log();
  std::size_t left = names.size();
  for (const std::string& name : names) {
    EXPECT_FALSE(rig.Answered(commit)) << left << " are on their way";
    EXPECT_EQ(rig.Get(id).state, TransactionState::kCommitting);
    EXPECT_EQ(rig.Get(id).unfinished.size(), left--);
    rig.Acknowledge(name, id);
  }
  EXPECT_EQ(rig.OutcomeOf(commit).state, TransactionState::kCommitted);
  EXPECT_TRUE(rig.OutcomeOf(commit).unfinished.empty());
}

TEST(CoordinatorEdges, TheBackOffStartsAnewWhenAParticipantAttaches) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Decide({"a"});
  rig.Run(Duration::Seconds(600));
  const int tired = rig.counts["Commit"];
  rig.Run(Duration::Seconds(14));
  EXPECT_LE(rig.counts["Commit"], tired + 1) << "it waits for 15 to 30 s by now";
  rig.Step(coordinator_input::LinkClosed{rig.links["a"]});
  rig.Attach("a");
  EXPECT_EQ(rig.LastTo<Commit>("a").size(), 1u) << "at once";
  const int attached = rig.counts["Commit"];
  rig.Run(Duration::Millis(500));
  EXPECT_GE(rig.counts["Commit"], attached + 1) << "and again after the first pause";
  EXPECT_EQ(rig.Get(id).state, TransactionState::kCommitting);
}

TEST(CoordinatorEdges, APayloadGoesToTheEnlistedIncarnationOnly) {
  CoordinatorRig rig;
  rig.Attach("a", 1);
  const TransactionId id = rig.Begin();
  rig.Receive("a", Enlist{1, id});
  rig.Attach("a", 2, 6);
  EXPECT_EQ(rig.OutcomeOf(rig.Commit(id, {"a"})).abort_reason, AbortReason::kParticipantRestarted);
  EXPECT_EQ(rig.counts["Prepare"], 0);
  EXPECT_EQ(rig.counts["Abort"], 0) << "the second incarnation has nothing of it";
  const TransactionId next = rig.Begin();
  rig.Commit(next, {"a"});
  EXPECT_EQ(rig.LastTo<Prepare>("a").at(0).payload, "payload");
  EXPECT_EQ(rig.LastTo<Prepare>("a").at(0).stamp.incarnation, 2u);
}

TEST(CoordinatorEdges, AtTheLimitOfBranchesTheLastVoteDecides) {
  CoordinatorRig rig;
  const std::vector<std::string> names = NamesOf(64);
  for (const std::string& name : names) rig.Attach(name);
  for (const VoteKind last : {VoteKind::kYes, VoteKind::kReadOnly, VoteKind::kNo}) {
    const int decisions = rig.counts["LogDecision"];
    const TransactionId id = rig.Begin();
    rig.Commit(id, names);
    for (std::size_t i = 0; i < 63; ++i) rig.VoteOf(names[i], id);
    rig.VoteOf(names[0], id);
    EXPECT_EQ(rig.Get(id).state, TransactionState::kPreparing) << "63 votes, one of them twice";
    rig.VoteOf(names[63], id, last);
    EXPECT_EQ(rig.counts["LogDecision"], decisions + (last == VoteKind::kNo ? 0 : 1));
    if (last == VoteKind::kNo) continue;
    EXPECT_EQ(rig.decisions.back().branches.size(), last == VoteKind::kYes ? 64u : 63u);
    rig.Log();
    for (const std::string& name : names) rig.Acknowledge(name, id);
    EXPECT_EQ(rig.Get(id).state, TransactionState::kCommitted);
    const auto bits = std::get<AcknowledgedUpdate>(rig.updates.back()).branches;
    EXPECT_EQ(bits, last == VoteKind::kYes ? UINT64_MAX : UINT64_MAX >> 1);
  }
}

TEST(CoordinatorEdges, WorksInTheLastEpochThereIs) {
  CoordinatorRig rig({}, CoordinatorRig::EmptyLog(UINT64_MAX));
  rig.Attach("a", UINT64_MAX);
  const TransactionId id = rig.Decide({"a"});
  EXPECT_EQ(id.ToText(), "c1-18446744073709551615-1");
  rig.Acknowledge("a", id);
  EXPECT_EQ(rig.Get(id).state, TransactionState::kCommitted);
  const TransactionId earlier{id.coordinator, {UINT64_MAX - 1, UINT64_MAX}};
  EXPECT_EQ(rig.Get(earlier).abort_reason, AbortReason::kCoordinatorRestarted);
}

TEST(CoordinatorEdges, NumbersNearTheLargestAreNeverGivenOutAndHarmNothing) {
  CoordinatorRig rig;
  rig.Attach("a");
  for (const std::uint64_t number : {UINT64_MAX, UINT64_MAX - 1, std::uint64_t{1} << 63}) {
    const TransactionId id{rig.core.id(), {2, number}};
    EXPECT_EQ(rig.GetError(id), Reason::kFutureTransaction);
    EXPECT_EQ(rig.ErrorOf(rig.Commit(id, {"a"})), Reason::kFutureTransaction);
    rig.VoteOf("a", id);
    EXPECT_TRUE(rig.Noticed(NoticeKind::kForeignVote));
    rig.Acknowledge("a", id);
    EXPECT_TRUE(rig.Noticed(NoticeKind::kForeignAcknowledge));
    rig.Receive("a", Inquire{id.sequence});
    EXPECT_EQ(rig.LastTo<InquiryAnswer>("a").at(0).verdict, Verdict::kRefused);
    rig.Receive("a", Enlist{1, id});
    EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).reason, Reason::kFutureTransaction);
  }
  EXPECT_EQ(rig.Get(rig.Decide({"a"})).outcome, Outcome::kCommitted);
}

// R10, R11: an inquiry about a commit is answered ABORT only when nobody can be in doubt about it.
class CoordinatorForgets : public testing::Test {
 protected:
  static CoordinatorLimits Limits() {
    CoordinatorLimits limits;
    limits.retention = Duration::Seconds(10);
    return limits;
  }
  CoordinatorForgets() : rig_(Limits()) {
    rig_.Attach("a");
    rig_.Attach("b");
    // As long as it is open, the horizon stands and the records stay on the disk.
    open_ = rig_.Begin(Duration::Seconds(1000));
    id_ = rig_.Decide({"a", "b"});
  }
  Verdict Ask(const std::string& name) {
    rig_.Receive(name, Inquire{id_.sequence});
    return rig_.LastTo<InquiryAnswer>(name).at(0).verdict;
  }

  CoordinatorRig rig_;
  TransactionId open_;
  TransactionId id_;
};

TEST_F(CoordinatorForgets, NoCommitThatABranchHasNotAcknowledged) {
  rig_.Acknowledge("b", id_);
  rig_.Run(Duration::Seconds(300));
  rig_.Log();
  EXPECT_EQ(Ask("a"), Verdict::kCommit);
  EXPECT_EQ(rig_.Get(id_).outcome, Outcome::kCommitted);
}

TEST_F(CoordinatorForgets, NoCommitWhoseAcknowledgementsAreNotDurable) {
  rig_.Acknowledge("a", id_);
  rig_.Acknowledge("b", id_);
  rig_.Run(Duration::Seconds(300));
  EXPECT_EQ(Ask("a"), Verdict::kCommit) << "after a crash it would be in doubt again";
  EXPECT_EQ(rig_.Get(id_).outcome, Outcome::kCommitted);
}

TEST_F(CoordinatorForgets, ACommitThatEverybodyHasAcknowledgedDurably) {
  rig_.Acknowledge("a", id_);
  rig_.Acknowledge("b", id_);
  rig_.Log();
  EXPECT_EQ(Ask("a"), Verdict::kCommit) << "as long as it is retained";
  rig_.Run(Duration::Seconds(300));
  EXPECT_EQ(rig_.GetError(id_), Reason::kOutcomeExpired) << "never an outcome for initiators";
  const int removals = rig_.counts["Removal"];
  rig_.Ask(AbortRequest{open_});
  rig_.Run(Duration::Seconds(11));
  EXPECT_EQ(rig_.counts["Removal"], removals + 1) << "its record goes with the horizon only";
  EXPECT_EQ(std::get<RemovalUpdate>(rig_.updates.back()).removed,
            std::vector<Sequence>{id_.sequence});
}

}  // namespace
}  // namespace assent
