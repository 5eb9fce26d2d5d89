// Committed values that are written back later: what is on the disk meanwhile, and that nobody can
// tell, neither a reader nor a start.
#include <atomic>
#include <future>
#include <thread>

#include "core/prng.h"
#include "gmock/gmock.h"
#include "participant/key_value_store.h"
#include "participant/memory_store.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/participant/store_on_disk.h"
#include "tests/participant/store_records.h"
#include "tests/support/simulated_file_system.h"

namespace assent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::SimulatedFileSystem;

using Pairs = std::vector<std::pair<std::string, std::string>>;

class KeyValueStoreWriteBack : public ::testing::Test {
 protected:
  KeyValueStoreWriteBack() {
    EXPECT_TRUE(disk_->CreateDir("/data").ok());
    EXPECT_EQ(KeyValueStore::Create(OptionsOn(disk_.get()), StoreId{1, 2}), "");
  }

  // The process is killed, if there is one, and starts.
  void Start(std::size_t write_back_batches, std::size_t max_remembered_branches = 100) {
    auto next = disk_->AfterCrash(testing::Loss::kNothing, 1);
    store_.reset();
    disk_ = std::move(next);
    KeyValueStoreOptions options = OptionsOn(disk_.get());
    options.write_back_batches = write_back_batches;
    options.max_remembered_branches = max_remembered_branches;
    store_ = std::make_unique<KeyValueStore>(options);
    start_ = store_->Start({[this](const std::vector<ResourceCompletion>& done) {
                              for (const ResourceCompletion& one : done) Take(one);
                            },
                            nullptr});
    ASSERT_EQ(start_.error, "");
  }
  void Take(const ResourceCompletion& completion) {
    const auto* const vote = std::get_if<participant_input::Prepared>(&completion);
    if (vote != nullptr) votes_.push_back(vote->result.vote);
  }
  void Batch(std::vector<ResourceStep> steps) {
    store_->Submit(std::move(steps));
    ASSERT_TRUE(store_->RunPending());
  }
  TransactionId Prepare(const Operations& operations) {
    const TransactionId id = Id(++last_);
    Batch({PrepareStep{id, operations.Encode(), {}}});
    return id;
  }
  void Commit(const TransactionId& id) { Batch({CommitStep{id}}); }
  // Two batches.
  void Do(const Operations& operations) { Commit(Prepare(operations)); }
  // Batches that commit nothing.
  void Pass(int batches) {
    for (; batches > 0; batches -= 2) {
      const TransactionId id = Prepare(Operations().Put("passing", "x"));
      Batch({AbortStep{id}});
    }
  }
  std::string Read(const std::string& key) {
    return store_->ReadCommitted(key).value.value_or("none");
  }
  Pairs Scan(const std::string& prefix) {
    Pairs pairs;
    EXPECT_TRUE(store_
                    ->ScanCommitted(prefix,
                                    [&pairs](std::string_view key, std::string_view value) {
                                      pairs.emplace_back(key, value);
                                    })
                    .ok());
    return pairs;
  }
  StoreRecords Records() const { return RecordsOn(*disk_); }

  std::unique_ptr<SimulatedFileSystem> disk_ = std::make_unique<SimulatedFileSystem>();
  std::unique_ptr<KeyValueStore> store_;
  StartResult start_;
  std::uint64_t last_ = 0;
  std::vector<VoteKind> votes_;
};

TEST_F(KeyValueStoreWriteBack, WritesAKeyOnceForManyCommitsOfIt) {
  Start(4);
  Do(Operations().Put("once", "x").Put("often", "0"));
  for (int i = 1; i <= 15; ++i) {
    Do(Operations().Add("often", 1));
    EXPECT_EQ(Records().Count('d'), i < 2 ? 0u : 1u) << "four batches after its commit, once is";
  }
  Pass(2);
  EXPECT_EQ(Records().Value("donce"), "x");
  EXPECT_EQ(Records().Value("doften"), "15") << "32 batches after its first commit";
  EXPECT_EQ(Records().Count('p'), 0u) << "nothing waits";
}

