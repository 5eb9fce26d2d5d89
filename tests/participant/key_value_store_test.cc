// What the key-value store promises beyond the contract of resource managers.
#include "participant/key_value_store.h"

#include <atomic>
#include <limits>
#include <thread>

#include "gmock/gmock.h"
#include "participant/memory_store.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/support/simulated_file_system.h"
#include "tests/support/temporary_directory.h"

namespace assent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MemorySubject : public Subject {
 public:
  std::unique_ptr<ResourceManager> Open() override {
    auto store = MakeMemoryStore({}, disk);
    return store;
  }
  void Crash() override {}
  std::optional<std::string> Committed(ResourceManager*, const std::string&) override {
    return std::nullopt;
  }
  const std::shared_ptr<MemoryStoreDisk> disk = std::make_shared<MemoryStoreDisk>(StoreId{1, 2});
};

class KeyValueStoreTest : public ::testing::Test {
 protected:
  KeyValueStore* store() { return static_cast<KeyValueStore*>(life_->manager()); }
  void Restart() {
    life_.reset();
    life_ = std::make_unique<Life>(&subject_);
  }
  void CommitAll(const TransactionId& id) {
    ASSERT_EQ(life_->Prepare(id, std::nullopt).vote, VoteKind::kYes);
    ASSERT_EQ(life_->Commit(id), CommitResult::kCommitted);
  }

  MemorySubject subject_;
  std::unique_ptr<Life> life_ = std::make_unique<Life>(&subject_);
};

TEST_F(KeyValueStoreTest, ShowsABranchItsOwnWritesAndNobodyElse) {
  auto branch = store()->Branch(Id(1));
  EXPECT_TRUE(branch.Put("a", "1").ok());
  EXPECT_EQ(branch.Add("a", 4).value, "5");
  EXPECT_EQ(branch.Read("a").value, "5");
  EXPECT_TRUE(branch.Delete("a").ok());
  EXPECT_EQ(branch.Read("a").value, std::nullopt);
  EXPECT_TRUE(branch.Put("a", "x").ok());
  EXPECT_EQ(store()->ReadCommitted("a").value, std::nullopt);
  CommitAll(Id(1));
  EXPECT_EQ(store()->ReadCommitted("a").value, "x");
}

TEST_F(KeyValueStoreTest, RefusesAConflictAtOnceAndDoomsTheBranch) {
  EXPECT_TRUE(store()->Branch(Id(1)).Read("a").ok());
  EXPECT_TRUE(store()->Branch(Id(2)).Read("a").ok());
  EXPECT_EQ(store()->Branch(Id(2)).Put("a", "x").error, StoreError::kConflict);
  EXPECT_EQ(store()->Branch(Id(2)).Put("free", "x").error, StoreError::kConflict);
  const PrepareResult vote = life_->Prepare(Id(2), std::nullopt);
  EXPECT_EQ(vote.vote, VoteKind::kNo);
  EXPECT_THAT(vote.text, HasSubstr(Id(1).ToText()));
  EXPECT_TRUE(store()->Branch(Id(1)).Put("a", "x").ok()) << "the only reader may write";
}

TEST_F(KeyValueStoreTest, ReleasesTheLocksOfAReadOnlyBranchAtOnce) {
  EXPECT_TRUE(store()->Branch(Id(1)).Read("a").ok());
  EXPECT_EQ(life_->Prepare(Id(1), std::nullopt).vote, VoteKind::kReadOnly);
  EXPECT_TRUE(store()->Branch(Id(2)).Put("a", "x").ok());
}

TEST_F(KeyValueStoreTest, ChecksEveryAddition) {
  const auto max = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(store()->Branch(Id(1)).Add("a", -1, 0).error, StoreError::kBelowFloor);
  EXPECT_TRUE(store()->Branch(Id(2)).Add("b", max).ok());
  EXPECT_EQ(store()->Branch(Id(2)).Add("b", 1).error, StoreError::kOverflow);
  EXPECT_TRUE(store()->Branch(Id(3)).Put("c", "12x").ok());
  EXPECT_EQ(store()->Branch(Id(3)).Add("c", 1).error, StoreError::kNotANumber);
  EXPECT_EQ(store()->Branch(Id(4)).Put("", "x").error, StoreError::kMalformed);
  EXPECT_EQ(store()->Branch(Id(5)).Put(std::string(2000, 'k'), "x").error, StoreError::kTooLarge);
}

TEST_F(KeyValueStoreTest, RefusesLateCallsOfAFinishedBranch) {
  EXPECT_TRUE(life_->Abort(Id(1)));
  EXPECT_EQ(store()->Branch(Id(1)).Put("a", "x").error, StoreError::kNotActive);
  EXPECT_TRUE(store()->Branch(Id(2)).Put("a", "x").ok());
  ASSERT_EQ(life_->Prepare(Id(2), std::nullopt).vote, VoteKind::kYes);
  EXPECT_EQ(store()->Branch(Id(2)).Put("b", "x").error, StoreError::kNotActive);
}

