// The coordinator keeps the rules R1 to R3, R7 and R8 of docs/protocol.md: ids, attaching,
// commits, timeouts.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/coordinator_rig.h"

namespace assent {
namespace {

using coordinator_effect::LogDecision;

CoordinatorLimits ShortRetention() {
  CoordinatorLimits limits;
  limits.retention = Duration::Seconds(10);
  return limits;
}

TransactionId IdOf(const CoordinatorRig& rig, Epoch epoch, std::uint64_t number) {
  return {rig.core.id(), {epoch, number}};
}

TEST(CoordinatorCommit, TellsNobodyBeforeTheDecisionIsDurable) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a", "b"}, WaitFor::kDecision);
  rig.VoteOf("a", id);
  rig.VoteOf("b", id);
  ASSERT_EQ(rig.Last<LogDecision>().size(), 1u);
  const RequestId abort = rig.Ask(AbortRequest{id, AbortReason::kRequested});
  EXPECT_EQ(rig.Get(id).outcome, Outcome::kUnknown);
  EXPECT_EQ(rig.Get(id).state, TransactionState::kDeciding);
  rig.Receive("a", Inquire{id.sequence});
  EXPECT_EQ(rig.LastTo<InquiryAnswer>("a").at(0).verdict, Verdict::kWait);
  rig.Wait(Duration::Seconds(1000));
  EXPECT_EQ(rig.counts["Commit"], 0);
  EXPECT_FALSE(rig.Answered(commit));
  EXPECT_FALSE(rig.Answered(abort));
  rig.Log();
  EXPECT_EQ(rig.counts["Commit"], 2);
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kCommitted);
  EXPECT_EQ(rig.OutcomeOf(abort).outcome, Outcome::kCommitted);
}

TEST(CoordinatorCommit, CostsOneForcedWriteAndOnePrepareAndCommitPerBranch) {
  for (const std::size_t branches : {1u, 2u, 3u, 5u, 64u}) {
    CoordinatorRig rig;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < branches; ++i) names.push_back("p" + std::to_string(i));
    for (const std::string& name : names) rig.Attach(name);
    const int bindings = rig.counts["Binding"];
    const TransactionId id = rig.Decide(names);
    for (const std::string& name : names) rig.Acknowledge(name, id);
    const int n = static_cast<int>(branches);
    EXPECT_EQ(rig.counts["LogDecision"], 1);
    EXPECT_EQ(rig.counts["Prepare"], n);
    EXPECT_EQ(rig.counts["Commit"], n);
    EXPECT_EQ(rig.counts["Abort"], 0);
    EXPECT_EQ(rig.counts["Acknowledged"], 1) << "rides along, once";
    EXPECT_EQ(rig.counts["Binding"], bindings);
    EXPECT_EQ(rig.Get(id).state, TransactionState::kCommitted);
  }
}

TEST(CoordinatorCommit, AnAbortWritesNothing) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const LogTicket before = rig.last_ticket;
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a", "b"});
  rig.VoteOf("b", id, VoteKind::kNo);
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kAborted);
  EXPECT_EQ(rig.OutcomeOf(commit).abort_reason, AbortReason::kVotedNo);
  EXPECT_EQ(rig.OutcomeOf(commit).participant, "b");
  EXPECT_EQ(rig.OutcomeOf(commit).text, "sold out");
  EXPECT_EQ(rig.counts["Abort"], 1) << "who voted no knows";
  EXPECT_EQ(rig.LastTo<Abort>("a").at(0).stamp->n, 1u);
  rig.VoteOf("a", id);
  EXPECT_TRUE(rig.Noticed(NoticeKind::kIgnoredVote));
  EXPECT_EQ(rig.counts["Abort"], 1) << "a late yes asks by itself";
  EXPECT_EQ(rig.last_ticket, before);
}

TEST(CoordinatorCommit, AllReadOnlyWritesNothingAndHasNoSecondPhase) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const LogTicket before = rig.last_ticket;
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a", "b"});
  rig.VoteOf("a", id, VoteKind::kReadOnly);
  rig.VoteOf("b", id, VoteKind::kReadOnly);
  EXPECT_TRUE(rig.OutcomeOf(commit).read_only);
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kCommitted);
  EXPECT_EQ(rig.counts["Commit"], 0);
  EXPECT_EQ(rig.last_ticket, before);
}

