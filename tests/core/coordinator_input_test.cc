// Bad, late, repeated and oversized input: refused with a reason, nothing half done, nothing stops.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/coordinator_rig.h"

namespace assent {
namespace {

CoordinatorLimits SmallLimits() {
  CoordinatorLimits limits;
  limits.max_open_transactions = 3;
  limits.max_branches = 2;
  limits.max_payload_bytes = 10;
  limits.max_transaction_payload_bytes = 15;
  limits.max_block_size = 4;
  return limits;
}

Reason CommitError(CoordinatorRig* rig, const TransactionId& id,
                   std::vector<BranchRequest> branches) {
  return rig->ErrorOf(rig->Ask(CommitRequest{id, std::move(branches), {}, {}, {}}));
}

TEST(CoordinatorInput, RefusesMalformedParticipantNames) {
  CoordinatorRig rig;
  const TransactionId id = rig.Block();
  for (const std::string name : {"", "A", "-a", "a b", "ä", "a\n"}) {
    EXPECT_EQ(CommitError(&rig, id, {{name, ""}}), Reason::kInvalidParticipantName) << name;
    EXPECT_EQ(rig.ErrorOf(rig.Ask(EnlistRequest{id, name})), Reason::kInvalidParticipantName);
  }
  EXPECT_EQ(CommitError(&rig, id, {{std::string(65, 'a'), ""}}), Reason::kInvalidParticipantName);
  EXPECT_EQ(CommitError(&rig, id, {{"a", ""}, {"a", ""}}), Reason::kDuplicateParticipant);
  EXPECT_EQ(rig.core.open_transactions(), 0u) << "nothing was opened";
  EXPECT_EQ(rig.Get(id).state, TransactionState::kActive);
}

TEST(CoordinatorInput, RefusesTooManyBranchesAndTooMuchPayload) {
  CoordinatorRig rig(SmallLimits());
  for (const char* name : {"a", "b", "c"}) rig.Attach(name);
  const TransactionId id = rig.Begin();
  EXPECT_EQ(CommitError(&rig, id, {{"a", ""}, {"b", ""}, {"c", ""}}), Reason::kTooManyBranches);
  EXPECT_EQ(CommitError(&rig, id, {{"a", std::string(11, 'x')}}), Reason::kPayloadTooLarge);
  const std::string eight(8, 'x');
  EXPECT_EQ(CommitError(&rig, id, {{"a", eight}, {"b", eight}}), Reason::kPayloadTooLarge);
  rig.Receive("a", Enlist{1, id});
  EXPECT_EQ(CommitError(&rig, id, {{"b", ""}, {"c", ""}}), Reason::kTooManyBranches);
  EXPECT_EQ(rig.Get(id).state, TransactionState::kActive);
  rig.Receive("b", Enlist{1, id});
  rig.Receive("c", Enlist{1, id});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("c").at(0).reason, Reason::kTooManyBranches);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(EnlistRequest{id, "c"})), Reason::kTooManyBranches);
  EXPECT_EQ(CommitError(&rig, id, {{"a", std::string(10, 'x')}, {"b", "12345"}}), Reason::kNone)
      << "exactly at the limits";
  EXPECT_EQ(rig.counts["Prepare"], 2);
}

TEST(CoordinatorInput, RefusesWhatIsOverTheLimitOfOpenTransactions) {
  CoordinatorRig rig(SmallLimits());
  rig.Attach("a");
  const TransactionId unopened = rig.Block(4);
  const TransactionId first = rig.Begin();
  rig.Begin();
  rig.Begin();
  EXPECT_EQ(rig.ErrorOf(rig.Ask(BeginRequest{})), Reason::kTooManyTransactions);
  EXPECT_EQ(CommitError(&rig, unopened, {{"a", ""}}), Reason::kTooManyTransactions);
  rig.Receive("a", Enlist{1, unopened});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).reason, Reason::kTooManyTransactions);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 1, {}})), Reason::kTooManyTransactions);
  rig.Ask(AbortRequest{first});
  rig.Commit(unopened, {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 1) << "what was refused may be asked again";
}

CoordinatorLimits TwoVotes() {
  CoordinatorLimits limits;
  limits.max_awaited_branches = 2;
  return limits;
}

