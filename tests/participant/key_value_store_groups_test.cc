// Which records prepared branches leave on the disk, and for how long.
#include <algorithm>

#include "gmock/gmock.h"
#include "participant/key_value_store.h"
#include "participant/key_value_store_records.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/participant/store_on_disk.h"
#include "tests/participant/store_records.h"
#include "tests/support/simulated_file_system.h"

namespace assent {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SimulatedFileSystem;
using ::testing::UnorderedElementsAre;

// Groups that name ended branches are rewritten after fewer batches than this.
constexpr int kManyBatches = 40;

TransactionId Other(std::uint64_t number) {
  return {*CoordinatorId::Parse("c2"), Sequence{1, number}};
}

class KeyValueStoreGroupsTest : public ::testing::Test {
 protected:
  KeyValueStoreGroupsTest() {
    EXPECT_TRUE(disk_->CreateDir("/data").ok());
    EXPECT_EQ(KeyValueStore::Create(OptionsOn(disk_.get()), StoreId{1, 2}), "");
    Restart();
  }

  // The process is killed.
  void Restart() {
    auto next = disk_->AfterCrash(testing::Loss::kNothing, 1);
    store_.reset();
    disk_ = std::move(next);
    KeyValueStoreOptions options = OptionsOn(disk_.get());
    options.write_back_batches = 0;
    store_ = std::make_unique<KeyValueStore>(options);
    start_ = store_->Start({[this](std::vector<ResourceCompletion> done) {
                              for (auto& one : done) done_.push_back(std::move(one));
                            },
                            nullptr});
    EXPECT_EQ(start_.error, "");
  }

  // One batch.
  void Batch(std::vector<ResourceStep> steps) {
    done_.clear();
    store_->Submit(std::move(steps));
    store_->RunPending();
    EXPECT_FALSE(store_->RunPending());
  }
  void Prepare(std::uint64_t first, std::uint64_t last, const std::string& value = "x") {
    std::vector<ResourceStep> steps;
    for (std::uint64_t i = first; i <= last; ++i) steps.push_back(PrepareOf(Id(i), value));
    Batch(std::move(steps));
  }
  void Commit(std::uint64_t first, std::uint64_t last) {
    std::vector<ResourceStep> steps;
    for (std::uint64_t i = first; i <= last; ++i) steps.push_back(CommitStep{Id(i)});
    Batch(std::move(steps));
  }
  CommitResult CommitOne(const TransactionId& id) {
    Batch({CommitStep{id}});
    return std::get<participant_input::Committed>(done_.at(0)).result;
  }
  // A batch that leaves nothing, with what earlier ones have left to do.
  void WriteBack() {
    const TransactionId id = Other(1'000'000 + ++write_backs_);
    Batch({PrepareOf(id, "z")});
    Batch({AbortStep{id}});
  }
  // Other branches come and go, one by one, and their coordinator's mark with them.
  void OthersWork(int batches) {
    for (int i = 0; i < batches; ++i) {
      const TransactionId id = Other(++last_other_);
      Batch({PrepareOf(id, "y")});
      Batch({CommitStep{id}, NoteStep{id.coordinator, {1, 1, 1}, id.sequence}});
    }
  }
  static PrepareStep PrepareOf(const TransactionId& id, const std::string& value) {
    return {id, Operations().Put(id.ToText(), value).Encode(), {}};
  }
  const std::vector<TransactionId>& listed() const { return start_.recovered.prepared; }
  StoreRecords Records() const { return RecordsOn(*disk_); }

