// The coordinator keeps the rules R4 to R11 of docs/protocol.md: enlisting, voting, the second
// phase, recovery, retention.
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/core/coordinator_rig.h"

namespace assent {
namespace {

CoordinatorLimits ShortRetention() {
  CoordinatorLimits limits;
  limits.retention = Duration::Seconds(10);
  return limits;
}

TransactionId IdOf(const CoordinatorRig& rig, Epoch epoch, std::uint64_t number) {
  return {rig.core.id(), {epoch, number}};
}

RecoveredDecision Decision(Sequence id, std::uint64_t number, std::vector<std::string> names,
                           std::uint64_t acknowledged = 0) {
  RecoveredDecision decision;
  decision.record = {id, number, 1234, {}};
  for (const std::string& name : names) {
    decision.record.branches.push_back({name, CoordinatorRig::StoreOf(name)});
  }
  decision.acknowledged = acknowledged;
  return decision;
}

// R4, finding 16.
TEST(CoordinatorEnlist, ASecondIncarnationMakesTheTransactionAbortOnly) {
  CoordinatorRig rig;
  rig.Attach("a", 1);
  rig.Attach("b");
  const TransactionId id = rig.Begin();
  rig.Receive("a", Enlist{1, id});
  rig.Receive("b", Enlist{1, id});
  rig.Attach("a", 2, 6);
  rig.Receive("a", Enlist{2, id});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).reason, Reason::kTransactionFinished);
  EXPECT_EQ(rig.LastTo<Abort>("b").size(), 1u);
  EXPECT_EQ(rig.LastTo<Abort>("a").size(), 0u) << "the first incarnation's work is gone";
  EXPECT_EQ(rig.Get(id).abort_reason, AbortReason::kParticipantRestarted);
  EXPECT_EQ(rig.Get(id).participant, "a");
}

TEST(CoordinatorEnlist, PrepareGoesToTheEnlistedIncarnationOnly) {
  CoordinatorRig rig;
  rig.Attach("a", 1);
  const TransactionId id = rig.Begin();
  rig.Receive("a", Enlist{1, id});
  rig.Attach("a", 2, 6);
  EXPECT_EQ(rig.OutcomeOf(rig.Commit(id, {})).abort_reason, AbortReason::kParticipantRestarted);
  EXPECT_EQ(rig.counts["Prepare"], 0);
}

TEST(CoordinatorEnlist, TwiceByOneIncarnationIsOneBranch) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  rig.Receive("a", Enlist{1, id});
  rig.Receive("a", Enlist{2, id});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).token, 2u);
  rig.Ask(EnlistRequest{id, "a"});
  rig.Commit(id, {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 1);
  EXPECT_EQ(rig.LastTo<Prepare>("a").at(0).payload, "payload");
}

TEST(CoordinatorEnlist, PrepareOfWorkDoneByCallsHasNoPayload) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  rig.Receive("a", Enlist{1, id});
  rig.Commit(id, {});
  EXPECT_EQ(rig.LastTo<Prepare>("a").at(0).payload, std::nullopt);
}

TEST(CoordinatorEnlist, AnotherNumberOfBranchesThanExpectedAborts) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const TransactionId id = rig.Begin();
  rig.Receive("a", Enlist{1, id});
  CommitRequest body{id, {{"b", ""}}, 3, {}, {}};
  EXPECT_EQ(rig.OutcomeOf(rig.Ask(body)).abort_reason, AbortReason::kWrongBranchCount);
  EXPECT_EQ(rig.counts["Abort"], 1) << "b holds nothing yet";
  const TransactionId next = rig.Begin();
  rig.Receive("a", Enlist{1, next});
  rig.Ask(CommitRequest{next, {{"b", ""}}, 2, {}, {}});
  EXPECT_EQ(rig.counts["Prepare"], 2);
}

TEST(CoordinatorEnlist, WhoIsNotAttachedIsRefusedByNameAndAbortsACommit) {
  CoordinatorRig rig;
  const LinkId link = rig.Attach("a");
  rig.Step(coordinator_input::LinkClosed{link});
  const TransactionId id = rig.Begin();
  EXPECT_EQ(rig.ErrorOf(rig.Ask(EnlistRequest{id, "a"})), Reason::kParticipantNotAttached);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(EnlistRequest{id, "x"})), Reason::kUnknownParticipant);
  const OutcomeReply outcome = rig.OutcomeOf(rig.Commit(id, {"a"}));
  EXPECT_EQ(outcome.abort_reason, AbortReason::kParticipantUnavailable);
  EXPECT_EQ(outcome.participant, "a");
}

