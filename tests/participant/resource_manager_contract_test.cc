// Every resource manager of ours keeps the contract of participant/resource_manager.h.
#include "tests/participant/resource_manager_contract.h"

#include "core/prng.h"
#include "gmock/gmock.h"

namespace assent {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Implementation {
  std::string name;
  SubjectMaker make;
};

class ResourceManagerContract : public ::testing::TestWithParam<Implementation> {
 protected:
  std::string Committed(Life* life, const std::string& key) {
    return subject_->Committed(life->manager(), key).value_or("none");
  }
  const std::unique_ptr<Subject> subject_ = GetParam().make();
};

TEST_P(ResourceManagerContract, RaisesTheIncarnationAtEachStart) {
  Incarnation last = 0;
  StoreId store;
  for (int i = 0; i < 4; ++i) {
    Life life(subject_.get());
    ASSERT_TRUE(life.start().ok()) << life.start().error;
    EXPECT_GT(life.start().recovered.incarnation, last);
    last = life.start().recovered.incarnation;
    if (i > 0) {
      EXPECT_EQ(life.start().recovered.store, store);
    }
    store = life.start().recovered.store;
    subject_->Crash();
  }
}

TEST_P(ResourceManagerContract, ListsABranchAfterACrashRightAfterItsYes) {
  {
    Life life(subject_.get());
    EXPECT_EQ(life.Prepare(Id(1), Operations().Add("a", 5)).vote, VoteKind::kYes);
    EXPECT_EQ(Committed(&life, "a"), "none");
    subject_->Crash();
  }
  Life life(subject_.get());
  EXPECT_THAT(life.start().recovered.prepared, ElementsAre(Id(1)));
  EXPECT_EQ(life.Commit(Id(1)), CommitResult::kCommitted);
  EXPECT_EQ(Committed(&life, "a"), "5");
}

TEST_P(ResourceManagerContract, TakesTheLocksOfPreparedBranchesAgain) {
  {
    Life life(subject_.get());
    ASSERT_EQ(life.Prepare(Id(1), Operations().Add("a", 5)).vote, VoteKind::kYes);
    EXPECT_EQ(life.Prepare(Id(2), Operations().Add("a", 7)).vote, VoteKind::kNo);
    subject_->Crash();
  }
  Life life(subject_.get());
  const PrepareResult refused = life.Prepare(Id(3), Operations().Add("a", 7));
  EXPECT_EQ(refused.vote, VoteKind::kNo);
  EXPECT_THAT(refused.text, HasSubstr("locked"));
  EXPECT_TRUE(life.Abort(Id(1)));
  EXPECT_EQ(life.Prepare(Id(4), Operations().Add("a", 7)).vote, VoteKind::kYes);
}

TEST_P(ResourceManagerContract, CommitsOnceHoweverOftenItIsAsked) {
  {
    Life life(subject_.get());
    ASSERT_EQ(life.Prepare(Id(1), Operations().Add("a", 5)).vote, VoteKind::kYes);
    EXPECT_EQ(life.Commit(Id(1)), CommitResult::kCommitted);
    subject_->Crash();
  }
  Life life(subject_.get());
  EXPECT_THAT(life.start().recovered.prepared, IsEmpty());
  const CommitResult again = life.Commit(Id(1));
  EXPECT_EQ(again, subject_->keeps_proofs() ? CommitResult::kCommitted : CommitResult::kCannotTell);
  EXPECT_EQ(Committed(&life, "a"), "5");
}

TEST_P(ResourceManagerContract, DoesNotTakeAnUnknownBranchForACommittedOne) {
  Life life(subject_.get());
  const CommitResult unknown = life.Commit(Id(77));
  EXPECT_EQ(unknown,
            subject_->keeps_proofs() ? CommitResult::kNotThere : CommitResult::kCannotTell);
}

TEST_P(ResourceManagerContract, AbortsAnyBranchAnyNumberOfTimes) {
  Life life(subject_.get());
  EXPECT_TRUE(life.Abort(Id(1)));
  ASSERT_EQ(life.Prepare(Id(2), Operations().Add("a", 5)).vote, VoteKind::kYes);
  EXPECT_TRUE(life.Abort(Id(2)));
  EXPECT_TRUE(life.Abort(Id(2)));
  EXPECT_EQ(Committed(&life, "a"), "none");
  EXPECT_EQ(life.Prepare(Id(3), Operations().Add("a", 1)).vote, VoteKind::kYes);
}

TEST_P(ResourceManagerContract, VotesNoBelowTheFloorAndLeavesNothing) {
  Life life(subject_.get());
  const PrepareResult result = life.Prepare(Id(1), Operations().Add("a", -1, 0));
  EXPECT_EQ(result.vote, VoteKind::kNo);
  EXPECT_THAT(result.text, HasSubstr("floor"));
  EXPECT_EQ(life.Prepare(Id(2), Operations().Add("a", 1, 0)).vote, VoteKind::kYes);
}

TEST_P(ResourceManagerContract, VotesReadOnlyWhenNothingIsChanged) {
  Life life(subject_.get());
  EXPECT_EQ(life.Prepare(Id(1), Operations()).vote, VoteKind::kReadOnly);
}

TEST_P(ResourceManagerContract, NeverLetsMarkOrKnowledgeFall) {
  const CoordinatorId c = Id(1).coordinator;
  {
    Life life(subject_.get());
    life.Do({NoteStep{c, {4, 44, 9}, {3, 5}}, NoteStep{c, {3, 33, 8}, {3, 4}},
             PrepareStep{Id(9, 4), Operations().Add("a", 1).Encode(), {}}},
            1);
  }
  Life life(subject_.get());
  const auto& known = life.start().recovered.coordinators;
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].knowledge, (CoordinatorKnowledge{4, 44, 9}));
  EXPECT_EQ(known[0].clean_mark, (Sequence{3, 5}));
}

