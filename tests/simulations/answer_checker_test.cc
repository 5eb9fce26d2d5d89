// Every reason that a coordinator gives can be false: each is shown a world in which it is, and its
// like in which it is so.
#include "simulations/answer_checker.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace assent::simulation {
namespace {

using Question = AnswerChecker::Question;

const CoordinatorId kCoordinator = CoordinatorId::Parse("c1").value();
constexpr LinkId kLink = 7;
constexpr std::uint64_t kSession = 3;

Time At(std::int64_t millis) { return Time{millis * 1000}; }
TransactionId IdOf(std::uint64_t number, Epoch epoch = 2) {
  return {kCoordinator, {epoch, number}};
}

CommitRequest CommitOf(const std::string& payload, int branches = 1) {
  CommitRequest request;
  request.id = IdOf(1);
  for (int i = 0; i < branches; ++i) request.branches.push_back({NameOfParticipant(i), payload});
  return request;
}

Profile SmallLimits() {
  Profile profile;
  profile.max_open = 2;
  profile.max_awaited = 1;
  profile.max_remembered = 20;
  profile.transaction_timeout_ms = 1'000;
  profile.prepare_timeout_ms = 500;
  profile.retention_ms = 10'000;
  profile.block_lifetime_ms = 2'000;
  return profile;
}

// A coordinator in epoch 2 that has given out c1-2-1.
class Door {
 public:
  explicit Door(const Profile& profile = SmallLimits()) : answers(&profile, &history) {
    answers.Started(kCoordinator, 2, [this] { return open; });
    answers.Answers(Question(), BeginReply{IdOf(1), {}}, At(0));
  }

