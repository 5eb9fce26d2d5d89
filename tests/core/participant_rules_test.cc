// Rules R4 to R10 and the findings of the protocol check, as far as they concern a participant.
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "tests/core/participant_rig.h"

namespace assent {
namespace {

template <typename Effect>
int Count(const ParticipantEffects& effects) {
  int count = 0;
  for (const ParticipantEffect& effect : effects) count += std::holds_alternative<Effect>(effect);
  return count;
}

RecoveredStore StoreWithPrepared(std::uint64_t number, Epoch known_epoch = kEpoch) {
  RecoveredStore store = FreshStore();
  store.prepared.push_back(ParticipantRig::Id(number));
  store.coordinators.push_back({TestCoordinator(), {known_epoch, 105, 3}, {kEpoch, 2}});
  return store;
}

// R4: enlisting

TEST(ParticipantCalls, AdmitsACallAtOnceAndLetsItsAnswerWaitForTheEnlistment) {
  ParticipantRig rig;
  EXPECT_EQ(rig.Attach(), "note");
  EXPECT_EQ(rig.Call(1, 7), "admitted enlist");
  EXPECT_EQ(rig.EndCall(1), "");
  EXPECT_EQ(rig.Enlisted(), "enlisted");
}

TEST(ParticipantCalls, EnlistsABranchOnceHoweverManyCallsWorkForIt) {
  ParticipantRig rig;
  rig.Attach();
  EXPECT_EQ(rig.Call(1, 7), "admitted enlist");
  EXPECT_EQ(rig.Call(2, 7), "admitted");
  EXPECT_EQ(rig.Enlisted(), "enlisted enlisted");
  EXPECT_EQ(rig.Call(3, 7), "admitted enlisted");
}

TEST(ParticipantCalls, RefusesACallWithoutALinkToItsCoordinator) {
  ParticipantRig rig;
  EXPECT_EQ(rig.Call(1, 7), "refused:NOT_ATTACHED");
  rig.Attach();
  rig.Step(participant_input::Detached{kLink});
  EXPECT_EQ(rig.Call(2, 7), "refused:NOT_ATTACHED");
}

TEST(ParticipantCalls, RefusesACallOfAnEarlierEpoch) {
  ParticipantRig rig;
  rig.Attach(kLink, kEpoch + 1);
  EXPECT_EQ(rig.Call(1, 7), "refused:TRANSACTION_FINISHED");
}

TEST(ParticipantCalls, RefusesNewBranchesOverTheLimitAndTakesThemBelowItAgain) {
  ParticipantLimits limits;
  limits.max_active_branches = 1;
  ParticipantRig rig(FreshStore(), limits);
  rig.Attach();
  rig.Call(1, 7);
  EXPECT_EQ(rig.Call(2, 8), "refused:TOO_MANY_TRANSACTIONS");
  EXPECT_EQ(rig.Call(3, 7), "admitted");
  EXPECT_EQ(rig.Prepare(9), "vote-no");
  rig.EndCall(1);
  rig.EndCall(3);
  EXPECT_EQ(rig.Abort(7), "enlisted:TRANSACTION_FINISHED enlisted:TRANSACTION_FINISHED ABORT");
  EXPECT_EQ(rig.Call(4, 8), "admitted enlist");
}

TEST(ParticipantCalls, SendAnUnansweredEnlistmentAgainOnTheNextLink) {
  ParticipantRig rig;
  rig.Attach();
  rig.Call(1, 7);
  rig.Step(participant_input::Detached{kLink});
  EXPECT_EQ(rig.Attach(2), "enlist inquire");
  EXPECT_EQ(rig.Receive(EnlistAnswer{1, Reason::kNone, {}}, kLink), "") << "the old link";
  EXPECT_EQ(rig.Receive(EnlistAnswer{1, Reason::kNone, {}}, 2), "enlisted");
}

TEST(ParticipantCalls, RollBackWhatCouldNotEnlistOnceNoCallRuns) {
  ParticipantRig rig;
  rig.Attach();
  rig.Call(1, 7);
  EXPECT_EQ(rig.Enlisted(Reason::kAlreadyPreparing), "enlisted:ALREADY_PREPARING");
  EXPECT_EQ(rig.EndCall(1), "ABORT");
  rig.Aborted(7);
  EXPECT_EQ(rig.Call(2, 7), "refused:BRANCH_NOT_ACTIVE") << "its first half is gone (finding 16)";
}

// R5: stamps

TEST(ParticipantStamps, ExecuteADuplicatedPrepareOnce) {
  ParticipantRig rig;
  rig.Attach();
  EXPECT_EQ(rig.Prepare(7), "PREPARE");
  EXPECT_EQ(rig.Prepare(7), "refused-prepare");
  rig.Prepared(7, VoteKind::kYes);
  rig.Commit(7);
  rig.Committed(7);
  EXPECT_EQ(rig.Prepare(7), "refused-prepare") << "finding 14: after the commit either";
}

TEST(ParticipantStamps, RefuseAnotherIncarnationsPrepareWithoutVoteOrRecord) {  // finding 15
  ParticipantRig rig;
  rig.Attach();
  Prepare stale = ParticipantRig::PrepareOf(7, "work");
  stale.stamp.incarnation = kIncarnation - 1;
  EXPECT_EQ(rig.Receive(stale), "refused-prepare");
  EXPECT_EQ(rig.StateOf(7), "-");
  EXPECT_EQ(rig.Prepare(7), "PREPARE") << "the number is not used up towards this incarnation";
}

TEST(ParticipantStamps, RefuseAPrepareOfALowerEpoch) {  // finding 26
  ParticipantRig rig;
  rig.Attach();
  rig.Attach(2, kEpoch + 1);
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(7, "work"), 2), "refused-prepare");
}