// Who is slow or overloaded holds up few transactions, and nobody else's.
TEST(CoordinatorInput, RefusesACommitThatListsAParticipantWhoOwesTooManyVotes) {
  CoordinatorRig rig(TwoVotes());
  for (const char* name : {"a", "b"}) rig.Attach(name);
  const TransactionId first = rig.Begin();
  rig.Commit(first, {"a", "b"});
  rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(CommitError(&rig, rig.Block(), {{"b", ""}, {"a", ""}}), Reason::kTooManyTransactions);
  const TransactionId begun = rig.Begin();
  const RequestId refused = rig.Commit(begun, {"b", "a"});
  EXPECT_EQ(rig.ErrorOf(refused), Reason::kTooManyTransactions);
  EXPECT_EQ(std::get<ErrorReply>(rig.ReplyTo(refused)).participant, "a");
  EXPECT_EQ(rig.counts["Prepare"], 3) << "nobody is asked for what is refused";
  rig.Commit(rig.Block(), {"b"});
  EXPECT_EQ(rig.counts["Prepare"], 4) << "the other one goes on";
  rig.VoteOf("a", first);
  rig.Commit(begun, {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 5) << "what had begun may be asked again";
}

// What is accepted under overload waits in the second phase, too.
TEST(CoordinatorInput, RefusesACommitThatListsAParticipantWhoHasVotesAndCommitsToAnswer) {
  CoordinatorRig rig(TwoVotes());
  for (const char* name : {"a", "b"}) rig.Attach(name);
  const TransactionId decided = rig.Decide({"a", "b"});
  rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(CommitError(&rig, rig.Block(), {{"a", ""}}), Reason::kTooManyTransactions);
  rig.Acknowledge("a", decided);
  rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 4) << "what is acknowledged makes room";
  rig.Acknowledge("a", decided);
  EXPECT_EQ(CommitError(&rig, rig.Block(), {{"a", ""}}), Reason::kTooManyTransactions)
      << "once only";
}

// They come in bursts, when another participant has voted at last.
TEST(CoordinatorInput, RefusesNothingForCommitsAlone) {
  CoordinatorRig rig(TwoVotes());
  for (const char* name : {"a", "b"}) rig.Attach(name);
  for (int i = 0; i < 8; ++i) rig.Decide({"a"});
  rig.Commit(rig.Begin(), {"a", "b"});
  EXPECT_EQ(rig.counts["Prepare"], 10);
  EXPECT_EQ(CommitError(&rig, rig.Block(), {{"a", ""}}), Reason::kTooManyTransactions);
}

// Who cannot commit for a while, or was away, is asked to vote nevertheless.
TEST(CoordinatorInput, DoesNotCountCommitsThatHadToBeRepeatedOrWereLate) {
  CoordinatorRig rig(TwoVotes());
  rig.Attach("a");
  rig.Decide({"a"});
  rig.Run(Duration::Seconds(1));
  for (int i = 0; i < 2; ++i) rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 3) << "repeated";
  rig.Step(coordinator_input::LinkClosed{rig.links.at("a")});
  rig.Attach("a", 2);
  rig.Decide({"a"}, /*log=*/false);
  rig.Step(coordinator_input::LinkClosed{rig.links.at("a")});
  rig.Log();
  rig.Attach("a", 3);
  for (int i = 0; i < 2; ++i) rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 6) << "late";
}

TEST(CoordinatorInput, DoesNotCountCommitsOfAStoreThatAnotherOneHasReplaced) {
  CoordinatorRig rig(TwoVotes());
  rig.Attach("a");
  for (int i = 0; i < 2; ++i) rig.Decide({"a"});
  rig.Step(coordinator_input::ReplaceParticipant{++rig.last_request, "a", StoreId{7, 7}});
  rig.Log();
  rig.Attach("a", 1, 5, LinkKind::kStream, StoreId{7, 7});
  for (int i = 0; i < 2; ++i) rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 4);
}

TEST(CoordinatorInput, OwesNoVotesAnyMoreWhenItsTransactionsHaveAborted) {
  CoordinatorRig rig(TwoVotes());
  for (const char* name : {"a", "b"}) rig.Attach(name);
  const TransactionId voted_no = rig.Begin();
  const TransactionId aborted = rig.Begin();
  rig.Commit(voted_no, {"a", "b"});
  rig.Commit(aborted, {"a"});
  rig.VoteOf("b", voted_no, VoteKind::kNo);
  rig.Ask(AbortRequest{aborted});
  for (int i = 0; i < 2; ++i) rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 5);
  rig.Step(coordinator_input::LinkClosed{rig.links.at("a")});
  rig.Attach("a", 2);
  for (int i = 0; i < 2; ++i) rig.Commit(rig.Begin(), {"a"});
  EXPECT_EQ(rig.counts["Prepare"], 7);
}