TEST_F(KeyValueStoreTest, DropsProofsBelowTheMarkAndNoOthers) {
  for (std::uint64_t i = 1; i <= 4; ++i) {
    EXPECT_TRUE(store()->Branch(Id(i)).Put("k", "x").ok());
    CommitAll(Id(i));
  }
  EXPECT_TRUE(store()->Branch(Id(9)).Put("k", "y").ok());
  life_->Do({NoteStep{Id(1).coordinator, {1, 1, 4}, {1, 3}}, PrepareStep{Id(9), std::nullopt, {}}},
            1);
  Restart();
  EXPECT_EQ(life_->Commit(Id(2)), CommitResult::kCommitted) << "a duplicate, below the mark";
  EXPECT_EQ(life_->Commit(Id(4)), CommitResult::kCommitted) << "proven";
  EXPECT_EQ(life_->Commit(Id(5)), CommitResult::kNotThere);
  EXPECT_EQ(life_->Commit(Id(9)), CommitResult::kCommitted) << "listed";
}

TEST_F(KeyValueStoreTest, ProvesEachBranchOfABatchWhileTheMarkIsAmongThem) {
  std::vector<ResourceStep> prepares;
  std::vector<ResourceStep> commits;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    prepares.push_back(PrepareStep{Id(i), Operations().Put(std::to_string(i), "x").Encode(), {}});
    commits.push_back(CommitStep{Id(i)});
  }
  life_->Do(std::move(prepares), 100);
  life_->Do(std::move(commits), 100);
  EXPECT_TRUE(store()->Branch(Id(200)).Put("k", "y").ok());
  life_->Do(
      {NoteStep{Id(1).coordinator, {1, 1, 4}, {1, 50}}, PrepareStep{Id(200), std::nullopt, {}}}, 1);
  Restart();
  for (std::uint64_t i = 1; i <= 100; ++i) {
    EXPECT_EQ(life_->Commit(Id(i)), CommitResult::kCommitted) << i;
  }
  EXPECT_EQ(life_->Commit(Id(101)), CommitResult::kNotThere);
  life_->Do({NoteStep{Id(1).coordinator, {1, 1, 4}, {1, 101}}, CommitStep{Id(200)}}, 1);
  Restart();
  EXPECT_EQ(life_->Commit(Id(100)), CommitResult::kCommitted) << "a duplicate, below the mark";
  EXPECT_EQ(life_->Commit(Id(101)), CommitResult::kNotThere);
  EXPECT_EQ(life_->Commit(Id(200)), CommitResult::kCommitted) << "proven";
}

TEST_F(KeyValueStoreTest, SyncsOnceForManyBranches) {
  std::vector<ResourceStep> steps;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    steps.push_back(PrepareStep{Id(i), Operations().Put(std::to_string(i), "x").Encode(), {}});
  }
  life_->Do(std::move(steps), 500);
  EXPECT_LE(store()->synced_batches(), 2u);
}

TEST_F(KeyValueStoreTest, AcknowledgesNothingAfterAFailedWrite) {
  subject_.disk->Fail();
  const auto done = life_->Do({PrepareStep{Id(1), Operations().Put("a", "x").Encode(), {}}}, 1);
  EXPECT_TRUE(done.empty());
  EXPECT_THAT(life_->failure(), HasSubstr("restart the process"));
  subject_.disk->Heal();
  EXPECT_TRUE(life_->Do({AbortStep{Id(1)}}, 1).empty());
  EXPECT_EQ(store()->Branch(Id(2)).Put("b", "x").error, StoreError::kFailed);
  EXPECT_EQ(store()->failure(), life_->failure());
}

TEST_F(KeyValueStoreTest, ScansOneSnapshotInTheOrderOfKeys) {
  ASSERT_EQ(life_->Prepare(Id(1), Operations().Put("p/2", "b").Put("p/1", "a").Put("q", "c")).vote,
            VoteKind::kYes);
  life_->Commit(Id(1));
  std::vector<std::string> seen;
  EXPECT_TRUE(store()
                  ->ScanCommitted("p/",
                                  [&](std::string_view key, std::string_view value) {
                                    seen.push_back(std::string(key) + "=" + std::string(value));
                                  })
                  .ok());
  EXPECT_THAT(seen, ElementsAre("p/1=a", "p/2=b"));
}