TEST(ParticipantStamps, LearnAHigherEpochFromAPrepareAndKeepWhatIsToldAtAttach) {
  ParticipantRig rig;
  rig.Attach();
  rig.Call(1, 6);
  Prepare message = ParticipantRig::PrepareOf(7, "work");
  message.id.epoch = message.stamp.epoch = kEpoch + 1;
  EXPECT_EQ(rig.Receive(message), "dropped-active enlisted:TRANSACTION_FINISHED PREPARE");
  EXPECT_EQ(rig.core.KnowledgeOf(TestCoordinator()), (CoordinatorKnowledge{kEpoch, 0, 0}))
      << "its life number is not known: who is at the epoch before runs on an older copy";
  EXPECT_EQ(rig.Prepare(8), "refused-prepare");
}

// R3. What rides along may be lost by a power loss that leaves the prepared branch.
TEST(ParticipantKnowledge, OfAnEpochComesFromAPreparedBranchToo) {
  RecoveredStore store = FreshStore();
  const CoordinatorId noted = TestCoordinator("noted");
  store.coordinators = {{noted, {3, 77, 40}, {}}};
  store.prepared = {
      {noted, {5, 1}}, {TestCoordinator("new"), {9, 1}}, {TestCoordinator("first"), {1, 1}}};
  const ParticipantRig rig(store);
  EXPECT_EQ(rig.core.Knowledge(), (std::vector<KnownCoordinator>{
                                      {TestCoordinator("new"), {8, 0, 0}}, {noted, {4, 0, 40}}}))
      << "nobody is below the first epoch";
}

TEST(ParticipantKnowledge, IsWhatWasNotedWhenNothingHigherIsPrepared) {
  RecoveredStore store = FreshStore();
  store.coordinators = {{TestCoordinator(), {5, 77, 40}, {}}};
  store.prepared = {{TestCoordinator(), {5, 1}}};
  ParticipantRig rig(store);
  EXPECT_EQ(rig.core.KnowledgeOf(TestCoordinator()), (CoordinatorKnowledge{5, 77, 40}));
  rig.Attach(1, 6);
  EXPECT_EQ(rig.core.KnowledgeOf(TestCoordinator()), (CoordinatorKnowledge{6, 106, 40}));
}

TEST(ParticipantStamps, AnAbortThatOvertakesItsPrepareUsesUpTheStamp) {
  ParticipantRig rig;
  rig.Attach();
  EXPECT_EQ(rig.Abort(7, 7), "ignored");
  EXPECT_EQ(rig.Prepare(7), "refused-prepare");
  EXPECT_EQ(rig.StateOf(7), "-");
}

// R6: votes