  std::unique_ptr<SimulatedFileSystem> disk_ = std::make_unique<SimulatedFileSystem>();
  std::unique_ptr<KeyValueStore> store_;
  StartResult start_;
  std::vector<ResourceCompletion> done_;
  std::uint64_t last_other_ = 0;
  std::uint64_t write_backs_ = 0;
};

TEST_F(KeyValueStoreGroupsTest, AreOneRecordForAllThatABatchPreparesAndGoWithTheLast) {
  Prepare(1, 100);
  EXPECT_EQ(Records().Count('p'), 1u);
  Commit(1, 99);
  EXPECT_EQ(Records().Count('p'), 1u);
  EXPECT_EQ(Records().Count('c'), 1u);
  Commit(100, 100);
  EXPECT_EQ(Records().Count('p'), 1u) << "a start takes the last value from it";
  WriteBack();
  EXPECT_EQ(Records().Count('p'), 0u);
  EXPECT_EQ(Records().Count('a'), 0u);
  EXPECT_EQ(Records().Count('d'), 100u);
}

TEST_F(KeyValueStoreGroupsTest, HoldBranchesOfSeveralCoordinators) {
  Batch({PrepareOf(Id(1), "x"), PrepareOf(Other(1), "x"), PrepareOf(Id(2), "x")});
  EXPECT_EQ(Records().Count('p'), 1u);
  Restart();
  EXPECT_THAT(listed(), UnorderedElementsAre(Id(1), Other(1), Id(2)));
  EXPECT_EQ(CommitOne(Other(1)), CommitResult::kCommitted);
  Restart();
  EXPECT_THAT(listed(), UnorderedElementsAre(Id(1), Id(2)));
}

TEST_F(KeyValueStoreGroupsTest, ForgetWhatIsAbortedAcrossARestart) {
  Prepare(1, 4);
  Batch({AbortStep{Id(2)}, AbortStep{Id(3)}});
  EXPECT_EQ(Records().Count('a'), 1u);
  Restart();
  EXPECT_THAT(listed(), ElementsAre(Id(1), Id(4)));
  EXPECT_EQ(store_->Branch(Id(2)).Put("late", "x").error, StoreError::kNotActive);
  EXPECT_TRUE(store_->Branch(Id(9)).Put(Id(2).ToText(), "free").ok());
  EXPECT_EQ(store_->Branch(Id(8)).Put(Id(4).ToText(), "").error, StoreError::kConflict);
  EXPECT_EQ(CommitOne(Id(3)), CommitResult::kNotThere);
  Batch({AbortStep{Id(1)}, AbortStep{Id(4)}});
  EXPECT_EQ(Records().Count('p'), 0u);
  EXPECT_EQ(Records().Count('a'), 0u);
}

TEST_F(KeyValueStoreGroupsTest, NeedNoRecordOfAbortsIfTheyEndWhole) {
  Prepare(1, 3);
  Batch({AbortStep{Id(1)}, AbortStep{Id(2)}, AbortStep{Id(3)}});
  EXPECT_EQ(Records().Count('p') + Records().Count('a'), 0u);
}

TEST_F(KeyValueStoreGroupsTest, KeepAProofBelowTheMarkWhileTheyNameItsBranch) {
  Prepare(1, 3);
  Commit(1, 2);
  Batch({NoteStep{Id(1).coordinator, {1, 1, 4}, {1, 3}}, PrepareOf(Other(1), "x")});
  EXPECT_EQ(Records().Count('c'), 1u);
  Restart();
  EXPECT_THAT(listed(), UnorderedElementsAre(Id(3), Other(1))) << "one would be applied twice";
  EXPECT_EQ(CommitOne(Id(3)), CommitResult::kCommitted);
  OthersWork(1);
  EXPECT_EQ(Records().Count('c'), 2u) << "of 3, which is not below the mark, and of the other";
}

TEST_F(KeyValueStoreGroupsTest, AreRewrittenForAStragglerWhichKeepsItsOwnBytesOnly) {
  Prepare(1, 500, std::string(100, 'v'));
  Commit(1, 250);
  Commit(252, 500);
  OthersWork(kManyBatches);
  WriteBack();
  const StoreRecords records = Records();
  EXPECT_EQ(records.Count('p'), 1u);
  EXPECT_LT(records.Bytes('p'), 200u);
  Restart();
  EXPECT_THAT(listed(), ElementsAre(Id(251)));
  EXPECT_EQ(CommitOne(Id(251)), CommitResult::kCommitted);
  EXPECT_EQ(store_->ReadCommitted(Id(251).ToText()).value, std::string(100, 'v'));
}

TEST_F(KeyValueStoreGroupsTest, LeaveABoundedNumberOfRecordsBesideStragglers) {
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::uint64_t first = i * 10 + 1;
    Prepare(first, first + 9);
    Batch({AbortStep{Id(first)}});
    if (i % 25 == 0) {
      Commit(first + 1, first + 8);  // one stays in doubt
    } else {
      Commit(first + 1, first + 9);
    }
    // As if nobody knew of those in doubt any more.
    Batch({NoteStep{Id(1).coordinator, {1, 1, 1}, {1, first + 10}}, PrepareOf(Other(i + 1), "y")});
    Batch({AbortStep{Other(i + 1)}});
    const StoreRecords records = Records();
    most = std::max(most, records.Count('p') + records.Count('a') + records.Count('c'));
  }
  EXPECT_LT(most, 16u);
  OthersWork(kManyBatches);
  EXPECT_EQ(Records().Count('p'), 4u);
  EXPECT_EQ(Records().Count('a'), 0u);
}