TEST(CoordinatorCommit, RecordsOnlyTheYesBranchesWithTheirStores) {
  CoordinatorRig rig;
  for (const char* name : {"a", "b", "c"}) rig.Attach(name);
  const TransactionId id = rig.Begin();
  rig.Commit(id, {"c", "a", "b"});
  rig.VoteOf("a", id);
  rig.VoteOf("b", id, VoteKind::kReadOnly);
  rig.VoteOf("c", id);
  ASSERT_EQ(rig.decisions.size(), 1u);
  const DecisionRecord& record = rig.decisions[0];
  EXPECT_EQ(record.id, id.sequence);
  EXPECT_EQ(record.number, 1u);
  EXPECT_EQ(record.branches, (std::vector<DecisionBranch>{{"a", CoordinatorRig::StoreOf("a")},
                                                          {"c", CoordinatorRig::StoreOf("c")}}));
  rig.Log();
  EXPECT_EQ(rig.LastTo<Commit>("b").size(), 0u);
  EXPECT_EQ(rig.LastTo<Commit>("a").at(0).decision_number, 1u);
}

// R1, findings 6 to 8.
TEST(CoordinatorIds, GetOfAnUnopenedIdNeverSaysAborted) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Block();
  EXPECT_EQ(rig.Get(id).outcome, Outcome::kUnknown);
  EXPECT_EQ(rig.Get(id).state, TransactionState::kActive);
  rig.Commit(id, {"a"});
  rig.VoteOf("a", id);
  rig.Log();
  EXPECT_EQ(rig.Get(id).outcome, Outcome::kCommitted);
}

TEST(CoordinatorIds, OnceAbortedUnopenedAnIdStaysClosed) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Block();
  EXPECT_EQ(rig.OutcomeOf(rig.Ask(AbortRequest{id})).outcome, Outcome::kAborted);
  EXPECT_EQ(rig.OutcomeOf(rig.Commit(id, {"a"})).outcome, Outcome::kAborted);
  EXPECT_EQ(rig.counts["Prepare"], 0);
}

TEST(CoordinatorIds, ABlockEndsWithItsSessionOrItsLifetimeAndOpenTransactionsLiveOn) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId first = rig.Block(3, /*session=*/1);
  const TransactionId other = rig.Block(2, /*session=*/2);
  rig.Receive("a", Enlist{1, first});
  rig.Step(coordinator_input::SessionClosed{1});
  EXPECT_EQ(rig.Get(first).state, TransactionState::kActive);
  EXPECT_EQ(rig.Get(IdOf(rig, 2, 2)).outcome, Outcome::kAborted);
  EXPECT_EQ(rig.Get(other).state, TransactionState::kActive);
  rig.Run(Duration::Seconds(60));
  EXPECT_EQ(rig.Get(other).outcome, Outcome::kAborted);
  EXPECT_EQ(rig.Get(first).abort_reason, AbortReason::kTimedOut);
}

TEST(CoordinatorIds, WhatWasNotGivenOutIsNeverAnOutcome) {
  CoordinatorRig rig;
  EXPECT_EQ(rig.GetError(IdOf(rig, 2, 1)), Reason::kFutureTransaction);
  EXPECT_EQ(rig.GetError(IdOf(rig, 3, 1)), Reason::kFutureTransaction);
  EXPECT_EQ(rig.GetError(IdOf(rig, 2, UINT64_MAX)), Reason::kFutureTransaction);
  EXPECT_EQ(rig.GetError({*CoordinatorId::Parse("other"), {1, 1}}), Reason::kForeignTransaction);
  EXPECT_EQ(rig.GetError(TransactionId{}), Reason::kMalformedTransactionId);
  EXPECT_EQ(rig.ErrorOf(rig.Commit(IdOf(rig, 2, 1), {})), Reason::kFutureTransaction);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(AbortRequest{IdOf(rig, 2, 1)})), Reason::kFutureTransaction);
  EXPECT_EQ(rig.core.counts().refused, 7u);
}