// An overload refuses more ids than may be out.
TEST(CoordinatorInput, ClosesTheIdsOfWhatItRefusesSoThatThereAreOthers) {
  CoordinatorLimits limits = TwoVotes();
  limits.max_open_transactions = 8;
  limits.max_block_size = 8;
  CoordinatorRig rig(limits);
  rig.Attach("a");
  for (int i = 0; i < 2; ++i) rig.Commit(rig.Begin(), {"a"});
  TransactionId refused;
  for (int i = 0; i < 40; ++i, ++refused.sequence.number) {
    if (i % 8 == 0) refused = rig.Block(8);
    EXPECT_EQ(CommitError(&rig, refused, {{"a", ""}}), Reason::kTooManyTransactions);
  }
  --refused.sequence.number;
  EXPECT_EQ(rig.Get(refused).state, TransactionState::kAborted) << "for good";
}

// What is begun needs space for its decision; what is open has to finish.
TEST(CoordinatorInput, OpensNothingWhileTheDiskIsNearlyFullAndFinishesWhatIsOpen) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId unopened = rig.Block(2);
  const TransactionId open = rig.Begin();
  rig.Step(coordinator_input::AdmissionClosed{"make space"});
  EXPECT_EQ(rig.ErrorOf(rig.Ask(BeginRequest{})), Reason::kDiskNearlyFull);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 1, {}})), Reason::kDiskNearlyFull);
  const RequestId commit = rig.Commit(unopened, {"a"});
  EXPECT_EQ(std::get<ErrorReply>(rig.ReplyTo(commit)).text, "make space");
  EXPECT_EQ(rig.ErrorOf(commit), Reason::kDiskNearlyFull);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(EnlistRequest{unopened, "a"})), Reason::kDiskNearlyFull);
  rig.Receive("a", Enlist{1, unopened});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).reason, Reason::kDiskNearlyFull);
  EXPECT_EQ(rig.Get(unopened).state, TransactionState::kActive) << "it may be asked again";
  rig.Receive("a", Enlist{2, open});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).reason, Reason::kNone);
  const RequestId running = rig.Commit(open, {});
  rig.VoteOf("a", open);
  rig.Log();
  rig.Acknowledge("a", open);
  EXPECT_EQ(rig.OutcomeOf(running).state, TransactionState::kCommitted);
  rig.Step(coordinator_input::AdmissionClosed{""});
  rig.Commit(unopened, {"a"});
  EXPECT_EQ(rig.LastTo<Prepare>("a").size(), 1u);
}

TEST(CoordinatorInput, NobodyWaitsForACallThatWasCancelled) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  const RequestId gone = rig.Commit(id, {"a"});
  const RequestId stays = rig.Commit(id, {"a"});
  rig.Step(coordinator_input::RequestCancelled{gone, id.sequence});
  EXPECT_EQ(rig.OutcomeOf(gone).outcome, Outcome::kUnknown);
  EXPECT_FALSE(rig.Answered(stays));
  rig.Step(coordinator_input::RequestCancelled{gone, id.sequence});
  rig.Step(coordinator_input::RequestCancelled{99, {9, 9}});
  EXPECT_EQ(rig.Described(), "") << "once it is answered, or was never asked";
  rig.VoteOf("a", id);
  rig.Log();
  rig.Acknowledge("a", id);
  EXPECT_EQ(rig.OutcomeOf(stays).outcome, Outcome::kCommitted) << "the transaction goes on";
}

TEST(CoordinatorInput, RefusesMoreCallsThanAThousandThatWaitForOneTransaction) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  const RequestId first = rig.Commit(id, {"a"});
  for (int i = 1; i < 1000; ++i) EXPECT_EQ(rig.ErrorOf(rig.Commit(id, {})), Reason::kNone);
  EXPECT_EQ(rig.ErrorOf(rig.Commit(id, {})), Reason::kTooManyRequests);
  rig.VoteOf("a", id);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(AbortRequest{id})), Reason::kTooManyRequests);
  EXPECT_EQ(rig.Get(id).state, TransactionState::kDeciding);
  rig.Step(coordinator_input::RequestCancelled{first, id.sequence});
  EXPECT_FALSE(rig.Answered(rig.Commit(id, {}))) << "there is room for one again";
}