TEST(ParticipantVotes, YesOnlyAfterThePreparedStateIsDurable) {
  ParticipantRig rig;
  rig.Attach();
  EXPECT_EQ(rig.Prepare(7), "PREPARE");
  EXPECT_EQ(rig.Prepared(7, VoteKind::kYes), "vote-yes");
}

TEST(ParticipantVotes, NoForAPrepareWithoutPayloadOfABranchNotInMemory) {  // finding 17
  ParticipantRig rig;
  rig.Attach();
  EXPECT_EQ(rig.Prepare(7, std::nullopt), "vote-no");
  EXPECT_EQ(rig.Call(1, 7), "refused:BRANCH_NOT_ACTIVE");
}

TEST(ParticipantVotes, NoWhileACallOfTheBranchIsRunning) {  // finding 17
  ParticipantRig rig;
  rig.Attach();
  rig.Call(1, 7);
  rig.Enlisted();
  EXPECT_EQ(rig.Prepare(7, std::nullopt), "vote-no");
  EXPECT_EQ(rig.EndCall(1), "ABORT");
}

TEST(ParticipantVotes, AreNotSentOnALinkThatDidNotCarryThePrepare) {
  ParticipantRig rig;
  rig.Attach();
  rig.Prepare(7);
  rig.Prepare(8);
  rig.Prepare(9);
  EXPECT_EQ(rig.Attach(2), "");
  EXPECT_EQ(rig.Prepared(7, VoteKind::kYes), "inquire");
  EXPECT_EQ(rig.Prepared(8, VoteKind::kNo), "ABORT");
  EXPECT_EQ(rig.Prepared(9, VoteKind::kReadOnly), "");
}

TEST(ParticipantVotes, OfABranchWithoutALinkStayUnsaidAndTheNextAttachAsks) {
  ParticipantRig rig;
  rig.Attach();
  rig.Prepare(7);
  rig.Step(participant_input::Detached{kLink});
  EXPECT_EQ(rig.Prepared(7, VoteKind::kYes), "");
  EXPECT_TRUE(rig.core.NextDeadline().IsNever());
  EXPECT_EQ(rig.Attach(2), "inquire");
}

TEST(ParticipantVotes, AReasonIsCutToItsLimitBetweenCharacters) {
  ParticipantRig rig;
  rig.Attach();
  rig.Prepare(7);
  std::string text(kMaxTextSize - 1, 'x');
  text += "\xc3\xa4";
  rig.Step(participant_input::Prepared{ParticipantRig::Id(7), {VoteKind::kNo, text}});
  const auto& send = std::get<participant_effect::Send>(rig.effects.front());
  EXPECT_EQ(std::get<Vote>(send.message).text, std::string(kMaxTextSize - 1, 'x'));
}

// R9: acknowledgement

TEST(ParticipantCommit, AcknowledgesOnlyAfterTheCommitIsDurable) {  // finding 3
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  EXPECT_EQ(rig.Commit(7), "COMMIT note");
  EXPECT_EQ(rig.Commit(7), "") << "one commit, one acknowledgement";
  EXPECT_EQ(rig.Committed(7), "acknowledge");
  EXPECT_EQ(rig.Commit(7), "acknowledge") << "the first one may have been lost";
}

TEST(ParticipantCommit, WithoutALinkIsAcknowledgedWhenItIsRepeated) {
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  rig.Commit(7);
  rig.Step(participant_input::Detached{kLink});
  EXPECT_EQ(rig.Committed(7), "");
  rig.Attach(2);
  EXPECT_EQ(rig.Receive(Commit{{kEpoch, 7}, 7, {}}, 2), "acknowledge");
}

TEST(ParticipantCommit, RetriesWithGrowingDelaysWhatTheResourceManagerCouldNotDo) {
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  rig.Commit(7);
  Duration last;
  for (int i = 0; i < 12; ++i) {
    rig.Committed(7, CommitResult::kFailed);
    last = rig.core.NextDeadline() - rig.now;
    EXPECT_LE(last, ParticipantLimits().max_resource_retry);
    EXPECT_EQ(rig.TickAtDeadline(), "COMMIT");
  }
  EXPECT_GE(last, ParticipantLimits().max_resource_retry / 2);
  EXPECT_EQ(rig.Committed(7), "acknowledge");
}

