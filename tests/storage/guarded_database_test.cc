#include "storage/guarded_database.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/storage/storage_testing.h"
#include "tests/support/temporary_directory.h"

namespace assent::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GuardedDatabaseTest : public ::testing::Test {
 protected:
  Status Create() { return GuardedDatabase::Create(options_, directory_, kIdentity); }
  Status Open(const Identity& expected = kIdentity) {
    database_.reset();
    records_.clear();
    return GuardedDatabase::Open(options_, directory_, expected, Into(&records_), &database_);
  }
  void CreateAndOpen() {
    ASSERT_THAT(Create(), IsOk());
    ASSERT_THAT(Open(), IsOk());
  }

  assent::testing::TemporaryDirectory temporary_;
  const std::string directory_ = temporary_ / "log";
  DatabaseOptions options_ = TestOptions();
  Records records_;
  std::unique_ptr<GuardedDatabase> database_;
};

TEST_F(GuardedDatabaseTest, HandsOutAtOpenWhatWasWritten) {
  CreateAndOpen();
  Batch batch;
  batch.Insert("a", "1");
  batch.Put("b", "2");
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  ASSERT_THAT(database_->Write(PutOne("c", "3"), false), IsOk());
  ASSERT_THAT(database_->Close(), IsOk());
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(records_, (Records{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

TEST_F(GuardedDatabaseTest, KeepsTheHeadRightThroughEveryKindOfChange) {
  CreateAndOpen();
  Batch batch;
  batch.Insert("a", "1");
  batch.Insert("b", "2");
  batch.Replace("a", RecordHash("a", "1"), "11");
  batch.InsertHashed("d", RecordHash("d", "4"), "4");
  batch.ReplaceHashed("d", RecordHash("d", "4"), RecordHash("d", "44"), "44");
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  batch.Clear();
  batch.DeleteKnown("b", RecordHash("b", "2"));
  batch.Insert("b", "22");
  batch.DeleteKnown("b", RecordHash("b", "22"));
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  batch.Clear();
  batch.Put("c", "3");
  batch.Put("c", "33");
  batch.Delete("a");
  batch.Delete("nobody");
  batch.Delete("c");
  batch.Put("c", "333");
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  EXPECT_EQ(database_->live_records(), 3u);  // the identity, "c" and "d"
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(records_, (Records{{"c", "333"}, {"d", "44"}}));
}

TEST_F(GuardedDatabaseTest, TakesClaimsWithoutReading) {
  options_.check_claims = false;
  CreateAndOpen();
  for (int i = 0; i < 100; ++i) {
    Batch batch;
    batch.Insert("k" + std::to_string(i), "v");
    if (i > 0) {
      const std::string before = "k" + std::to_string(i - 1);
      batch.DeleteKnown(before, RecordHash(before, "v"));
    }
    ASSERT_THAT(database_->Write(batch, false), IsOk());
  }
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(records_, (Records{{"k99", "v"}}));
}

TEST_F(GuardedDatabaseTest, FindsAFalseClaimAtOnceWhenAskedToAndAtTheNextOpenOtherwise) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  CreateAndOpen();
  Batch batch;
  batch.Insert("a", "1");
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  EXPECT_DEATH({ static_cast<void>(database_->Write(batch, true).ok()); }, "claim");
  Batch hashed;
  hashed.InsertHashed("b", RecordHash("b", "1"), "2");
  EXPECT_DEATH({ static_cast<void>(database_->Write(hashed, true).ok()); }, "claim");
  options_.check_claims = false;
  ASSERT_THAT(Open(), IsOk());
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  EXPECT_THAT(Open(), HasKind(StatusKind::kDamaged));
}

TEST_F(GuardedDatabaseTest, GetsAndListsRecordsButNotItsOwnBookkeeping) {
  CreateAndOpen();
  Batch batch;
  batch.Insert("p/1", "one");
  batch.Insert("p/2", "two");
  batch.Insert("q/1", "other");
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  std::string value;
  EXPECT_THAT(database_->Get("p/2", &value), IsOk());
  EXPECT_EQ(value, "two");
  EXPECT_THAT(database_->Get("p/3", &value), HasKind(StatusKind::kNotFound));
  Records found;
  ASSERT_THAT(GuardedDatabase::Snapshot(database_.get()).ForEach("p/", Into(&found)), IsOk());
  EXPECT_EQ(found, (Records{{"p/1", "one"}, {"p/2", "two"}}));
  found.clear();
  ASSERT_THAT(GuardedDatabase::Snapshot(database_.get()).ForEach("", Into(&found)), IsOk());
  EXPECT_EQ(found.size(), 3u);
}

TEST_F(GuardedDatabaseTest, KeepsASnapshotAsItWasWhateverIsWrittenLater) {
  CreateAndOpen();
  Batch batch;
  batch.Insert("changed", "old");
  batch.Insert("removed", "old");
  ASSERT_THAT(database_->Write(batch, true), IsOk());
  Records found;
  {
    GuardedDatabase::Snapshot snapshot(database_.get());
    batch.Clear();
    batch.Put("changed", "new");
    batch.Delete("removed");
    batch.Insert("added", "new");
    ASSERT_THAT(database_->Write(batch, true), IsOk());
    ASSERT_THAT(snapshot.ForEach("", Into(&found)), IsOk());
  }
  EXPECT_EQ(found, (Records{{"changed", "old"}, {"removed", "old"}}));
}

TEST_F(GuardedDatabaseTest, CountsBatchesAndOpens) {
  CreateAndOpen();
  EXPECT_EQ(database_->opens(), 1u);
  const uint64_t before = database_->sequence();
  ASSERT_THAT(database_->Write(PutOne("a", "1"), false), IsOk());
  EXPECT_EQ(database_->sequence(), before + 1);
  EXPECT_EQ(database_->synced_sequence(), before);
  ASSERT_THAT(database_->Write(Batch(), true), IsOk());
  EXPECT_EQ(database_->synced_sequence(), before + 2);
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(database_->opens(), 2u);
}

TEST_F(GuardedDatabaseTest, TheVisitorsErrorEndsTheOpen) {
  CreateAndOpen();
  ASSERT_THAT(database_->Write(PutOne("a", "1"), true), IsOk());
  database_.reset();
  const RecordVisitor refuse = [](std::string_view, std::string_view) {
    return Status(StatusKind::kDamaged, "I cannot read this");
  };
  const Status status = GuardedDatabase::Open(options_, directory_, kIdentity, refuse, &database_);
  EXPECT_EQ(status.message(), "I cannot read this");
  EXPECT_EQ(database_, nullptr);
}

TEST_F(GuardedDatabaseTest, RefusesABatchAboveTheLimit) {
  CreateAndOpen();
  EXPECT_THAT(database_->Write(PutOne("a", std::string(kMaxBatchBytes, 'x')), true),
              HasKind(StatusKind::kInvalidArgument));
  EXPECT_THAT(database_->Write(PutOne("a", "small"), true), IsOk());
}

// --- places where no database is ---

TEST_F(GuardedDatabaseTest, AWrongPathDoesNotBecomeADatabase) {
  EXPECT_THAT(Open(), HasKind(StatusKind::kMissing));
  EXPECT_FALSE(std::filesystem::exists(directory_));
  std::filesystem::create_directory(directory_);
  EXPECT_THAT(Open(), HasKind(StatusKind::kMissing));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(GuardedDatabaseTest, CreationRefusesADirectoryThatHoldsSomething) {
  std::filesystem::create_directory(directory_);
  std::ofstream(directory_ + "/thesis.txt") << "years of work";
  const Status status = Create();
  EXPECT_THAT(status, HasKind(StatusKind::kAlreadyExists));
  EXPECT_THAT(status.message(), HasSubstr("thesis.txt"));
}

TEST_F(GuardedDatabaseTest, CreationRefusesADatabase) {
  CreateAndOpen();
  ASSERT_THAT(database_->Write(PutOne("a", "1"), true), IsOk());
  database_.reset();
  EXPECT_THAT(Create(), HasKind(StatusKind::kAlreadyExists));
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(records_.size(), 1u);
}

TEST_F(GuardedDatabaseTest, CreationTakesAnEmptyMountPoint) {
  std::filesystem::create_directories(directory_ + "/lost+found");
  CreateAndOpen();
}

TEST_F(GuardedDatabaseTest, CreationNeedsTheParentAndAnIdentity) {
  EXPECT_THAT(GuardedDatabase::Create(options_, directory_ + "/a/b", kIdentity),
              HasKind(StatusKind::kIoError));
  EXPECT_THAT(GuardedDatabase::Create(options_, directory_, Identity{}),
              HasKind(StatusKind::kInvalidArgument));
}

TEST_F(GuardedDatabaseTest, SaysThatItIsDamagedWhenOnlyPartsAreThere) {
  CreateAndOpen();
  database_.reset();
  std::filesystem::remove(directory_ + "/db/CURRENT");
  EXPECT_THAT(Open(), HasKind(StatusKind::kDamaged));
  std::filesystem::remove_all(directory_ + "/db");
  EXPECT_THAT(Open(), HasKind(StatusKind::kDamaged));
}

// --- databases of others ---

TEST_F(GuardedDatabaseTest, RefusesAnotherKindAnotherOwnerAndANewerFormat) {
  CreateAndOpen();
  EXPECT_THAT(Open({"other-kind", 3, "owner1"}), HasKind(StatusKind::kForeign));
  EXPECT_THAT(Open({"test-store", 3, "owner2"}), HasKind(StatusKind::kForeign));
  EXPECT_THAT(Open({"test-store", 2, "owner1"}), HasKind(StatusKind::kNewerFormat));
  ASSERT_THAT(Open({"test-store", 4, ""}), IsOk());
  EXPECT_EQ(database_->identity(), kIdentity);
}

TEST_F(GuardedDatabaseTest, RefusesAFormatThatIsNotReadAnyMore) {
  CreateAndOpen();
  database_.reset();
  options_.oldest_format = kIdentity.format + 1;
  EXPECT_THAT(Open(), HasKind(StatusKind::kOlderFormat));
  options_.oldest_format = kIdentity.format;
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(GuardedDatabaseTest, RefusesToBeOpenedTwiceInOneProcess) {
  CreateAndOpen();
  std::unique_ptr<GuardedDatabase> second;
  const Status status = GuardedDatabase::Open(options_, directory_, kIdentity, nullptr, &second);
  EXPECT_THAT(status, HasKind(StatusKind::kLocked));
  EXPECT_THAT(status.message(), HasSubstr(directory_));
  EXPECT_THAT(database_->Write(PutOne("a", "1"), true), IsOk());
}

// The other process holds both of LevelDB's and our lock, as it would if it were serving.
TEST_F(GuardedDatabaseTest, RefusesToBeOpenedInTwoProcesses) {
  ASSERT_THAT(Create(), IsOk());
  int ready[2];
  int done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(done[1]);
    const bool opened = Open().ok();
    char byte = opened ? 'y' : 'n';
    const bool told = write(ready[1], &byte, 1) == 1;
    const ssize_t end = read(done[0], &byte, 1);  // returns when the parent closes its end
    _exit(told && end == 0 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_THAT(Open(), HasKind(StatusKind::kLocked));
  EXPECT_THAT(Create(), HasKind(StatusKind::kAlreadyExists));
  close(done[1]);
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  EXPECT_THAT(Open(), IsOk());
}

// --- superseded ---

TEST_F(GuardedDatabaseTest, DoesNotOpenOnceMarkedSupersededUntilTheMarkIsCleared) {
  CreateAndOpen();
  ASSERT_THAT(database_->Write(PutOne("a", "1"), true), IsOk());
  ASSERT_THAT(database_->MarkSuperseded("stock has seen epoch 9"), IsOk());
  EXPECT_THAT(database_->Write(PutOne("b", "2"), true), HasKind(StatusKind::kSuperseded));
  const Status status = Open();
  EXPECT_THAT(status, HasKind(StatusKind::kSuperseded));
  EXPECT_THAT(status.message(), HasSubstr("stock has seen epoch 9"));
  options_.clear_superseded = true;
  ASSERT_THAT(Open(), IsOk());
  ASSERT_THAT(database_->Write(PutOne("b", "2"), true), IsOk());
  options_.clear_superseded = false;
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(records_, (Records{{"a", "1"}, {"b", "2"}}));
}

// --- witness and reserve ---

TEST_F(GuardedDatabaseTest, AMissingOrGarbledWitnessIsRefusedUnlessAccepted) {
  for (const bool garbled : {false, true}) {
    database_.reset();
    std::filesystem::remove_all(directory_);
    options_.accept_missing_witness = false;
    CreateAndOpen();
    database_.reset();
    std::filesystem::remove(directory_ + "/witness");
    if (garbled) std::ofstream(directory_ + "/witness") << "not a witness";
    const Status status = Open();
    EXPECT_THAT(status, HasKind(StatusKind::kDamaged));
    EXPECT_THAT(status.message(), HasSubstr("witness"));
    options_.accept_missing_witness = true;
    ASSERT_THAT(Open(), IsOk());
    options_.accept_missing_witness = false;
    EXPECT_THAT(Open(), IsOk());
  }
}

TEST_F(GuardedDatabaseTest, AWitnessOfAnotherDatabaseIsRefused) {
  CreateAndOpen();
  database_.reset();
  const std::string other = temporary_ / "other";
  ASSERT_THAT(GuardedDatabase::Create(options_, other, {"test-store", 3, "owner2"}), IsOk());
  std::filesystem::copy_file(other + "/witness", directory_ + "/witness",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Open(), HasKind(StatusKind::kDamaged));
}

TEST_F(GuardedDatabaseTest, TheReserveGivesItsSpaceBackAndIsMadeAgain) {
  CreateAndOpen();
  EXPECT_THAT(database_->reserve_status(), IsOk());
  EXPECT_EQ(std::filesystem::file_size(directory_ + "/reserve"), 4096u);
  ASSERT_THAT(database_->FreeReserve(), IsOk());
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/reserve"));
  EXPECT_FALSE(database_->reserve_status().ok());
  ASSERT_THAT(database_->RestoreReserve(), IsOk());
  options_.use_reserve = true;
  ASSERT_THAT(Open(), IsOk());
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/reserve"));
  options_.use_reserve = false;
  ASSERT_THAT(Open(), IsOk());
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/reserve"));
}

TEST_F(GuardedDatabaseTest, SurvivesManyRotationsOfItsLog) {
  options_.write_buffer_bytes = 64 << 10;
  CreateAndOpen();
  Records expected;
  for (int i = 0; i < 400; ++i) {
    const std::string key = "k" + std::to_string(i % 50);
    const std::string value(4000, static_cast<char>('a' + i % 26));
    ASSERT_THAT(database_->Write(PutOne(key, value), i % 7 == 0), IsOk());
    expected[key] = value;
  }
  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(records_, expected);
}

}  // namespace
}  // namespace assent::storage