// R5, finding 15.
TEST(CoordinatorPrepare, CarriesAStampPerAddresseeAndNamesThePeers) {
  CoordinatorRig rig;
  rig.Attach("a", 4);
  rig.Attach("b", 7);
  std::set<std::uint64_t> used;
  for (int i = 0; i < 20; ++i) {
    const TransactionId id = rig.Begin();
    rig.Commit(id, {"a", "b"});
    const Prepare to_a = rig.LastTo<Prepare>("a").at(0);
    const Prepare to_b = rig.LastTo<Prepare>("b").at(0);
    EXPECT_EQ(to_a.stamp.epoch, 2u);
    EXPECT_EQ(to_a.stamp.incarnation, 4u);
    EXPECT_TRUE(used.insert(to_a.stamp.n).second);
    EXPECT_EQ(to_a.peers, (std::vector<Peer>{{"b", 7, to_b.stamp.n}}));
    EXPECT_EQ(to_b.peers, (std::vector<Peer>{{"a", 4, to_a.stamp.n}}));
  }
}

// Second phase.
TEST(CoordinatorSecondPhase, RepeatsCommitWithACappedBackOffUntilAcknowledged) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const TransactionId id = rig.Decide({"a", "b"});
  rig.Acknowledge("b", id);
  rig.Run(Duration::Seconds(300));
  EXPECT_GE(rig.counts["Commit"], 2 + 10);
  EXPECT_LE(rig.counts["Commit"], 2 + 40);
  EXPECT_EQ(rig.core.counts().repeated_commits, static_cast<unsigned>(rig.counts["Commit"] - 2));
  EXPECT_EQ(rig.counts["Acknowledged"], 1) << "what b said is written once";
  rig.Acknowledge("a", id);
  const int sent = rig.counts["Commit"];
  rig.Run(Duration::Seconds(100));
  EXPECT_EQ(rig.counts["Commit"], sent);
}

TEST(CoordinatorSecondPhase, WhoComesAgainAndAgainDoesNotPutOffTheRepetitionToAnother) {
  CoordinatorLimits limits;
  limits.first_retry = Duration::Seconds(1);
  limits.max_retry = Duration::Seconds(1);
  CoordinatorRig rig(limits);
  rig.Attach("a");
  rig.Attach("b");
  rig.Decide({"a", "b"});
  int commits_to_b = 0;
  for (int round = 0; round < 100; ++round) {
    rig.Attach("a");  // which replaces the link before
    const Time until = rig.now + Duration::Millis(100);
    while (rig.core.NextDeadline() <= until) {
      rig.now = std::max(rig.now, rig.core.NextDeadline());
      rig.Step(coordinator_input::Tick{});
      commits_to_b += static_cast<int>(rig.LastTo<Commit>("b").size());
    }
    rig.now = until;
  }
  EXPECT_GE(commits_to_b, 9) << "in ten seconds, one each second at the latest";
}

TEST(CoordinatorSecondPhase, WhoAttachesGetsWhatItMissedAtOnce) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  std::vector<TransactionId> ids;
  for (int i = 0; i < 1000; ++i) {
    const TransactionId id = rig.Begin();
    rig.Commit(id, {"a", "b"});
    rig.VoteOf("a", id);
    rig.VoteOf("b", id);
    ids.push_back(id);
  }
  rig.Step(coordinator_input::LinkClosed{rig.links["a"]});
  rig.Log();
  for (const TransactionId& id : ids) rig.Acknowledge("b", id);
  EXPECT_EQ(rig.core.ListParticipants().at(0).unfinished, 1000u);
  rig.Attach("a", 2, 6);
  const std::vector<Commit> commits = rig.LastTo<Commit>("a");
  ASSERT_EQ(commits.size(), 1000u);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(commits[i].id, ids[i].sequence);
}

TEST(CoordinatorSecondPhase, ADeadParticipantHoldsUpNobodyElse) {
  CoordinatorRig rig(ShortRetention());
  for (const char* name : {"a", "b", "dead"}) rig.Attach(name);
  const TransactionId stuck = rig.Decide({"a", "dead"});
  rig.Acknowledge("a", stuck);
  rig.Step(coordinator_input::LinkClosed{rig.links["dead"]});
  const TransactionId id = rig.Decide({"a", "b"});
  rig.Acknowledge("a", id);
  rig.Acknowledge("b", id);
  rig.Run(Duration::Seconds(5));
  rig.Log();
  rig.Run(Duration::Seconds(20));
  EXPECT_EQ(rig.GetError(id), Reason::kOutcomeExpired);
  EXPECT_EQ(rig.Get(stuck).state, TransactionState::kCommitting) << "found below the horizon";
  const TransactionId next = rig.Begin();
  rig.Commit(next, {"a", "b"});
  EXPECT_EQ(rig.LastTo<Prepare>("a").at(0).clean_mark, next.sequence)
      << "its partial acknowledgement is durable";
}