TEST_P(ResourceManagerContract, CompletesABatchOfManyBranches) {
  Life life(subject_.get());
  std::vector<ResourceStep> steps;
  for (std::uint64_t i = 1; i <= 300; ++i) {
    steps.push_back(PrepareStep{Id(i), Operations().Add("k" + std::to_string(i), 1).Encode(), {}});
  }
  const auto done = life.Do(std::move(steps), 300);
  ASSERT_EQ(done.size(), 300u);
  for (const auto& completion : done) {
    EXPECT_EQ(std::get<participant_input::Prepared>(completion).result.vote, VoteKind::kYes);
  }
}

// Transfers between few accounts, many at once: whoever conflicts votes no, and the sum stays.
TEST_P(ResourceManagerContract, ConservesMoneyUnderConflictingTransfers) {
  Life life(subject_.get());
  constexpr std::int64_t kAccounts = 8;
  Prng random(5);
  const auto account = [&random] { return "a" + std::to_string(random.Below(kAccounts)); };
  Operations fill;
  for (int i = 0; i < kAccounts; ++i) fill.Add("a" + std::to_string(i), 100);
  ASSERT_EQ(life.Prepare(Id(1), fill).vote, VoteKind::kYes);
  ASSERT_EQ(life.Commit(Id(1)), CommitResult::kCommitted);
  std::uint64_t next = 2;
  int commits = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<ResourceStep> steps;
    for (int i = 0; i < 8; ++i) {
      const auto amount = static_cast<std::int64_t>(random.Below(60));
      const std::string from = account();
      std::string to = account();
      if (to == from) to = "a" + std::to_string(kAccounts);
      steps.push_back(
          PrepareStep{Id(next++), Operations().Add(from, -amount, 0).Add(to, amount).Encode(), {}});
    }
    std::vector<ResourceStep> ends;
    for (const auto& done : life.Do(std::move(steps), 8)) {
      const auto& prepared = std::get<participant_input::Prepared>(done);
      if (prepared.result.vote != VoteKind::kYes) continue;
      if (random.Below(4) == 0) {
        ends.push_back(AbortStep{prepared.id});
      } else {
        ends.push_back(CommitStep{prepared.id});
        ++commits;
      }
    }
    const std::size_t count = ends.size();
    life.Do(std::move(ends), count);
  }
  EXPECT_GT(commits, 40);
  std::int64_t sum = 0;
  for (int i = 0; i <= kAccounts; ++i) {
    const std::string balance = Committed(&life, "a" + std::to_string(i));
    const std::int64_t number = balance == "none" ? 0 : std::stoll(balance);
    EXPECT_GE(number, 0);
    sum += number;
  }
  EXPECT_EQ(sum, 100 * kAccounts);
}

// R3: durable at once, whatever comes next, and nothing is done any more.
TEST_P(ResourceManagerContract, IsNotStartedAgainOnceSuperseded) {
  {
    Life life(subject_.get());
    ASSERT_EQ(life.Prepare(Id(1), Operations().Add("a", 5)).vote, VoteKind::kYes);
    EXPECT_THAT(life.Supersede("c1 has met incarnation 9"), HasSubstr("incarnation 9"));
    subject_->Crash();
  }
  for (int start = 0; start < 3; ++start) {
    Life life(subject_.get());
    EXPECT_THAT(life.start().error, AllOf(HasSubstr("SUPERSEDED"), HasSubstr("incarnation 9")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ResourceManagerContract,
    ::testing::Values(Implementation{"KeyValueStoreOnRealFiles", MakeRealStoreSubject},
                      Implementation{"KeyValueStoreOnSimulatedDisk", MakeSimulatedStoreSubject},
                      Implementation{"MemoryStore", MakeMemoryStoreSubject},
                      Implementation{"BlockingBase", MakeBlockingSubject}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace assent
