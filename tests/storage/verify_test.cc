#include "storage/verify.h"

#include "tests/storage/workload.h"
#include "tests/support/temporary_directory.h"

namespace assent::storage {
namespace {

using assent::testing::SimulatedFileSystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Verify, FindsAWholeDatabaseWholeAndLeavesItAlone) {
  SimulatedFileSystem disk;
  Workload workload(1);
  workload.Run(&disk, 30);
  ASSERT_THAT(workload.database()->MarkSuperseded("a newer copy is in use"), IsOk());
  const Head head = {workload.database()->sequence(), workload.database()->live_records()};
  workload.Kill();
  std::map<std::string, std::string> before;
  for (const std::string& name : disk.Files()) before[name] = disk.Content(name);

  VerifyReport report;
  Records records;
  ASSERT_THAT(VerifyDatabase(&disk, "/test", "/scratch", Into(&records), &report), IsOk());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(records, workload.newest());
  EXPECT_EQ(report.identity, kIdentity);
  EXPECT_EQ(report.head->sequence, head.sequence);
  EXPECT_EQ(report.head->live_records, head.live_records);
  EXPECT_EQ(report.witness_sequence, head.sequence);
  EXPECT_EQ(report.superseded, "a newer copy is in use");
  for (const auto& entry : before) EXPECT_EQ(disk.Content(entry.first), entry.second);
}

TEST(Verify, ACopyOfADatabaseInUseOpensAndTheDatabaseGoesOn) {
  const assent::testing::TemporaryDirectory directory;
  const std::string log = directory / "log";
  DatabaseOptions options = TestOptions();
  options.write_buffer_bytes = 64 << 10;
  ASSERT_THAT(GuardedDatabase::Create(options, log, kIdentity), IsOk());
  std::unique_ptr<GuardedDatabase> database;
  ASSERT_THAT(GuardedDatabase::Open(options, log, kIdentity, nullptr, &database), IsOk());
  for (int i = 0; i < 50; ++i) {
    const Batch batch = PutOne("k" + std::to_string(i), std::string(3000, 'x'));
    ASSERT_THAT(database->Write(batch, true), IsOk());
  }
  const std::string backup = directory / "backup";
  ASSERT_THAT(CopyDatabase(FileSystem::Posix(), log, backup), IsOk());
  EXPECT_THAT(database->Write(PutOne("more", "1"), true), IsOk());
  std::unique_ptr<GuardedDatabase> copy;
  Records records;
  ASSERT_THAT(GuardedDatabase::Open(options, backup, kIdentity, Into(&records), &copy), IsOk());
  EXPECT_THAT(records, SizeIs(50));
}

TEST(Verify, NamesWhatIsWrong) {
  SimulatedFileSystem disk;
  Workload workload(1);
  workload.Run(&disk, 30);
  ASSERT_THAT(workload.database()->Write(Batch(), true), IsOk());
  workload.Kill();
  for (const std::string& name : disk.Files()) {
    if (name.find(".log") != std::string::npos) disk.Erase(name);
  }
  VerifyReport report;
  ASSERT_THAT(VerifyDatabase(&disk, "/test", "/one", nullptr, &report), IsOk());
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_THAT(report.problems[0], HasSubstr("batches are lost"));
  disk.Erase("/test/witness");
  ASSERT_THAT(VerifyDatabase(&disk, "/test", "/two", nullptr, &report), IsOk());
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_THAT(report.problems[0], HasSubstr("witness"));
  disk.Erase("/test/db/CURRENT");
  ASSERT_THAT(VerifyDatabase(&disk, "/test", "/three", nullptr, &report), IsOk());
  EXPECT_THAT(report.problems, ::testing::Not(IsEmpty()));
}

TEST(Verify, RefusesAWrongSourceAndAScratchDirectoryThatHoldsSomething) {
  SimulatedFileSystem disk;
  VerifyReport report;
  EXPECT_THAT(VerifyDatabase(&disk, "/nowhere", "/scratch", nullptr, &report),
              HasKind(StatusKind::kMissing));
  Workload workload(1);
  workload.Run(&disk, 6);
  workload.Kill();
  ASSERT_TRUE(disk.CreateDir("/scratch").ok());
  disk.SetContent("/scratch/thesis.txt", "years of work");
  EXPECT_THAT(VerifyDatabase(&disk, "/test", "/scratch", nullptr, &report),
              HasKind(StatusKind::kAlreadyExists));
}

}  // namespace
}  // namespace assent::storage
