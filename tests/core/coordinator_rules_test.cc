// The coordinator keeps the rules R1 to R11 of docs/protocol.md; the traps are those of the
// protocol check.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/coordinator_rig.h"

namespace assent {
namespace {

using coordinator_effect::LogDecision;
using coordinator_effect::Notice;

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

TEST(CoordinatorAttach, KnowledgeOfThisLifeAndOfWhatWasRecoveredIsFine) {
  RecoveredLog log = CoordinatorRig::EmptyLog(2);
  log.last_decision_number = 10;
  CoordinatorRig rig({}, log);
  rig.Attach("a", 1, 5, LinkKind::kStream, {}, {1, 1, 10});
  EXPECT_EQ(rig.LastTo<AttachAnswer>("a").at(0).reason, Reason::kNone);
  rig.Attach("b", 1, 5, LinkKind::kStream, {}, {2, CoordinatorRig::kLife, 12});
  EXPECT_EQ(rig.LastTo<AttachAnswer>("b").at(0).reason, Reason::kNone);
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
  rig.Attach("u", 1, 0, LinkKind::kUnary);
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
  rig.Attach("u", 1, 0, LinkKind::kUnary);
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"u"});
  rig.Receive("u", Attach{"u", CoordinatorRig::StoreOf("u"), 1, 0, {}});
  EXPECT_FALSE(rig.Answered(commit)) << "the same incarnation changes nothing";
  rig.Step(coordinator_input::PrepareLost{rig.links["u"], id.sequence});
  EXPECT_EQ(rig.OutcomeOf(commit).abort_reason, AbortReason::kVoteLost);
  const TransactionId next = rig.Begin();
  const RequestId second = rig.Commit(next, {"u"});
  rig.Receive("u", Attach{"u", CoordinatorRig::StoreOf("u"), 2, 0, {}});
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