// P7: ids that close unopened leave nothing but their closing, which must not pile up either.
TEST(CoordinatorInput, RemembersNoMoreClosedIdsThanOutcomes) {
  CoordinatorLimits limits;
  limits.max_remembered = 10;
  CoordinatorRig rig(limits);
  const TransactionId first = rig.Block(100);
  for (std::uint64_t n = 0; n < 100; n += 2) {
    rig.Ask(AbortRequest{{first.coordinator, {2, first.sequence.number + n}}});
  }
  EXPECT_EQ(rig.GetError(first), Reason::kOutcomeExpired);
  const TransactionId last{first.coordinator, {2, first.sequence.number + 98}};
  EXPECT_EQ(rig.Get(last).abort_reason, AbortReason::kNotOpened);
}

TEST(CoordinatorInput, RefusesBadBlocks) {
  CoordinatorRig rig(SmallLimits());
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 0, {}})), Reason::kInvalidBlockSize);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 5, {}})), Reason::kInvalidBlockSize);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 1, Duration::Micros(-1)})),
            Reason::kInvalidTimeout);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 4, {}})), Reason::kNone);
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 4, {}})), Reason::kTooManyTransactions);
  rig.Step(coordinator_input::SessionClosed{1});
  rig.Step(coordinator_input::SessionClosed{1});
  rig.Step(coordinator_input::SessionClosed{99});
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 4, {}})), Reason::kNone);
}

TEST(CoordinatorInput, AbortsTheFollowingIdsUnderWhichNothingHasHappened) {
  CoordinatorRig rig(SmallLimits());
  rig.Attach("a");
  const TransactionId first = rig.Block(4);
  const auto id = [&](std::uint64_t n) {
    return TransactionId{first.coordinator, {first.sequence.epoch, first.sequence.number + n}};
  };
  rig.Receive("a", Enlist{1, id(1)});
  EXPECT_EQ(rig.OutcomeOf(rig.Ask(AbortRequest{first, AbortReason::kRequested, 2})).id, first);
  for (const std::uint64_t n : {0u, 2u}) EXPECT_EQ(rig.Get(id(n)).outcome, Outcome::kAborted) << n;
  for (const std::uint64_t n : {1u, 3u}) EXPECT_EQ(rig.Get(id(n)).outcome, Outcome::kUnknown) << n;
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 4, {}})), Reason::kNone)
      << "they are out no longer";
}

TEST(CoordinatorInput, RefusesToAbortIdsThatAreNotGivenOutOrTooMany) {
  CoordinatorRig rig(SmallLimits());
  const TransactionId first = rig.Block(4);
  const auto abort = [&](std::uint32_t following) {
    return rig.ErrorOf(rig.Ask(AbortRequest{first, AbortReason::kRequested, following}));
  };
  EXPECT_EQ(abort(4), Reason::kFutureTransaction);
  EXPECT_EQ(abort(kMaxFollowing), Reason::kFutureTransaction);
  EXPECT_EQ(abort(kMaxFollowing + 1), Reason::kInvalidBlockSize);
  EXPECT_EQ(abort(UINT32_MAX), Reason::kInvalidBlockSize);
  EXPECT_EQ(rig.Get(first).outcome, Outcome::kUnknown) << "what is refused has not happened";
  EXPECT_EQ(abort(3), Reason::kNone);
  EXPECT_EQ(abort(3), Reason::kNone) << "again";
}

TEST(CoordinatorInput, KnowsThatIdsOfEarlierEpochsHaveAborted) {
  CoordinatorRig rig;
  const TransactionId earlier{rig.core.id(), {1, 7}};
  const RequestId abort = rig.Ask(AbortRequest{earlier, AbortReason::kRequested, 3});
  EXPECT_EQ(rig.OutcomeOf(abort).outcome, Outcome::kAborted);
}

// P7: a block stays until its time is over, though its ids are used up.
TEST(CoordinatorInput, RefusesMoreBlocksThanOpenTransactions) {
  CoordinatorRig rig(SmallLimits());
  for (int i = 0; i < 3; ++i) rig.Ask(AbortRequest{rig.Block(1)});
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 1, {}})), Reason::kTooManyTransactions);
  rig.Run(Duration::Seconds(60));
  EXPECT_EQ(rig.ErrorOf(rig.Ask(OpenBlockRequest{1, 1, {}})), Reason::kNone);
}