TEST(CoordinatorIds, AnUndecidedIdOfAnEarlierEpochIsAbortedForGood) {
  CoordinatorRig rig(ShortRetention());
  rig.Attach("a");
  EXPECT_EQ(rig.Get(IdOf(rig, 1, 500)).abort_reason, AbortReason::kCoordinatorRestarted);
  EXPECT_EQ(rig.OutcomeOf(rig.Commit(IdOf(rig, 1, 500), {"a"})).outcome, Outcome::kAborted);
  rig.Run(Duration::Seconds(11));
  EXPECT_EQ(rig.GetError(IdOf(rig, 1, 500)), Reason::kOutcomeExpired);
}

// Finding 25.
TEST(CoordinatorIds, AnIdStandsForOneRequest) {
  CoordinatorRig rig;
  for (const char* name : {"a", "b"}) rig.Attach(name);
  const TransactionId id = rig.Begin();
  rig.Commit(id, {"a", "b"});
  EXPECT_EQ(rig.ErrorOf(rig.Commit(id, {"a"})), Reason::kDifferentRequest);
  CommitRequest other{id, {{"a", "payload"}, {"b", "another"}}, {}, {}, {}};
  EXPECT_EQ(rig.ErrorOf(rig.Ask(other)), Reason::kDifferentRequest);
  const RequestId again = rig.Commit(id, {"b", "a"});
  rig.VoteOf("a", id);
  rig.VoteOf("b", id);
  rig.Log();
  rig.Acknowledge("a", id);
  rig.Acknowledge("b", id);
  EXPECT_EQ(rig.OutcomeOf(again).outcome, Outcome::kCommitted) << "the order does not matter";
  EXPECT_EQ(rig.ErrorOf(rig.Commit(id, {"a"})), Reason::kDifferentRequest);
  EXPECT_EQ(rig.OutcomeOf(rig.Commit(id, {})).outcome, Outcome::kCommitted);
}

// R3, findings 20 and 24.
TEST(CoordinatorAttach, AHigherIncarnationReplacesALowerOne) {
  CoordinatorRig rig;
  const LinkId old = rig.Attach("a", 1, 5);
  rig.Attach("a", 2, 6);
  EXPECT_EQ(rig.Last<coordinator_effect::CloseLink>().at(0).link, old);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kNone);
  EXPECT_EQ(std::get<BindingUpdate>(rig.updates.back()).incarnation, 2u);
  rig.Attach("a", 1, 5);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kStaleIncarnation);
  EXPECT_TRUE(rig.core.ListParticipants().at(0).attached) << "the right one stays";
}

TEST(CoordinatorAttach, TheSameProcessOnANewLinkReplacesItsOldLinkAndLosesItsVotes) {
  CoordinatorRig rig;
  rig.Attach("a", 1, 5);
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a"});
  rig.Attach("a", 1, 5);
  EXPECT_EQ(rig.OutcomeOf(commit).abort_reason, AbortReason::kVoteLost);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kNone);
  rig.VoteOf("a", id);
  EXPECT_EQ(rig.Get(id).outcome, Outcome::kAborted);
}

TEST(CoordinatorAttach, ASecondProcessOrAnotherStoreIsRefused) {
  CoordinatorRig rig;
  rig.Attach("a", 3, 5);
  rig.Attach("a", 3, 6);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kSameIncarnationOtherLife);
  EXPECT_TRUE(rig.Noticed(NoticeKind::kAttachRefused));
  rig.Attach("a", 9, 6, LinkKind::kStream, StoreId{4, 4});
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kOtherStore);
  EXPECT_EQ(rig.Last<coordinator_effect::CloseLink>().size(), 1u);
}

// Two processes on copies of one store, whichever way they are talked to.
TEST(CoordinatorAttach, ALibraryLessParticipantWithAnotherLifeNumberIsRefused) {
  CoordinatorRig rig;
  const LinkId first = rig.Attach("u", 3, 5, LinkKind::kUnary);
  rig.Step(coordinator_input::LinkClosed{first});
  const LinkId second = rig.Attach("u", 3, 6, LinkKind::kUnary);
  EXPECT_EQ(rig.Last<coordinator_effect::CloseLink>().at(0).link, second);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("u").at(0).reason, Reason::kSameIncarnationOtherLife);
  rig.Attach("u", 3, 5, LinkKind::kUnary);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("u").at(0).reason, Reason::kNone);
  rig.Receive("u", Attach{"u", CoordinatorRig::StoreOf("u"), 3, 6, {}});
  EXPECT_EQ(rig.Last<coordinator_effect::CloseLink>().at(0).reason,
            Reason::kSameIncarnationOtherLife);
  rig.Attach("u", 4, 6, LinkKind::kUnary);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("u").at(0).reason, Reason::kNone);
}