TEST(ParticipantCommit, OfAnUnknownBranchAsksTheResourceManager) {  // findings 5 and 20
  ParticipantRig rig;
  rig.Attach();
  EXPECT_EQ(rig.Commit(7), "COMMIT note");
  EXPECT_EQ(rig.Committed(7, CommitResult::kNotThere), "hazard") << "not there is not success";
  EXPECT_EQ(rig.Commit(7), "COMMIT");
  EXPECT_EQ(rig.Committed(7, CommitResult::kCommitted), "acknowledge");
}

TEST(ParticipantCommit, OfAnUnknownBranchIsExcusedByACrashOnly) {
  ParticipantRig rig;
  rig.Attach();
  rig.Commit(7);
  EXPECT_EQ(rig.Committed(7, CommitResult::kCannotTell), "acknowledge");
  rig.PrepareYes(8);
  rig.Commit(8);
  EXPECT_EQ(rig.Committed(8, CommitResult::kCannotTell), "hazard") << "it voted in this life";
}

TEST(ParticipantCommit, BelowTheCleanMarkIsAcknowledgedAsADuplicateUnlessListed) {
  ParticipantRig rig(StoreWithPrepared(1));
  EXPECT_EQ(rig.Attach(), "inquire");
  Prepare message = ParticipantRig::PrepareOf(9, "work");
  message.clean_mark = {kEpoch, 8};
  EXPECT_EQ(rig.Receive(message), "PREPARE note");
  EXPECT_EQ(rig.Commit(7), "acknowledge note");
  EXPECT_EQ(rig.Commit(1), "COMMIT") << "listed: committed, as ever";
  EXPECT_EQ(rig.core.CleanMarkOf(TestCoordinator()), (Sequence{kEpoch, 8}));
  rig.Commit(9, 2);
  EXPECT_EQ(rig.core.CleanMarkOf(TestCoordinator()), (Sequence{kEpoch, 8})) << "it never falls";
}

TEST(ParticipantCommit, RaisesTheHighestDecisionNumberAndNotesItOnce) {
  ParticipantRig rig;
  rig.Attach();
  rig.Receive(Commit{{kEpoch, 7}, 40, {kEpoch, 3}});
  EXPECT_EQ(Count<participant_effect::NoteCoordinator>(rig.effects), 1);
  EXPECT_EQ(rig.core.KnowledgeOf(TestCoordinator()), (CoordinatorKnowledge{kEpoch, 105, 40}));
}

// R10: inquiry

TEST(ParticipantInquiry, AsksForEveryPreparedBranchAtStart) {  // finding 1
  ParticipantRig rig(StoreWithPrepared(7));
  EXPECT_EQ(rig.core.in_doubt(), 1u);
  EXPECT_EQ(rig.Attach(), "inquire");
}

TEST(ParticipantInquiry, AsksAgainWhenOnlyTheCoordinatorRestarted) {  // finding 1
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  EXPECT_EQ(rig.Attach(2, kEpoch + 1), "inquire note");
}

TEST(ParticipantInquiry, IsRepeatedWithCappedBackOffWhileInDoubtAndLinked) {
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  EXPECT_LE(rig.core.NextDeadline() - rig.now, ParticipantLimits().first_inquiry);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rig.TickAtDeadline(), "inquire");
  const Duration wait = rig.core.NextDeadline() - rig.now;
  EXPECT_LE(wait, ParticipantLimits().max_inquiry);
  EXPECT_GE(wait, ParticipantLimits().max_inquiry / 2);
  rig.Step(participant_input::Detached{kLink});
  EXPECT_TRUE(rig.core.NextDeadline().IsNever()) << "no needless wake-ups";
}

TEST(ParticipantInquiry, RefusedKeepsThePreparedBranch) {
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  EXPECT_EQ(rig.Answer(7, Verdict::kRefused), "inquiry-refused");
  EXPECT_EQ(rig.StateOf(7), "PREPARED");
  EXPECT_EQ(rig.TickAtDeadline(), "inquire");
}

TEST(ParticipantInquiry, KeepsAPreparedBranchOfAnEarlierEpochAndDropsTheActiveOnes) {
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  rig.Call(1, 8);
  rig.EndCall(1);
  EXPECT_EQ(rig.Attach(2, kEpoch + 1),
            "dropped-active enlisted:TRANSACTION_FINISHED ABORT inquire note");
  EXPECT_EQ(rig.StateOf(7), "PREPARED");
}