TEST_F(KeyValueStoreWriteBack, IsNotSeenByReadersAndScans) {
  Start(1);
  Do(Operations().Put("a/1", "old").Put("a/3", "old").Put("a/5", "old").Put("b", "old"));
  Pass(4);
  ASSERT_EQ(Records().Count('d'), 4u);
  Start(1'000);
  Do(Operations().Put("a/0", "new").Put("a/3", "new").Delete("a/5").Put("a/9", "new"));
  Do(Operations().Put("a/2", "gone").Put("c", "new"));
  Do(Operations().Delete("a/2"));
  ASSERT_EQ(Records().Count('d'), 4u);
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(Scan("a/"), ElementsAre(Pair("a/0", "new"), Pair("a/1", "old"), Pair("a/3", "new"),
                                        Pair("a/9", "new")));
    EXPECT_THAT(Scan("c"), ElementsAre(Pair("c", "new")));
    EXPECT_THAT(Scan("a/5"), IsEmpty());
    EXPECT_EQ(Scan("").size(), 6u);
    EXPECT_EQ(Read("a/3"), "new");
    EXPECT_EQ(Read("a/5"), "none");
    EXPECT_EQ(Read("a/1"), "old");
    Start(1'000);
  }
}

TEST_F(KeyValueStoreWriteBack, LeavesTheLastValueWhateverTheOrderOfGroupsAndCommits) {
  Start(1'000);
  Do(Operations().Put("key", "first").Put("other", "x"));
  Do(Operations().Put("key", "second"));
  Start(1'000);
  Do(Operations().Put("key", "third"));
  Start(1'000);
  EXPECT_EQ(Read("key"), "third");
  EXPECT_EQ(Read("other"), "x");
  Do(Operations().Delete("key"));
  Start(0);
  EXPECT_EQ(Read("key"), "none");
  Pass(2);
  EXPECT_EQ(Records().Value("dkey"), "");
  EXPECT_EQ(Records().Value("dother"), "x");
  EXPECT_EQ(Records().Count('p'), 0u);
}

// The group that has the old value stays, for another branch that was prepared with it.
TEST_F(KeyValueStoreWriteBack, TakesNothingFromAGroupThatHasBeenWrittenBack) {
  Start(0);
  const TransactionId straggler = Id(++last_);
  const TransactionId first = Id(++last_);
  Batch({PrepareStep{straggler, Operations().Put("held", "x").Encode(), {}},
         PrepareStep{first, Operations().Put("key", "old").Encode(), {}}});
  Commit(first);
  Do(Operations().Put("key", "new"));
  Pass(2);
  ASSERT_EQ(Records().Count('p'), 1u);
  Start(0);
  EXPECT_THAT(start_.recovered.prepared, ElementsAre(straggler));
  EXPECT_EQ(Read("key"), "new");
}

TEST_F(KeyValueStoreWriteBack, AddsToWhatWaits) {
  Start(7);
  for (int i = 1; i <= 40; ++i) {
    Do(Operations().Add("sum", i).Add("sum/" + std::to_string(i % 3), 1));
    if (i % 9 == 0) Start(7);
  }
  EXPECT_EQ(Read("sum"), "820");
  EXPECT_EQ(Read("sum/1"), "14");
}

TEST_F(KeyValueStoreWriteBack, ComesEarlierWhereMuchWaits) {
  Start(1'000'000);
  const std::string large(500'000, 'v');
  for (int i = 1; i <= 40; ++i) {
    Do(Operations().Put("key" + std::to_string(i % 5), large + std::to_string(i)));
    ASSERT_LT(Records().Bytes('p'), std::size_t{6} << 20) << i;
  }
  EXPECT_EQ(Records().Count('d'), 5u);
  EXPECT_EQ(Read("key0"), large + "40");
  Start(1'000'000);
  EXPECT_EQ(Read("key0"), large + "40");
  EXPECT_EQ(Read("key1"), large + "36");
}

TEST_F(KeyValueStoreWriteBack, ReadsALargeValueWhileItWaitsAndFromTheDatabaseLater) {
  Start(2);
  const std::string large(5'000, 'v');
  Do(Operations().Put("key", large));
  EXPECT_EQ(Read("key"), large);
  Pass(4);
  EXPECT_EQ(Read("key"), large);
  Do(Operations().Delete("key"));
  EXPECT_EQ(Read("key"), "none");
  Pass(4);
  EXPECT_EQ(Records().Count('d'), 0u);
}

TEST_F(KeyValueStoreWriteBack, ComesEarlierWhereGroupsKeepMuchElse) {
  Start(1'000'000);
  const std::string large(500'000, 'v');
  for (int i = 1; i <= 40; ++i) {
    const TransactionId small = Id(++last_);
    const TransactionId aborted = Id(++last_);
    Batch({PrepareStep{small, Operations().Add("sum", 1).Encode(), {}},
           PrepareStep{aborted, Operations().Put("large", large).Encode(), {}}});
    Batch({CommitStep{small}, AbortStep{aborted}});
    ASSERT_LT(Records().Bytes('p'), std::size_t{6} << 20) << i;
  }
  Start(1'000'000);
  EXPECT_EQ(Read("sum"), "40");
}

TEST_F(KeyValueStoreWriteBack, ComesEarlierWhereManyKeysWait) {
  Start(1'000'000);
  Operations operations;
  for (int i = 0; i < 70'000; ++i) operations.Put("k" + std::to_string(i), "");
  Do(operations);
  Pass(2);
  EXPECT_EQ(Records().Count('d'), 70'000u - 65'536u);
}

TEST_F(KeyValueStoreWriteBack, KeepsUpHoweverLittleABatchHolds) {
  KeyValueStoreOptions options = OptionsOn(disk_.get());
  options.write_back_batches = 0;
  options.max_batch_bytes = 1;
  options.max_branch_bytes = 2'000;
  store_ = std::make_unique<KeyValueStore>(options);
  ASSERT_EQ(store_->Start({[](const std::vector<ResourceCompletion>&) {}, nullptr}).error, "");
  for (int branch = 0; branch < 20; ++branch) {
    Operations operations;
    for (int i = 0; i < 100; ++i) {
      operations.Put("key" + std::to_string(branch) + "/" + std::to_string(i), "v");
    }
    Do(operations);
    ASSERT_LE(Records().Count('p'), 2u) << branch;
  }
  EXPECT_EQ(Scan("key").size(), 2'000u);
}

// Its group waits to be written back, so the record that it was aborted is there at a start.
TEST_F(KeyValueStoreWriteBack, LetsNoAbortedBranchBePreparedAgainMeanwhile) {
  for (const bool is_restarted : {false, true}) {
    store_.reset();
    disk_ = std::make_unique<SimulatedFileSystem>();
    ASSERT_TRUE(disk_->CreateDir("/data").ok());
    ASSERT_EQ(KeyValueStore::Create(OptionsOn(disk_.get()), StoreId{1, 2}), "");
    Start(1'000, 2);
    const TransactionId committed = Id(++last_);
    const TransactionId aborted = Id(++last_);
    Batch({PrepareStep{committed, Operations().Put("a", "x").Encode(), {}},
           PrepareStep{aborted, Operations().Put("b", "x").Encode(), {}}});
    Batch({CommitStep{committed}, AbortStep{aborted}});
    for (int i = 0; i < 5; ++i) Do(Operations().Add("c", 1));  // more than are remembered
    if (is_restarted) Start(1'000, 2);
    for (int i = 0; i < 5; ++i) Do(Operations().Add("c", 1));
    votes_.clear();
    Batch({PrepareStep{aborted, Operations().Put("b", "late").Encode(), {}}});
    EXPECT_THAT(votes_, ElementsAre(VoteKind::kNo));
    Start(1'000, 2);
    EXPECT_EQ(Read("c"), "10");
  }
}

// Random branches over few keys, and starts; the model is a map.
TEST_F(KeyValueStoreWriteBack, IsExactForRandomWorkOverManyStarts) {
  Prng random(1);
  std::map<std::string, std::string> model;
  for (int life = 0; life < 40; ++life) {
    Start(random.Below(12));
    EXPECT_EQ(Scan("key"), Pairs(model.begin(), model.end())) << life;
    for (std::uint64_t left = random.Below(30); left > 0; --left) {
      const std::string key = "key" + std::to_string(random.Below(8));
      const std::string value = std::to_string(last_);
      const bool is_removal = random.Below(4) == 0;
      const TransactionId id =
          Prepare(is_removal ? Operations().Delete(key) : Operations().Put(key, value));
      if (random.Below(3) == 0) {
        Batch({AbortStep{id}});
        continue;
      }
      Commit(id);
      if (is_removal) model.erase(key);
      if (!is_removal) model[key] = value;
      EXPECT_EQ(Read(key), is_removal ? "none" : value);
    }
  }
}

// Each branch moves 1 from one account to another, while others scan.
TEST(KeyValueStoreScan, IsOneMomentWhileOthersCommitAndValuesAreWrittenBack) {
  KeyValueStoreOptions options;
  options.write_back_batches = 3;
  const auto disk = std::make_shared<MemoryStoreDisk>(StoreId{1, 2});
  const auto store = MakeMemoryStore(options, disk);
  std::promise<void> last_committed;
  constexpr std::uint64_t kLast = 2'000;
  const auto take = [&](const std::vector<ResourceCompletion>& done) {
    for (const ResourceCompletion& one : done) {
      const auto* vote = std::get_if<participant_input::Prepared>(&one);
      if (vote != nullptr) {
        ASSERT_EQ(vote->result.vote, VoteKind::kYes) << vote->result.text;
        store->Submit({CommitStep{vote->id}});
        continue;
      }
      const std::uint64_t number = std::get<participant_input::Committed>(one).id.sequence.number;
      if (number == kLast) return last_committed.set_value();
      Operations move;
      move.Add("account" + std::to_string(number % 5), -1);
      move.Add("account" + std::to_string(number % 7 + 5), 1);
      store->Submit({PrepareStep{Id(number + 1), move.Encode(), {}}});
    }
  };
  ASSERT_EQ(store->Start({take, nullptr}).error, "");
  std::atomic<bool> is_over = false;
  std::thread scanner([&] {
    while (!is_over) {
      std::int64_t sum = 0;
      const StoreResult scanned =
          store->ScanCommitted("account", [&sum](std::string_view, std::string_view value) {
            sum += std::stoll(std::string(value));
          });
      EXPECT_TRUE(scanned.ok());
      EXPECT_EQ(sum, 0);
    }
  });
  store->Submit({PrepareStep{Id(1), Operations().Put("begin", "x").Encode(), {}}});
  last_committed.get_future().wait();
  is_over = true;
  scanner.join();
  store->Stop();
}

}  // namespace
}  // namespace assent