TEST(CoordinatorInput, TakesAnyTimeoutThatIsNotNegative) {
  CoordinatorRig rig;
  EXPECT_EQ(rig.ErrorOf(rig.Ask(BeginRequest{Duration::Micros(-1)})), Reason::kInvalidTimeout);
  const auto timeout = [&](Duration wanted) {
    return std::get<BeginReply>(rig.ReplyTo(rig.Ask(BeginRequest{wanted}))).timeout;
  };
  EXPECT_EQ(timeout({}), Duration::Seconds(30));
  EXPECT_EQ(timeout(Duration::Micros(INT64_MAX)), Duration::Seconds(3600));
  EXPECT_EQ(timeout(Duration::Micros(1)), Duration::Micros(1));
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  EXPECT_EQ(rig.ErrorOf(rig.Ask(CommitRequest{id, {}, {}, {}, Duration::Micros(-1)})),
            Reason::kInvalidTimeout);
  const RequestId commit =
      rig.Ask(CommitRequest{id, {{"a", ""}}, {}, {}, Duration::Micros(INT64_MAX)});
  rig.Run(Duration::Seconds(29));
  EXPECT_FALSE(rig.Answered(commit));
}

TEST(CoordinatorInput, RefusesABadAttach) {
  CoordinatorRig rig;
  const StoreId store = CoordinatorRig::StoreOf("a");
  const assent::Attach bad[] = {{"", store, 1, 1, {}},
                                {"UPPER", store, 1, 1, {}},
                                {std::string(100'000, 'a'), store, 1, 1, {}},
                                {"a", {}, 1, 1, {}},
                                {"a", store, 0, 1, {}},
                                {"a", store, 1, 0, {}}};
  LinkId link = 100;
  for (const assent::Attach& attach : bad) {
    rig.Step(coordinator_input::LinkOpened{++link, LinkKind::kStream});
    rig.Step(coordinator_input::Received{link, attach});
    EXPECT_TRUE(rig.Noticed(NoticeKind::kAttachRefused));
    EXPECT_EQ(rig.Last<coordinator_effect::CloseLink>().size(), 1u);
    for (const auto& notice : rig.Last<coordinator_effect::Notice>()) {
      EXPECT_LE(notice.participant.size(), kMaxParticipantNameSize);
    }
  }
  EXPECT_TRUE(rig.core.ListParticipants().empty());
}

TEST(CoordinatorInput, ClosesALinkThatMisbehaves) {
  CoordinatorRig rig;
  rig.Step(coordinator_input::LinkOpened{50, LinkKind::kStream});
  rig.Step(coordinator_input::Received{50, Vote{{2, 1}, VoteKind::kYes, ""}});
  EXPECT_EQ(rig.Described(), "note misbehaved; close 50");
  rig.Step(coordinator_input::Received{50, Vote{{2, 1}, VoteKind::kYes, ""}});
  rig.Step(coordinator_input::LinkClosed{50});
  EXPECT_EQ(rig.Described(), "") << "what comes in afterwards is harmless";
  rig.Attach("a");
  rig.Receive("a", assent::Attach{"a", CoordinatorRig::StoreOf("a"), 1, 5, {}});
  EXPECT_EQ(rig.Last<coordinator_effect::CloseLink>().at(0).reason, Reason::kAlreadyAttached);
  rig.Attach("b");
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"b"});
  rig.VoteOf("b", id, static_cast<VoteKind>(9));
  EXPECT_TRUE(rig.Noticed(NoticeKind::kMisbehaved));
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kAborted);
}

TEST(CoordinatorInput, CutsTheTextOfANoBetweenCharacters) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a"});
  std::string text(255, 'x');
  for (int i = 0; i < 100; ++i) text += "ä";
  rig.Receive("a", Vote{id.sequence, VoteKind::kNo, text});
  EXPECT_EQ(rig.OutcomeOf(commit).text, std::string(255, 'x'));
}