TEST(CoordinatorSecondPhase, CommitGoesOnlyToTheStoreOfTheDecision) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Decide({"a"});
  rig.Step(coordinator_input::ReplaceParticipant{1, "a", StoreId{8, 8}});
  rig.Log();
  rig.Attach("a", 1, 9, LinkKind::kStream, StoreId{8, 8});
  EXPECT_EQ(rig.LastTo<Commit>("a").size(), 0u);
  rig.Receive("a", Inquire{id.sequence});
  EXPECT_EQ(rig.LastTo<InquiryAnswer>("a").at(0).verdict, Verdict::kRefused);
  EXPECT_TRUE(rig.Noticed(NoticeKind::kRefusedInquiry));
  rig.Acknowledge("a", id);
  EXPECT_TRUE(rig.Noticed(NoticeKind::kForeignAcknowledge));
  EXPECT_EQ(rig.Get(id).state, TransactionState::kCommitting);
}

// R9, finding 22.
TEST(CoordinatorCleanMark, PassesAnAcknowledgementOnlyWhenItIsDurable) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const TransactionId first = rig.Decide({"a"});
  rig.Acknowledge("a", first);
  TransactionId id = rig.Begin();
  rig.Commit(id, {"a", "b"});
  EXPECT_EQ(rig.LastTo<Prepare>("a").at(0).clean_mark, first.sequence);
  EXPECT_EQ(rig.LastTo<Prepare>("b").at(0).clean_mark, id.sequence) << "a mark per store";
  rig.VoteOf("a", id);
  rig.VoteOf("b", id);
  rig.Log();
  EXPECT_EQ(rig.LastTo<Commit>("a").at(0).clean_mark, id.sequence);
}

TEST(CoordinatorCleanMark, DoesNotPassAnIdThatCanStillBeOpened) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId unopened = rig.Block();
  const TransactionId id = rig.Begin();
  rig.Commit(id, {"a"});
  EXPECT_EQ(rig.LastTo<Prepare>("a").at(0).clean_mark, unopened.sequence);
}

// R10 for library-less participants.
TEST(CoordinatorInquiry, OfAUnaryParticipantIsAnsweredWithCommitOrAbort) {
  CoordinatorRig rig;
  rig.Attach("u", 1, 5, LinkKind::kUnary);
  const TransactionId committed = rig.Decide({"u"});
  rig.Receive("u", Inquire{committed.sequence});
  EXPECT_EQ(rig.LastTo<Commit>("u").size(), 1u);
  const TransactionId aborted = rig.Begin();
  rig.Ask(AbortRequest{aborted});
  rig.Receive("u", Inquire{aborted.sequence});
  EXPECT_EQ(rig.LastTo<Abort>("u").size(), 1u);
  const TransactionId active = rig.Begin();
  rig.Receive("u", Inquire{active.sequence});
  EXPECT_EQ(rig.Described(), "");
  rig.Receive("u", Inquire{{7, 7}});
  EXPECT_EQ(rig.Described(), "note refused inquiry");
}

TEST(CoordinatorUnary, AttachesAgainOnItsLinkAndLosesPrepares) {
  CoordinatorRig rig;
  rig.Attach("u", 1, 5, LinkKind::kUnary);
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"u"});
  rig.Receive("u", Attach{"u", CoordinatorRig::StoreOf("u"), 1, 5, {}});
  EXPECT_FALSE(rig.Answered(commit)) << "the same incarnation changes nothing";
  rig.Step(coordinator_input::PrepareLost{rig.links["u"], id.sequence});
  EXPECT_EQ(rig.OutcomeOf(commit).abort_reason, AbortReason::kVoteLost);
  const TransactionId next = rig.Begin();
  const RequestId second = rig.Commit(next, {"u"});
  rig.Receive("u", Attach{"u", CoordinatorRig::StoreOf("u"), 2, 6, {}});
  EXPECT_EQ(rig.OutcomeOf(second).abort_reason, AbortReason::kParticipantRestarted);
}