TEST(CoordinatorAttach, WithoutALifeNumberIsRefused) {
  for (const LinkKind kind : {LinkKind::kStream, LinkKind::kUnary}) {
    CoordinatorRig rig;
    rig.Attach("a", 3, 0, kind);
    EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kMalformedRequest);
    EXPECT_TRUE(rig.core.ListParticipants().empty());
  }
}

TEST(CoordinatorAttach, BindingsOutliveTheCoordinator) {
  RecoveredLog log = CoordinatorRig::EmptyLog(2);
  log.bindings = {{"a", CoordinatorRig::StoreOf("a"), 4}};
  CoordinatorRig rig({}, log);
  rig.Attach("a", 3);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kStaleIncarnation);
  rig.Attach("a", 4, 9);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kNone);
  EXPECT_EQ(rig.counts["Binding"], 0) << "nothing new to record";
}

TEST(CoordinatorAttach, AnOperatorsBindingIsToldWhenItIsDurable) {
  CoordinatorRig rig;
  const LinkId old = rig.Attach("a", 5);
  rig.Step(coordinator_input::ReplaceParticipant{1, "a", StoreId{8, 8}});
  EXPECT_EQ(rig.Last<coordinator_effect::CloseLink>().at(0).link, old);
  EXPECT_TRUE(rig.Last<coordinator_effect::LogUpdated>().at(0).urgent);
  EXPECT_TRUE(rig.Last<coordinator_effect::BindingReplaced>().empty());
  rig.Log();
  EXPECT_EQ(rig.Last<coordinator_effect::BindingReplaced>().at(0).reason, Reason::kNone);
  rig.Attach("a", 6);
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kOtherStore);
  rig.Attach("a", 1, 5, LinkKind::kStream, StoreId{8, 8});
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kNone);
  rig.Step(coordinator_input::ReplaceParticipant{2, "NO NAME", StoreId{8, 8}});
  EXPECT_EQ(rig.Last<coordinator_effect::BindingReplaced>().at(0).reason,
            Reason::kInvalidParticipantName);
}

TEST(CoordinatorAttach, AnOlderCopyOfTheLogStopsWhenItHearsOfIt) {
  const CoordinatorKnowledge heard[] = {{3, 1, 0}, {2, 1, 0}, {1, 1, 11}};
  for (const CoordinatorKnowledge& knowledge : heard) {
    RecoveredLog log = CoordinatorRig::EmptyLog(2);
    log.last_decision_number = 10;
    CoordinatorRig rig({}, log);
    rig.Attach("a");
    const TransactionId id = rig.Begin();
    const RequestId commit = rig.Commit(id, {"a"}, WaitFor::kDecision);
    rig.VoteOf("a", id);
    rig.Attach("b", 1, 5, LinkKind::kStream, {}, knowledge);
    EXPECT_TRUE(rig.Noticed(NoticeKind::kSuperseded));
    EXPECT_EQ(rig.LastTo<AttachAnswer>("b").at(0).reason, Reason::kSuperseded);
    EXPECT_TRUE(rig.Last<coordinator_effect::LogUpdated>().at(0).urgent);
    EXPECT_EQ(rig.GetError(id), Reason::kSuperseded);
    EXPECT_FALSE(rig.Answered(commit));
    rig.Log();
    EXPECT_EQ(rig.counts["Commit"], 0) << "nothing is decided any more";
    EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kUnknown);
    EXPECT_EQ(rig.Last<coordinator_effect::Halt>().at(0).reason, Reason::kSuperseded);
    EXPECT_TRUE(rig.core.NextDeadline().IsNever());
  }
}