TEST_F(KeyValueStoreGroupsTest, AreTidiedByTheFirstBatchesAfterAStart) {
  Prepare(1, 9);
  Batch({AbortStep{Id(1)}, CommitStep{Id(2)}});
  Restart();
  Batch({PrepareOf(Other(1), "x"), NoteStep{Id(1).coordinator, {1, 1, 1}, {1, 3}}});
  EXPECT_EQ(Records().Count('a'), 0u);
  EXPECT_EQ(Records().Count('c'), 0u);
  Restart();
  EXPECT_EQ(listed().size(), 8u);
}

TEST_F(KeyValueStoreGroupsTest, KeepProofsAfterAStartUntilAllOfThemAreTidied) {
  Prepare(1, 40, std::string(40'000, 'v'));  // more than one batch rewrites
  std::vector<ResourceStep> commits;
  for (std::uint64_t i = 1; i <= 40; i += 2) commits.push_back(CommitStep{Id(i)});
  Batch(std::move(commits));
  Restart();
  Batch({NoteStep{Id(1).coordinator, {1, 1, 1}, {1, 41}}, PrepareOf(Other(1), "x")});
  Restart();
  EXPECT_EQ(listed().size(), 21u);
  last_other_ = 1;
  OthersWork(5);
  EXPECT_EQ(Records().Count('c'), 1u) << "the other's last";
  Restart();
  EXPECT_EQ(listed().size(), 21u);
}

TEST_F(KeyValueStoreGroupsTest, AreSplitWhereTheyAreLarge) {
  Prepare(1, 10, std::string(40'000, 'v'));
  EXPECT_EQ(Records().Count('p'), 5u);
  Restart();
  EXPECT_EQ(listed().size(), 10u);
  Commit(1, 10);
  WriteBack();
  EXPECT_EQ(Records().Count('p'), 0u);
}

TEST_F(KeyValueStoreGroupsTest, AreNumberedOnAfterARestart) {
  Prepare(1, 2);
  Restart();
  Prepare(3, 4);
  Restart();
  EXPECT_THAT(listed(), UnorderedElementsAre(Id(1), Id(2), Id(3), Id(4)));
}

TEST(KeyValueStoreRecords, AreReadBackAsTheyWereWrittenAndRefusedIfCut) {
  using namespace key_value_store_internal;
  BranchWork work;
  work.writes["set"].value = "value";
  work.writes["gone"] = {};
  work.reads = {{"read", nullptr}};
  BranchListWriter list;
  list.Add(Id(1), work);
  list.Add(Other(2), {});
  std::vector<std::pair<TransactionId, BranchWork>> read;
  ASSERT_TRUE(DecodeGroup(list.bytes(), &read));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].first, Id(1));
  EXPECT_EQ(read[0].second.writes.at("set").value, "value");
  EXPECT_EQ(read[0].second.writes.at("gone").value, std::nullopt);
  EXPECT_EQ(read[0].second.reads, work.reads);
  EXPECT_EQ(read[1].first, Other(2));
  for (std::size_t size = 0; size < list.bytes().size(); ++size) {
    std::vector<std::pair<TransactionId, BranchWork>> cut;
    const bool is_read = DecodeGroup(std::string_view(list.bytes()).substr(0, size), &cut);
    EXPECT_TRUE(!is_read || cut.size() < 2) << size;
  }
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{0x1230}, ~std::uint64_t{0}}) {
    EXPECT_EQ(ParseNumber(NumberedKey('p', number).substr(1)), number);
  }
  for (const char* garbled : {"", "0", "10", "x1", "1-1", "11111111111111111"}) {
    EXPECT_EQ(ParseNumber(garbled), std::nullopt) << garbled;
  }
}

TEST(KeyValueStoreFormat, OfBeforeIsRefusedWithWhatToDo) {
  for (const std::uint32_t format : {1u, 2u}) {
    SimulatedFileSystem disk;
    ASSERT_TRUE(disk.CreateDir("/data").ok());
    storage::DatabaseOptions options;
    options.file_system = &disk;
    options.reserve_bytes = 0;
    const storage::Identity old{"key-value-store", format, StoreId{1, 2}.ToText()};
    ASSERT_TRUE(storage::GuardedDatabase::Create(options, "/data/store", old).ok());
    KeyValueStore store(OptionsOn(&disk));
    EXPECT_THAT(store.Start({}).error,
                AllOf(HasSubstr("/data/store"), HasSubstr("format " + std::to_string(format)),
                      HasSubstr("Start the older version")));
  }
}

}  // namespace
}  // namespace assent