  std::string Refuse(const Question& question, Reason reason, Time now = At(1)) {
    answers.Answers(question, ErrorReply{reason, ""}, now);
    return broken();
  }
  std::string Refuse(Reason reason, Time now = At(1)) {
    return Refuse(Question{IdOf(1)}, reason, now);
  }
  std::string Abort(AbortReason reason, Time now = At(1), const TransactionId& id = IdOf(1)) {
    OutcomeReply reply;
    reply.id = id;
    reply.outcome = Outcome::kAborted;
    reply.abort_reason = reason;
    reply.participant = "p0";
    answers.Answers(Question{id}, reply, now);
    return broken();
  }
  void Prepare(std::uint64_t number, Time now = At(1)) {
    assent::Prepare prepare;
    prepare.id = {2, number};
    prepare.payload = "work";
    answers.Sends(kLink, prepare, now);
  }
  void GiveBlock(std::uint64_t first, std::uint64_t session = kSession) {
    OpenBlockRequest request;
    request.session = session;
    answers.Answers(answers.Asked(request), BlockReply{IdOf(first), 4, Duration::Millis(2'000), {}},
                    At(0));
  }
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  std::string broken() const { return history.violation() ? history.violation()->promise : ""; }

  History history;
  AnswerChecker answers;
  std::size_t open = 1;
};

TEST(Refusals, ForManyTransactionsAreSoOnlyWhenALimitIsReached) {
  EXPECT_EQ(Door().Refuse(Reason::kTooManyTransactions), "P4");
  Door open;
  open.open = 2;
  EXPECT_EQ(open.Refuse(Reason::kTooManyTransactions), "");
  Door awaited;
  awaited.Prepare(1);
  EXPECT_EQ(awaited.Refuse(Reason::kTooManyTransactions), "");
  awaited.answers.Received(kLink, Vote{{2, 1}, VoteKind::kYes, ""});
  awaited.answers.Sends(kLink, Commit{{2, 1}, 1, {}}, At(2));
  EXPECT_EQ(awaited.Refuse(Reason::kTooManyTransactions), "");
  awaited.answers.Received(kLink, Acknowledge{{2, 1}});
  EXPECT_EQ(awaited.Refuse(Reason::kTooManyTransactions), "P4");
  Door blocks;
  blocks.GiveBlock(10);
  blocks.GiveBlock(20);
  EXPECT_EQ(blocks.Refuse(Reason::kTooManyTransactions), "");
  blocks.answers.Ticked(At(2'000));
  EXPECT_EQ(blocks.Refuse(Reason::kTooManyTransactions), "P4");
}

TEST(Refusals, OfTheProcessAreSoOnlyWhenItEndsOrItsLogHasFailed) {
  EXPECT_EQ(Door().Refuse(Reason::kDraining), "P4");
  EXPECT_EQ(Door().Refuse(Reason::kLogFailed), "P4");
  EXPECT_EQ(Door().Refuse(Reason::kSuperseded), "P4");
  EXPECT_EQ(Door().Refuse(Reason::kDiskNearlyFull), "P4");
  Door draining;
  draining.answers.Draining();
  EXPECT_EQ(draining.Refuse(Reason::kDraining), "");
  Door failed;
  failed.answers.LogFailed();
  EXPECT_EQ(failed.Refuse(Reason::kLogFailed), "");
}

TEST(Refusals, OfExpiredOutcomesComeAfterTheRetentionOrManyOutcomes) {
  EXPECT_EQ(Door().Refuse(Reason::kOutcomeExpired, At(9'999)), "R11");
  EXPECT_EQ(Door().Refuse(Reason::kOutcomeExpired, At(10'000)), "");
  Door few;
  few.GiveBlock(16);
  EXPECT_EQ(few.Refuse(Reason::kOutcomeExpired), "R11");
  Door many;
  many.GiveBlock(18);
  EXPECT_EQ(many.Refuse(Reason::kOutcomeExpired), "");
}

TEST(Refusals, OfFutureIdsAreOfIdsThatWereNotGivenOut) {
  EXPECT_EQ(Door().Refuse(Reason::kFutureTransaction), "P4");
  EXPECT_EQ(Door().Refuse(Question{IdOf(1, 1)}, Reason::kFutureTransaction), "P4");
  EXPECT_EQ(Door().Refuse(Question{IdOf(2)}, Reason::kFutureTransaction), "");
  EXPECT_EQ(Door().Refuse(Question{IdOf(1, 3)}, Reason::kFutureTransaction), "");
}

TEST(Refusals, OfParticipantsAreOfThoseWhoAreNotThere) {
  const Question question{IdOf(1), "p0"};
  Door never;
  EXPECT_EQ(never.Refuse(question, Reason::kUnknownParticipant), "");
  EXPECT_EQ(never.Refuse(question, Reason::kParticipantNotAttached), "");
  Door attached;
  attached.answers.Attached("p0", At(1));
  EXPECT_EQ(attached.Refuse(question, Reason::kParticipantNotAttached), "P4");
  Door away;
  away.answers.Attached("p0", At(1));
  away.answers.Detached("p0", At(2));
  EXPECT_EQ(away.Refuse(question, Reason::kParticipantNotAttached), "");
  EXPECT_EQ(away.Refuse(question, Reason::kUnknownParticipant), "P4");
}

TEST(Refusals, OfEnlistmentsComeAfterCommitOrTheEnd) {
  EXPECT_EQ(Door().Refuse(Reason::kAlreadyPreparing), "P4");
  EXPECT_EQ(Door().Refuse(Reason::kTransactionFinished, At(999)), "P4");
  EXPECT_EQ(Door().Refuse(Reason::kTransactionFinished, At(1'000)), "");
  Door commit;
  commit.answers.Asked(CommitOf("work"));
  EXPECT_EQ(commit.Refuse(Reason::kAlreadyPreparing), "");
  EXPECT_EQ(commit.Refuse(Reason::kTransactionFinished), "");
  Door abort;
  abort.answers.Asked(AbortRequest{IdOf(1)});
  EXPECT_EQ(abort.Refuse(Reason::kTransactionFinished), "");
  Door session;
  session.answers.SessionEnded(kSession, At(1));
  EXPECT_EQ(session.Refuse(Reason::kTransactionFinished), "");
}

TEST(Refusals, ToParticipantsAreCheckedToo) {
  const auto refuse = [](Reason reason) {
    Door door;
    door.answers.Received(kLink, Enlist{5, IdOf(1)});
    door.answers.Sends(kLink, EnlistAnswer{5, reason, ""}, At(1));
    return door.broken();
  };
  EXPECT_EQ(refuse(Reason::kNone), "");
  EXPECT_EQ(refuse(Reason::kAlreadyPreparing), "P4");
}

TEST(Refusals, OfAnotherRequestComeWhenCommitsDiffer) {
  Door same;
  same.answers.Asked(CommitOf("work"));
  same.answers.Asked(CommitOf("work"));
  EXPECT_EQ(same.Refuse(Reason::kDifferentRequest), "P4");
  Door other;
  other.answers.Asked(CommitOf("work"));
  other.answers.Asked(CommitOf("other"));
  EXPECT_EQ(other.Refuse(Reason::kDifferentRequest), "");
}

TEST(Refusals, OfWhatIsOverTheLimitsAreOfThatOnly) {
  Door door;
  const Question small = door.answers.Asked(CommitOf("work"));
  const Question large = door.answers.Asked(CommitOf(std::string(kMaxPayloadBytes + 1, 'x')));
  const Question wide = door.answers.Asked(CommitOf("", kMaxBranches + 1));
  EXPECT_EQ(door.Refuse(large, Reason::kPayloadTooLarge), "");
  EXPECT_EQ(door.Refuse(wide, Reason::kTooManyBranches), "");
  EXPECT_EQ(door.Refuse(small, Reason::kPayloadTooLarge), "P4");
  Door carries_out;
  carries_out.answers.Answers(large, OutcomeReply(), At(1));
  EXPECT_EQ(carries_out.broken(), "P7");
}

// ---------------------------------------------------------------------------------------------

TEST(Limits, OfOpenTransactionsBlocksAndVotesAreKept) {
  Door open;
  open.open = 2;
  open.answers.Answers(Question(), BeginReply{IdOf(2), {}}, At(1));
  EXPECT_EQ(open.broken(), "");
  open.open = 3;
  open.answers.Answers(Question(), BeginReply{IdOf(3), {}}, At(1));
  EXPECT_EQ(open.broken(), "P7");
  Door blocks;
  blocks.GiveBlock(10);
  blocks.GiveBlock(20, kSession + 1);
  blocks.answers.SessionEnded(kSession, At(1));
  blocks.GiveBlock(30);
  EXPECT_EQ(blocks.broken(), "");
  blocks.GiveBlock(40);
  EXPECT_EQ(blocks.broken(), "P7");
  Door votes;
  votes.Prepare(1);
  votes.answers.Sends(kLink, Abort{{2, 1}, std::nullopt}, At(1));
  votes.Prepare(2);
  votes.answers.LinkEnded(kLink);
  votes.Prepare(3);
  EXPECT_EQ(votes.broken(), "");
  votes.Prepare(4);
  EXPECT_EQ(votes.broken(), "P7");
}

// As much waits for who has commits to acknowledge; a Commit that is repeated does not count, nor
// do Commits alone.
TEST(LimitsOfWork, CountCommitsUntilTheyAreAcknowledgedOrRepeated) {
  Profile profile = SmallLimits();
  profile.max_awaited = 2;
  const auto commit = [](Door* door, std::uint64_t number) {
    door->answers.Received(kLink, Vote{{2, number}, VoteKind::kYes, ""});
    door->answers.Sends(kLink, Commit{{2, number}, number, {}}, At(2));
  };
  Door told(profile);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    told.Prepare(number);
    commit(&told, number);
  }
  told.Prepare(4);
  EXPECT_EQ(told.broken(), "") << "Commits alone";
  told.answers.Received(kLink, Acknowledge{{2, 1}});
  told.answers.Sends(kLink, Commit{{2, 2}, 2, {}}, At(3));
  told.answers.Received(kLink, Acknowledge{{2, 3}});
  told.Prepare(5);
  EXPECT_EQ(told.broken(), "");
  commit(&told, 5);
  told.Prepare(6);
  EXPECT_EQ(told.broken(), "P7");
}

// ---------------------------------------------------------------------------------------------

TEST(AbortReasons, OfInitiatorsAndOperatorsAreSoIfTheyAsked) {
  EXPECT_EQ(Door().Abort(AbortReason::kRequested), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kOperator), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kNone), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kDraining), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kWrongBranchCount), "P4");
  Door asked;
  CommitRequest expects = CommitOf("work");
  expects.expected_branches = 2;
  asked.answers.Asked(expects);
  asked.answers.Asked(AbortRequest{IdOf(1)});
  asked.answers.Draining();
  EXPECT_EQ(asked.Abort(AbortReason::kWrongBranchCount), "");
  EXPECT_EQ(asked.Abort(AbortReason::kRequested), "");
  EXPECT_EQ(asked.Abort(AbortReason::kDraining), "");
}

TEST(AbortReasons, OfIdsThatFollowOneAreSoIfNothingHadHappenedUnderThem) {
  Door asked;
  asked.GiveBlock(2);
  asked.Prepare(3);
  asked.answers.Asked(AbortRequest{IdOf(1), AbortReason::kRequested, 2});
  EXPECT_EQ(asked.Abort(AbortReason::kRequested, At(1), IdOf(2)), "");
  EXPECT_EQ(asked.Abort(AbortReason::kRequested, At(1), IdOf(3)), "P4");
  Door alone;
  alone.GiveBlock(2);
  alone.answers.Asked(AbortRequest{IdOf(1)});
  EXPECT_EQ(alone.Abort(AbortReason::kRequested, At(1), IdOf(2)), "P4");
}

TEST(AbortReasons, OfTimeComeWhenItHasPassed) {
  EXPECT_EQ(Door().Abort(AbortReason::kTimedOut, At(999)), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kTimedOut, At(1'000)), "");
  EXPECT_EQ(Door().Abort(AbortReason::kPrepareTimedOut, At(5'000)), "P4");
  Door prepared;
  prepared.Prepare(1, At(100));
  EXPECT_EQ(prepared.Abort(AbortReason::kPrepareTimedOut, At(600)), "");
  EXPECT_EQ(prepared.Abort(AbortReason::kPrepareTimedOut, At(599)), "P4");
}

TEST(AbortReasons, OfVotesAreSoIfTheyWereNoOrLost) {
  EXPECT_EQ(Door().Abort(AbortReason::kVotedNo), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kVoteLost), "P4");
  Door no;
  no.answers.Received(kLink, Vote{{2, 1}, VoteKind::kNo, ""});
  EXPECT_EQ(no.Abort(AbortReason::kVotedNo), "");
  Door yes;
  yes.answers.Received(kLink, Vote{{2, 1}, VoteKind::kYes, ""});
  EXPECT_EQ(yes.Abort(AbortReason::kVotedNo), "P4");
  Door call;
  call.answers.LostPrepare(kLink, {2, 1});
  EXPECT_EQ(call.Abort(AbortReason::kVoteLost), "");
  const auto detached_at = [](std::int64_t millis) {
    Door door;
    door.Prepare(1, At(5));
    door.answers.Detached("p0", At(millis));
    return door.Abort(AbortReason::kVoteLost, At(6));
  };
  EXPECT_EQ(detached_at(4), "P4");
  EXPECT_EQ(detached_at(5), "");
}

TEST(AbortReasons, OfParticipantsAreSoIfTheyCameOrWent) {
  Door never;
  EXPECT_EQ(never.Abort(AbortReason::kParticipantUnavailable), "");
  EXPECT_EQ(never.Abort(AbortReason::kParticipantRestarted), "P4");
  Door there;
  there.answers.Attached("p0", At(-1));
  Door again;
  again.answers.Attached("p0", At(1));
  EXPECT_EQ(again.Abort(AbortReason::kParticipantRestarted), "");
  EXPECT_EQ(again.Abort(AbortReason::kParticipantUnavailable), "");
  EXPECT_EQ(there.Abort(AbortReason::kParticipantUnavailable), "P4");
}

TEST(AbortReasons, OfTheCoordinatorFitTheIdsLife) {
  EXPECT_EQ(Door().Abort(AbortReason::kCoordinatorRestarted), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kCoordinatorRestarted, At(1), IdOf(1, 1)), "");
  EXPECT_EQ(Door().Abort(AbortReason::kRequested, At(1), IdOf(1, 1)), "P4");
  EXPECT_EQ(Door().Abort(AbortReason::kNotOpened), "P4");  // Begin has opened it
  Door block;
  block.GiveBlock(10);
  EXPECT_EQ(block.Abort(AbortReason::kNotOpened, At(1), IdOf(10)), "");
  block.Prepare(10);
  EXPECT_EQ(block.Abort(AbortReason::kNotOpened, At(1), IdOf(10)), "P4");
}

// ---------------------------------------------------------------------------------------------

TEST(History, SeesARefusalThatNoCoordinatorHasSent) {
  Door door;
  door.answers.Draining();
  EXPECT_EQ(door.Refuse(Reason::kDraining), "");
  door.history.HeardRefusal(IdOf(1), Reason::kDraining);
  EXPECT_EQ(door.broken(), "");
  door.history.HeardRefusal(IdOf(1), Reason::kOutcomeExpired);
  EXPECT_EQ(door.broken(), "P4");
}

}  // namespace
}  // namespace assent::simulation