// The same, told by an agent that does not know yet whom it has reached.
TEST(CoordinatorAttach, AnOlderCopyOfTheLogHearsOfItAmongAllThatAStoreKnows) {
  const CoordinatorId own = *CoordinatorId::Parse("c1");
  const CoordinatorId other = *CoordinatorId::Parse("c2");
  const struct {
    std::vector<KnownCoordinator> known;
    Reason reason;
  } cases[] = {{{{other, {9, 1, 99}}, {own, {3, 1, 0}}}, Reason::kSuperseded},
               {{{own, {2, 1, 0}}}, Reason::kSuperseded},
               {{{own, {1, 1, 11}}, {other, {1, 1, 1}}}, Reason::kSuperseded},
               {{{other, {9, 1, 99}}}, Reason::kNone},
               {{{own, {1, 1, 10}}, {other, {9, 1, 99}}}, Reason::kNone}};
  for (const auto& one : cases) {
    RecoveredLog log = CoordinatorRig::EmptyLog(2);
    log.last_decision_number = 10;
    CoordinatorRig rig({}, log);
    rig.links["a"] = 1;
    rig.Step(coordinator_input::LinkOpened{1, LinkKind::kStream});
    rig.Receive("a", Attach{"a", CoordinatorRig::StoreOf("a"), 1, 5, {}, one.known});
    EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, one.reason);
    EXPECT_EQ(rig.Noticed(NoticeKind::kSuperseded), one.reason == Reason::kSuperseded);
  }
}

TEST(CoordinatorAttach, KnowledgeOfThisLifeAndOfWhatWasRecoveredIsFine) {
  RecoveredLog log = CoordinatorRig::EmptyLog(2);
  log.last_decision_number = 10;
  CoordinatorRig rig({}, log);
  rig.Attach("a", 1, 5, LinkKind::kStream, {}, {1, 1, 10});
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kNone);
  rig.Attach("b", 1, 5, LinkKind::kStream, {}, {2, CoordinatorRig::kLife, 12});
  EXPECT_EQ(rig.LastTo<AttachAnswer>("b").at(0).reason, Reason::kNone);
}

// R7 and R8.
TEST(CoordinatorLog, AFailedWriteIsAnUnknownOutcome) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a"});
  rig.VoteOf("a", id);
  const RequestId abort = rig.Ask(AbortRequest{id});
  rig.Step(coordinator_input::LogFailed{"disk full"});
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kUnknown);
  EXPECT_EQ(rig.OutcomeOf(abort).outcome, Outcome::kUnknown);
  EXPECT_EQ(rig.Last<coordinator_effect::Halt>().at(0).text, "disk full");
  EXPECT_EQ(rig.GetError(id), Reason::kLogFailed);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(BeginRequest{})), Reason::kLogFailed);
  rig.Step(coordinator_input::Logged{rig.last_ticket});
  EXPECT_EQ(rig.counts["Commit"], 0);
}

TEST(CoordinatorTimeouts, RunFromOpeningAndNotPastTheDecision) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId active = rig.Begin(Duration::Seconds(5));
  const TransactionId preparing = rig.Begin(Duration::Seconds(5));
  const RequestId commit = rig.Commit(preparing, {"a"});
  const TransactionId decided = rig.Decide({"a"}, /*log=*/false);
  rig.Run(Duration::Seconds(5));
  EXPECT_EQ(rig.Get(active).abort_reason, AbortReason::kTimedOut);
  EXPECT_EQ(rig.Get(preparing).state, TransactionState::kPreparing);
  rig.Run(Duration::Seconds(25));
  EXPECT_EQ(rig.OutcomeOf(commit).abort_reason, AbortReason::kPrepareTimedOut);
  EXPECT_EQ(rig.OutcomeOf(commit).participant, "a");
  rig.Run(Duration::Seconds(5000));
  EXPECT_EQ(rig.Get(decided).state, TransactionState::kDeciding);
}

TEST(CoordinatorTimeouts, ACallThatEndsFirstIsToldWhatIsKnown) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const TransactionId id = rig.Begin();
  const RequestId early = rig.Commit(id, {"a", "b"}, WaitFor::kCompletion, Duration::Seconds(1));
  rig.Run(Duration::Seconds(1));
  EXPECT_EQ(rig.OutcomeOf(early).outcome, Outcome::kUnknown);
  rig.VoteOf("a", id);
  rig.VoteOf("b", id);
  rig.Log();
  rig.Acknowledge("a", id);
  const RequestId late = rig.Commit(id, {}, WaitFor::kCompletion, Duration::Seconds(1));
  rig.Run(Duration::Seconds(1));
  EXPECT_EQ(rig.OutcomeOf(late).outcome, Outcome::kCommitted);
  EXPECT_EQ(rig.OutcomeOf(late).unfinished, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace assent