// Recovery.
TEST(CoordinatorRecovery, FinishesWhatWasDecidedAndRemembersWhatWasDone) {
  RecoveredLog log = CoordinatorRig::EmptyLog(5);
  log.last_decision_number = 8;
  log.decisions = {Decision({3, 4}, 7, {"a", "b"}, 0b10), Decision({4, 1}, 8, {"a"}, 0b1)};
  CoordinatorRig rig({}, log);
  EXPECT_EQ(rig.Get(IdOf(rig, 3, 4)).unfinished, std::vector<std::string>{"a"});
  EXPECT_EQ(rig.Get(IdOf(rig, 4, 1)).state, TransactionState::kCommitted);
  EXPECT_EQ(rig.ErrorOf(rig.Commit(IdOf(rig, 4, 1), {"a"})), Reason::kDifferentRequest);
  rig.Attach("b");
  EXPECT_EQ(rig.LastTo<Commit>("b").size(), 0u);
  rig.Attach("a");
  ASSERT_EQ(rig.LastTo<Commit>("a").size(), 1u);
  EXPECT_EQ(rig.LastTo<Commit>("a")[0].decision_number, 7u);
  EXPECT_EQ(rig.LastTo<Commit>("a")[0].clean_mark, (Sequence{3, 4}));
  rig.Acknowledge("a", IdOf(rig, 3, 4));
  EXPECT_EQ(std::get<AcknowledgedUpdate>(rig.updates.back()).branches, 0b11u);
  rig.Decide({"a"});
  EXPECT_EQ(rig.decisions.back().number, 9u) << "numbers go on";
}

// R11, finding 23.
TEST(CoordinatorRetention, RunsFromEachClosingAndRemovesRecordsWithTheHorizon) {
  CoordinatorRig rig(ShortRetention());
  rig.Attach("a");
  const TransactionId slow = rig.Begin(Duration::Seconds(1000));
  const TransactionId done = rig.Decide({"a"});
  rig.Acknowledge("a", done);
  rig.Run(Duration::Seconds(20));
  rig.Log();
  rig.Run(Duration::Seconds(1));
  const auto removed = [&] {
    std::vector<Sequence> ids;
    for (const LogUpdate& update : rig.updates) {
      if (const auto* removal = std::get_if<RemovalUpdate>(&update)) {
        for (const Sequence id : removal->removed) {
          EXPECT_LT(id, removal->horizon);
          ids.push_back(id);
        }
      }
    }
    return ids;
  };
  EXPECT_TRUE(removed().empty()) << "the horizon stands at the open one";
  EXPECT_NE(rig.Get(slow).outcome, Outcome::kAborted);
  rig.Ask(AbortRequest{slow});
  rig.Run(Duration::Seconds(9));
  EXPECT_EQ(rig.Get(slow).outcome, Outcome::kAborted) << "its own retention";
  rig.Run(Duration::Seconds(2));
  EXPECT_EQ(rig.GetError(slow), Reason::kOutcomeExpired);
  EXPECT_EQ(rig.GetError(done), Reason::kOutcomeExpired);
  EXPECT_EQ(removed(), std::vector<Sequence>{done.sequence});
}

// Finding 18.
TEST(CoordinatorRetention, AReadOnlyOutcomeIsRememberedUntilItExpires) {
  CoordinatorRig rig(ShortRetention());
  rig.Attach("a");
  const TransactionId id = rig.Block();
  rig.Commit(id, {"a"});
  rig.VoteOf("a", id, VoteKind::kReadOnly);
  rig.Step(coordinator_input::SessionClosed{9});
  rig.Run(Duration::Seconds(9));
  EXPECT_TRUE(rig.Get(id).read_only);
  rig.Run(Duration::Seconds(2));
  EXPECT_EQ(rig.GetError(id), Reason::kOutcomeExpired);
}

TEST(CoordinatorRetention, RemembersNoMoreThanItMay) {
  CoordinatorLimits limits;
  limits.max_remembered = 10;
  CoordinatorRig rig(limits);
  std::vector<TransactionId> ids;
  for (int i = 0; i < 30; ++i) {
    ids.push_back(rig.Begin());
    rig.Ask(AbortRequest{ids.back()});
  }
  EXPECT_EQ(rig.core.ListTransactions({}, 100, false, rig.now).size(), 10u);
  EXPECT_EQ(rig.GetError(ids[0]), Reason::kOutcomeExpired);
  EXPECT_EQ(rig.Get(ids[29]).outcome, Outcome::kAborted);
}

TEST(CoordinatorDraining, FinishesWhatIsPreparingAndAbortsWhatIsActive) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId active = rig.Begin();
  const TransactionId unopened = rig.Block();
  const TransactionId preparing = rig.Begin();
  const RequestId commit = rig.Commit(preparing, {"a"}, WaitFor::kDecision);
  rig.Step(coordinator_input::DrainRequested{});
  EXPECT_EQ(rig.Get(active).abort_reason, AbortReason::kDraining);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(BeginRequest{})), Reason::kDraining);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 1, {}})), Reason::kDraining);
  EXPECT_EQ(rig.ErrorOf(rig.Commit(unopened, {"a"})), Reason::kDraining);
  EXPECT_FALSE(rig.core.Drained());
  rig.VoteOf("a", preparing);
  rig.Log();
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kCommitted);
  EXPECT_TRUE(rig.core.Drained());
}

}  // namespace
}  // namespace assent