// Links

TEST(ParticipantLinks, IgnoreWhatComesFromALinkThatIsNotTheCurrentOne) {
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  rig.Attach(2);
  EXPECT_EQ(rig.Receive(Abort{{kEpoch, 7}, {}}, kLink), "");
  EXPECT_EQ(rig.Step(participant_input::Detached{kLink}), "");
  EXPECT_EQ(rig.core.counts().ignored, 1u);
  EXPECT_EQ(rig.Receive(Abort{{kEpoch, 7}, {}}, 2), "ABORT");
}

// Two addresses lead to one coordinator for a while: it kept the older link, whose answer came
// first.
TEST(ParticipantLinks, GoBackToTheReplacedOneWhenTheNewerOneEnds) {
  ParticipantRig rig;
  rig.Attach();
  rig.PrepareYes(7);
  rig.Attach(2);
  EXPECT_EQ(rig.Step(participant_input::Detached{2}), "inquire");
  EXPECT_EQ(rig.Receive(Abort{{kEpoch, 7}, {}}, kLink), "ABORT");
  rig.Attach(3);
  rig.Attach(4);
  EXPECT_EQ(rig.Step(participant_input::Detached{3}), "");
  EXPECT_EQ(rig.Step(participant_input::Detached{kLink}), "");
  EXPECT_EQ(rig.Step(participant_input::Detached{4}), "");
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(8, "work"), kLink), "");
}

TEST(ParticipantLinks, IgnoreAnAttachThatALaterEpochHasOvertaken) {
  ParticipantRig rig;
  rig.Attach(2, kEpoch + 1);
  EXPECT_EQ(rig.Attach(1, kEpoch), "ignored");
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(7, "work"), 1), "");
}

// R10: its locks are not held for a coordinator that may never come back; a vote of yes binds.
TEST(ParticipantLinks, DropWhatHasNotVotedWhenTheCoordinatorStaysAway) {
  ParticipantLimits limits;
  limits.max_away = Duration::Seconds(60);
  ParticipantRig rig(FreshStore(), limits);
  rig.Attach();
  rig.PrepareYes(6);
  rig.Call(1, 7);
  rig.Enlisted();
  rig.EndCall(1);
  rig.Call(2, 8);
  rig.Step(participant_input::Detached{kLink});
  EXPECT_EQ(rig.core.NextDeadline(), rig.now + Duration::Seconds(60));
  EXPECT_EQ(rig.TickAtDeadline(), "dropped-active ABORT dropped-active enlisted:NOT_ATTACHED");
  EXPECT_EQ(rig.EndCall(2), "ABORT") << "not below the hands of a call";
  rig.Aborted(7);
  rig.Aborted(8);
  EXPECT_TRUE(rig.core.NextDeadline().IsNever());
  EXPECT_EQ(rig.StateOf(6), "PREPARED");
  EXPECT_EQ(rig.Attach(2), "inquire");
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(7, std::nullopt), 2), "vote-no");
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(8, "work"), 2), "vote-no");
}

TEST(ParticipantLinks, DropNothingWhenTheCoordinatorComesBackInTime) {
  ParticipantRig rig;
  rig.Attach();
  rig.Call(1, 7);
  rig.Enlisted();
  rig.EndCall(1);
  rig.Step(participant_input::Detached{kLink});
  EXPECT_EQ(rig.Attach(2), "inquire");
  EXPECT_EQ(rig.TickAtDeadline(), "inquire");
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(7, std::nullopt), 2), "PREPARE");
}

TEST(ParticipantLinks, KeepCoordinatorsApart) {
  ParticipantRig rig;
  rig.Attach(1, kEpoch, "c");
  rig.Attach(2, kEpoch, "other");
  rig.Receive(ParticipantRig::PrepareOf(7, "a"), 1);
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(7, "b"), 2), "PREPARE") << "another's 7";
  rig.Attach(3, kEpoch + 1, "other");
  EXPECT_EQ(rig.Receive(ParticipantRig::PrepareOf(8, "a"), 1), "PREPARE");
}

}  // namespace
}  // namespace assent