TEST(CoordinatorInput, CountsRepeatedVotesAndAcknowledgements) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Attach("b");
  const TransactionId id = rig.Begin();
  rig.Commit(id, {"a", "b"});
  rig.VoteOf("a", id);
  rig.VoteOf("a", id, VoteKind::kNo);
  EXPECT_TRUE(rig.Noticed(NoticeKind::kIgnoredVote)) << "the first vote counts";
  rig.VoteOf("b", id);
  EXPECT_EQ(rig.counts["LogDecision"], 1);
  rig.Log();
  for (int i = 0; i < 3; ++i) rig.Acknowledge("a", id);
  EXPECT_TRUE(rig.Noticed(NoticeKind::kIgnoredAcknowledge));
  EXPECT_EQ(rig.core.counts().ignored_messages, 3u);
  EXPECT_EQ(rig.Get(id).state, TransactionState::kCommitting);
}

TEST(CoordinatorInput, EnlistingUnderAForeignOrMalformedIdIsRefusedAndTheLinkStays) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Receive("a", Enlist{4, {*CoordinatorId::Parse("other"), {1, 1}}});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).reason, Reason::kForeignTransaction);
  rig.Receive("a", Enlist{5, {}});
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).reason, Reason::kMalformedTransactionId);
  EXPECT_EQ(rig.LastTo<EnlistAnswer>("a").at(0).token, 5u);
  EXPECT_TRUE(rig.core.ListParticipants().at(0).attached);
}

// P7: who asked may be gone, and would be waited for as long as the participant is away.
TEST(CoordinatorInput, ACallWithoutATimeoutIsAnsweredThoughAParticipantStaysAway) {
  CoordinatorLimits limits;
  limits.max_transaction_timeout = Duration::Seconds(60);
  CoordinatorRig rig(limits);
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a"});
  rig.VoteOf("a", id);
  rig.Log();
  rig.Step(coordinator_input::LinkClosed{rig.links.at("a")});
  rig.Run(Duration::Seconds(59));
  EXPECT_FALSE(rig.Answered(commit));
  rig.Run(Duration::Seconds(1));
  ASSERT_TRUE(rig.Answered(commit));
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kCommitted);
  EXPECT_EQ(rig.OutcomeOf(commit).unfinished, std::vector<std::string>{"a"});
}

// R3: what waits when the coordinator finds out that its log is an older copy.
TEST(CoordinatorInput, AnOlderCopyOfTheLogStillAnswersWhoeverReplacesAParticipant) {
  CoordinatorRig rig;
  rig.Attach("a");
  rig.Step(coordinator_input::ReplaceParticipant{1, "a", StoreId{8, 8}});
  const LogTicket binding = rig.last_ticket;
  rig.Attach("b", 1, 5, LinkKind::kStream, {}, {3, 1, 0});
  rig.Step(coordinator_input::Logged{binding});
  ASSERT_EQ(rig.Last<coordinator_effect::BindingReplaced>().size(), 1u);
  EXPECT_EQ(rig.Last<coordinator_effect::BindingReplaced>()[0].reason, Reason::kSuperseded);
}

TEST(CoordinatorInput, AnOlderCopyOfTheLogTellsNoOutcomeEvenIfItCannotBeMarked) {
  CoordinatorRig rig;
  rig.Attach("a");
  const TransactionId id = rig.Begin();
  const RequestId commit = rig.Commit(id, {"a"});
  rig.VoteOf("a", id);
  rig.Log();
  ASSERT_FALSE(rig.Answered(commit)) << "it waits for the acknowledgement";
  rig.Attach("b", 1, 5, LinkKind::kStream, {}, {3, 1, 0});
  rig.Step(coordinator_input::LogFailed{"disk full"});
  EXPECT_EQ(rig.OutcomeOf(commit).outcome, Outcome::kUnknown);
}

TEST(CoordinatorInput, OperatorsSeeEverythingInOrderAndInPages) {
  CoordinatorRig rig;
  rig.Attach("a");
  std::vector<TransactionId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(rig.Begin());
  rig.Ask(AbortRequest{ids[1], AbortReason::kOperator});
  rig.Wait(Duration::Seconds(2));
  const auto page =
      rig.core.ListTransactions(ids[0].sequence, 2, /*unfinished_only=*/true, rig.now);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].id, ids[2]);
  EXPECT_EQ(page[1].id, ids[3]);
  EXPECT_EQ(page[0].age, Duration::Seconds(2));
  const auto all = rig.core.ListTransactions({}, 100, /*unfinished_only=*/false, rig.now);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[1].abort_reason, AbortReason::kOperator);
}

}  // namespace
}  // namespace assent