TEST_F(KeyValueStoreTest, ServesCallsOfManyThreadsBesideTheWriter) {
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (std::uint64_t i = 0; i < 200; ++i) {
        const std::string key = "t" + std::to_string(t) + "/" + std::to_string(i);
        EXPECT_TRUE(store()->Branch(Id(1000 + t)).Put(key, "x").ok());
        EXPECT_TRUE(store()->ReadCommitted("a").ok());
      }
    });
  }
  for (std::uint64_t i = 1; i <= 100; ++i) {
    ASSERT_EQ(life_->Prepare(Id(i), Operations().Add("a", 1)).vote, VoteKind::kYes);
    ASSERT_EQ(life_->Commit(Id(i)), CommitResult::kCommitted);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store()->ReadCommitted("a").value, "100");
}

// On the disk, for that is what a scan reads from and Stop closes.
class DirectorySubject : public Subject {
 public:
  DirectorySubject() { EXPECT_EQ(KeyValueStore::Create(Options(), StoreId{1, 2}), ""); }
  std::unique_ptr<ResourceManager> Open() override {
    return std::make_unique<KeyValueStore>(Options());
  }
  void Crash() override {}
  std::optional<std::string> Committed(ResourceManager*, const std::string&) override {
    return std::nullopt;
  }

 private:
  KeyValueStoreOptions Options() const {
    KeyValueStoreOptions options;
    options.directory = directory_ / "store";
    options.reserve_bytes = 0;
    return options;
  }

  testing::TemporaryDirectory directory_;
};

TEST(KeyValueStoreOnADisk, StaysOpenUntilAScanHasEndedThoughItIsStopped) {
  DirectorySubject subject;
  Life life(&subject);
  auto* const store = static_cast<KeyValueStore*>(life.manager());
  ASSERT_EQ(life.Prepare(Id(1), Operations().Put("p/1", "a").Put("p/2", "b")).vote, VoteKind::kYes);
  ASSERT_EQ(life.Commit(Id(1)), CommitResult::kCommitted);
  std::atomic<bool> has_stopped = false;
  std::thread stopper;
  int seen = 0;
  const auto stop_and_go_on = [&](std::string_view, std::string_view) {
    if (++seen > 1) return;
    stopper = std::thread([&] {
      store->Stop();
      has_stopped = true;
    });
    while (store->ReadCommitted("p/1").error != StoreError::kNotStarted) std::this_thread::yield();
    // Time to close the disk, if it were to.
    for (int i = 0; i < 100'000 && !has_stopped; ++i) std::this_thread::yield();
    EXPECT_FALSE(has_stopped);
  };
  EXPECT_TRUE(store->ScanCommitted("p/", stop_and_go_on).ok());
  stopper.join();
  EXPECT_EQ(seen, 2);
}

// Batches of one step each, so that the second step is taken, and not planned, when the word comes.
TEST(KeyValueStoreInMemory, DropsWhatWaitsAndWhatItHasTakenOnceSuperseded) {
  KeyValueStoreOptions options;
  options.own_thread = false;
  options.max_batch_bytes = 1;
  const auto store = MakeMemoryStore(options, std::make_shared<MemoryStoreDisk>(StoreId{1, 2}));
  std::size_t completed = 0;
  std::string failure;
  ResourceHandlers handlers;
  handlers.completed = [&](const auto& completions) { completed += completions.size(); };
  handlers.failed = [&](const std::string& why) { failure += why; };
  ASSERT_TRUE(store->Start(handlers).ok());
  store->Submit({PrepareStep{Id(1), Operations().Add("a", 5).Encode(), {}},
                 PrepareStep{Id(2), Operations().Add("b", 5).Encode(), {}}});
  while (store->RunPending()) {
  }
  ASSERT_EQ(completed, 2u);
  store->Submit({CommitStep{Id(1)}, CommitStep{Id(2)}});
  ASSERT_TRUE(store->RunPending());
  ASSERT_EQ(completed, 3u);
  store->Submit({CommitStep{Id(1)}});
  store->Supersede("c1 has met incarnation 9");
  while (store->RunPending()) {
  }
  EXPECT_EQ(completed, 3u);
  EXPECT_THAT(failure, HasSubstr("incarnation 9"));
}

TEST(Operations, AreReadBackAsTheyWereWritten) {
  const Operations operations =
      Operations().Read("r").Put("p", std::string("\0x", 2)).Delete("d").Add("a", -5, -7);
  const std::string bytes = operations.Encode();
  EXPECT_EQ(Operations::Decode(bytes)->list(), operations.list());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = Operations::Decode(std::string_view(bytes).substr(0, size));
    EXPECT_TRUE(!cut || cut->list().size() < operations.list().size()) << size;
  }
  EXPECT_FALSE(Operations::Decode("").has_value());
  EXPECT_FALSE(Operations::Decode(bytes + "x").has_value());
}

}  // namespace
}  // namespace assent
