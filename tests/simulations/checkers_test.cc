// Every checker can fail: each is shown a contradiction of its promise, and its like without one.
#include "simulations/checkers.h"

#include <gtest/gtest.h>

#include <vector>

#include "simulations/history.h"

namespace assent::simulation {
namespace {

const TransactionId kId = TransactionId::Parse("c1-1-1").value();

DecisionRecord DecisionOf(std::initializer_list<int> participants) {
  DecisionRecord record;
  record.id = kId.sequence;
  for (const int participant : participants) {
    record.branches.push_back({NameOfParticipant(participant), StoreId{1, 1}});
  }
  return record;
}

OutcomeReply Answer(Outcome outcome) {
  OutcomeReply reply;
  reply.id = kId;
  reply.outcome = outcome;
  reply.state =
      outcome == Outcome::kCommitted ? TransactionState::kCommitted : TransactionState::kAborted;
  return reply;
}

// Two participants, 0 and 1, have committed what they were asked to.
History CommittedHistory() {
  History history;
  history.Planned(kId, BitOf(0) | BitOf(1));
  history.Prepared(kId, 0);
  history.Prepared(kId, 1);
  history.Decided(kId.coordinator, DecisionOf({0, 1}));
  history.Committed(kId, 0);
  history.Committed(kId, 1);
  history.Told(Answer(Outcome::kCommitted));
  return history;
}

Evidence EvidenceOf(const History& history) {
  Evidence evidence;
  evidence.history = &history;
  evidence.stores = {{0, {{"c1-1-1", 1}}, -5, 1}, {1, {{"c1-1-1", 1}}, 5, -1}};
  return evidence;
}

// Of the first check that does not hold.
std::string Broken(const Evidence& evidence) {
  for (const Check check : AllChecks()) {
    if (const auto violation = check(evidence)) return violation->promise;
  }
  return "";
}

TEST(Checkers, HoldForATransactionThatCommittedEverywhere) {
  const History history = CommittedHistory();
  EXPECT_FALSE(history.violation());
  EXPECT_EQ(Broken(EvidenceOf(history)), "");
}

TEST(Checkers, SeeAnEffectThatIsNotEverywhere) {
  const History history = CommittedHistory();
  Evidence evidence = EvidenceOf(history);
  evidence.stores[1].marks.clear();
  EXPECT_TRUE(CheckAtomic(evidence));
  EXPECT_TRUE(CheckDurable(evidence));
}

TEST(Checkers, SeeThatACommittedEffectIsLostEverywhere) {
  const History history = CommittedHistory();
  Evidence evidence = EvidenceOf(history);
  for (StoreEvidence& store : evidence.stores) store.marks.clear();
  EXPECT_FALSE(CheckAtomic(evidence));
  EXPECT_TRUE(CheckDurable(evidence));
}

TEST(Checkers, SeeAnEffectThatHappenedTwiceOrThatNobodyAskedFor) {
  const History history = CommittedHistory();
  Evidence twice = EvidenceOf(history);
  twice.stores[0].marks["c1-1-1"] = 2;
  EXPECT_TRUE(CheckOnce(twice));
  Evidence unasked = EvidenceOf(history);
  unasked.stores[0].marks["c1-1-2"] = 1;
  EXPECT_TRUE(CheckOnce(unasked));
}

TEST(Checkers, SeeAnEffectOfWhatWasToldToBeAborted) {
  History history;
  history.Planned(kId, BitOf(0) | BitOf(1));
  history.Told(Answer(Outcome::kAborted));
  EXPECT_TRUE(CheckHonest(EvidenceOf(history)));
  Evidence evidence = EvidenceOf(history);
  for (StoreEvidence& store : evidence.stores) store.marks.clear();
  EXPECT_FALSE(CheckHonest(evidence));
}

TEST(Checkers, SeeWhatDoesNotFinishWhatStaysLockedAndWhatIsKeptTooLong) {
  const History history;
  Evidence evidence;
  evidence.history = &history;
  EXPECT_EQ(Broken(evidence), "");
  evidence.unfinished = {"c1-1-1 is not finished"};
  EXPECT_TRUE(CheckLive(evidence));
  evidence.locked = {1};
  EXPECT_TRUE(CheckNoLockLeft(evidence));
  evidence.kept_too_long = {"c1 still remembers c1-1-1"};
  EXPECT_TRUE(CheckBounded(evidence));
}

TEST(Checkers, SeeWhatIsLargerThanItMayBe) {
  EXPECT_FALSE(CheckSizes({{"c1", "decisions in its log", 3, 3}, {"p0", "bytes", 0, 0}}));
  const auto violation = CheckSizes({{"c1", "decisions", 3, 3}, {"p0", "branches", 2, 1}});
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->promise, "P7");
  EXPECT_EQ(violation->text, "p0 keeps 2 branches, more than 1");
  const History history = CommittedHistory();
  Evidence evidence = EvidenceOf(history);
  evidence.sizes = {{"p0", "records beside its data", 7, 6}};
  EXPECT_EQ(Broken(evidence), "P7");
}

TEST(Checkers, SeeMoneyAndGoodsThatCameFromNowhere) {
  const History history = CommittedHistory();
  Evidence money = EvidenceOf(history);
  money.stores[0].money += 1;
  EXPECT_TRUE(CheckConserved(money));
  Evidence goods = EvidenceOf(history);
  goods.stores[1].goods -= 1;
  EXPECT_TRUE(CheckConserved(goods));
}

// ---------------------------------------------------------------------------------------------
// What is checked as it happens

std::string PromiseOf(const History& history) {
  return history.violation() ? history.violation()->promise : "";
}

TEST(History, SeesACommitBesideARollback) {
  History history;
  history.Planned(kId, BitOf(0) | BitOf(1));
  history.Prepared(kId, 0);
  history.Prepared(kId, 1);
  history.Decided(kId.coordinator, DecisionOf({0, 1}));
  history.RolledBack(kId, 1);
  EXPECT_EQ(PromiseOf(history), "");
  history.Committed(kId, 0);
  EXPECT_EQ(PromiseOf(history), "P1");
}

TEST(History, SeesARollbackBesideACommit) {
  History history;
  history.Planned(kId, BitOf(0) | BitOf(1));
  history.Prepared(kId, 0);
  history.Prepared(kId, 1);
  history.Decided(kId.coordinator, DecisionOf({0, 1}));
  history.Committed(kId, 0);
  history.RolledBack(kId, 1);
  EXPECT_EQ(PromiseOf(history), "P1");
}

TEST(History, SeesADecisionWithoutAllVotesOrWithoutAllWork) {
  History votes;
  votes.Planned(kId, BitOf(0) | BitOf(1));
  votes.Prepared(kId, 0);
  votes.Decided(kId.coordinator, DecisionOf({0, 1}));
  EXPECT_EQ(PromiseOf(votes), "R6");
  History work;
  work.Planned(kId, BitOf(0) | BitOf(1));
  work.Prepared(kId, 0);
  work.Decided(kId.coordinator, DecisionOf({0}));
  EXPECT_EQ(PromiseOf(work), "R4");
}

TEST(History, SeesADecisionThatNobodyAskedForOrThatComesTwice) {
  History unasked;
  unasked.Decided(kId.coordinator, DecisionOf({}));
  EXPECT_EQ(PromiseOf(unasked), "P4");
  History twice = CommittedHistory();
  twice.Decided(kId.coordinator, DecisionOf({0, 1}));
  EXPECT_EQ(PromiseOf(twice), "R7");
}

TEST(History, SeesASecondPrepareAndAnIdGivenTwice) {
  History prepare;
  prepare.Prepared(kId, 0);
  prepare.Prepared(kId, 0);
  EXPECT_EQ(PromiseOf(prepare), "P3");
  History id;
  id.Planned(kId, 0);
  id.Planned(kId, 0);
  EXPECT_EQ(PromiseOf(id), "R1");
}

TEST(History, SeesAnswersThatChange) {
  History history = CommittedHistory();
  history.Told(Answer(Outcome::kAborted));
  EXPECT_EQ(PromiseOf(history), "P4");
}

TEST(History, AllowsThatARestartForgetsAReadOnlyAnswer) {
  History history;
  history.Planned(kId, 0);
  OutcomeReply read_only = Answer(Outcome::kCommitted);
  read_only.read_only = true;
  history.Told(read_only);
  History without_restart = history;
  without_restart.Told(Answer(Outcome::kAborted));
  EXPECT_EQ(PromiseOf(without_restart), "P4");
  history.Started(kId.coordinator, 2);
  history.Told(Answer(Outcome::kAborted));
  EXPECT_EQ(PromiseOf(history), "");
}

TEST(History, SeesACommittedAnswerBeforeTheDecisionIsDurable) {
  History early = CommittedHistory();
  early.Answering(Answer(Outcome::kCommitted));
  EXPECT_EQ(PromiseOf(early), "R7");
  History late = CommittedHistory();
  late.DurablyDecided(kId);
  late.Answering(Answer(Outcome::kCommitted));
  EXPECT_EQ(PromiseOf(late), "");
}

TEST(History, SeesWorkThatWasAcceptedAndLeftOut) {
  History before;
  before.Planned(kId, BitOf(0), BitOf(1));
  before.Worked(kId, 1);
  before.Prepared(kId, 0);
  before.Decided(kId.coordinator, DecisionOf({0}));
  EXPECT_EQ(PromiseOf(before), "R4");
  History after;
  after.Planned(kId, BitOf(0), BitOf(1));
  after.Prepared(kId, 0);
  after.Decided(kId.coordinator, DecisionOf({0}));
  EXPECT_EQ(PromiseOf(after), "");
  after.Worked(kId, 1);
  EXPECT_EQ(PromiseOf(after), "R4");
}

TEST(History, SeesACompletionThatIsNone) {
  History history;
  history.Planned(kId, BitOf(0));
  history.Prepared(kId, 0);
  history.Decided(kId.coordinator, DecisionOf({0}));
  OutcomeReply on_its_way = Answer(Outcome::kCommitted);
  on_its_way.unfinished = {"p0"};
  history.Told(on_its_way);
  EXPECT_EQ(PromiseOf(history), "");
  history.Told(Answer(Outcome::kCommitted));
  EXPECT_EQ(PromiseOf(history), "R9");
}

TEST(History, SeesAnEffectThatIsNotThereForWhoWasToldThatAllIsDone) {
  History history = CommittedHistory();
  history.Saw(kId, 0, true);
  EXPECT_FALSE(history.violation());
  history.Saw(kId, 1, false);
  ASSERT_TRUE(history.violation());
  EXPECT_EQ(history.violation()->promise, "order");
}

TEST(History, SeesAnEffectThatIsSeenAndLaterNot) {
  History history;
  history.Planned(kId, BitOf(0));
  history.Saw(kId, 0, false);
  history.Saw(kId, 0, true);
  EXPECT_FALSE(history.violation());
  history.Saw(kId, 0, false);
  ASSERT_TRUE(history.violation());
  EXPECT_EQ(history.violation()->promise, "order");
}

TEST(History, SeesAVoteOfAnotherLifeThanThatOfTheWork) {
  History same;
  same.Worked(kId, 0, 3);
  same.Prepared(kId, 0, 3);
  EXPECT_EQ(PromiseOf(same), "");
  History restarted;
  restarted.Worked(kId, 0, 3);
  restarted.Worked(kId, 0, 4);
  restarted.Prepared(kId, 0, 4);
  EXPECT_EQ(PromiseOf(restarted), "R4");
}

TEST(History, SeesAStoreOrLogThatIsTakenForAnotherOrStartsThoughItIsMarked) {
  History right;
  right.TakenForCopy("p0", /*is_other=*/true, "older");
  right.StartsOn("p0", /*is_marked=*/false);
  EXPECT_EQ(PromiseOf(right), "");
  History own = right;
  own.TakenForCopy("p0", /*is_other=*/false, "older");
  EXPECT_EQ(PromiseOf(own), "R3");
  History marked = right;
  marked.StartsOn("c1", /*is_marked=*/true);
  EXPECT_EQ(PromiseOf(marked), "R3");
}

TEST(History, SeesAWrongStoreThatIsAccepted) {
  const AttachAnswer answer{Reason::kNone, "", kId.coordinator, 2, 7};
  History right;
  right.Accepted(0, /*is_to_refuse=*/false, {}, answer);
  EXPECT_EQ(PromiseOf(right), "");
  right.Accepted(0, /*is_to_refuse=*/true, {}, answer);
  EXPECT_EQ(PromiseOf(right), "R3");
}

TEST(History, SeesACoordinatorThatGoesOnThoughItHasHeardOfALaterLife) {
  const AttachAnswer answer{Reason::kNone, "", kId.coordinator, 2, 7};
  const auto told = [&](Epoch epoch, LifeNumber life) {
    History history;
    history.Accepted(0, false, {{kId.coordinator, {epoch, life, 0}}}, answer);
    return PromiseOf(history);
  };
  EXPECT_EQ(told(1, 5), "");
  EXPECT_EQ(told(2, 7), "");
  EXPECT_EQ(told(2, 5), "R3");
  EXPECT_EQ(told(3, 5), "R3");
  History other;
  other.Accepted(0, false, {{CoordinatorId::Parse("c2").value(), {3, 5, 0}}}, answer);
  EXPECT_EQ(PromiseOf(other), "");
}

TEST(History, SeesACommitOrAVoteThatIsLostAtARestart) {
  History voted;
  voted.Planned(kId, BitOf(0));
  voted.Prepared(kId, 0);
  voted.Recovered(0, {kId}, {kId});
  EXPECT_EQ(PromiseOf(voted), "");
  History lost = voted;
  lost.Recovered(0, {kId}, {});
  EXPECT_EQ(PromiseOf(lost), "R6");
  History committed = CommittedHistory();
  committed.Recovered(0, {}, {});
  EXPECT_EQ(PromiseOf(committed), "");
  committed.Recovered(0, {}, {kId});
  EXPECT_EQ(PromiseOf(committed), "P2");
}

TEST(History, SeesARollbackOnACopyOfWhatIsCommitted) {
  History history;
  history.Planned(kId, BitOf(0) | BitOf(1));
  history.Prepared(kId, 0);
  EXPECT_EQ(history.InDoubtAt(0), std::vector<TransactionId>{kId});
  EXPECT_TRUE(history.InDoubtAt(1).empty());
  history.RolledBackOnCopy(kId, 0);
  EXPECT_EQ(PromiseOf(history), "");
  History committed = CommittedHistory();
  committed.DurablyDecided(kId);
  EXPECT_TRUE(committed.InDoubtAt(0).empty());
  committed.RolledBackOnCopy(kId, 0);
  EXPECT_EQ(PromiseOf(committed), "R10");
}

TEST(History, SeesAnOutcomeThatExpiresBeforeItsRetentionIsOver) {
  History history = CommittedHistory();
  history.Expired(kId, Duration::Millis(1000), Duration::Millis(1000));
  EXPECT_EQ(PromiseOf(history), "");
  history.Expired(kId, Duration::Millis(999), Duration::Millis(1000));
  EXPECT_EQ(PromiseOf(history), "R11");
}

TEST(History, SeesADecisionThatIsForgottenTooEarly) {
  History history;
  history.Planned(kId, BitOf(0));
  history.Prepared(kId, 0);
  history.Decided(kId.coordinator, DecisionOf({0}));
  history.Removed(kId.coordinator, DecisionOf({0}));
  EXPECT_EQ(PromiseOf(history), "P6");
}

}  // namespace
}  // namespace assent::simulation
