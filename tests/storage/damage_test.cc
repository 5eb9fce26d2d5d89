// Damage at rest: every kind at many places of the log and the tables. A start is refused, or
// finds everything; it never finds less.
#include "tests/support/damage.h"

#include "tests/storage/workload.h"
#include "tests/support/test_scale.h"

namespace assent::storage {
namespace {

using assent::testing::Loss;
using assent::testing::SimulatedFileSystem;
using ::testing::HasSubstr;

class DamageTest : public ::testing::TestWithParam<testing::DamageKind> {
 protected:
  // A database of three logs' worth, all of it synced, its process killed.
  void Build(uint64_t seed) {
    disk_ = std::make_unique<SimulatedFileSystem>();
    workload_ = std::make_unique<Workload>(seed);
    workload_->options()->write_buffer_bytes = 64 << 10;
    workload_->Run(disk_.get(), 30 + static_cast<int>(seed % 20));
    ASSERT_THAT(workload_->database()->Write(Batch(), true), IsOk());
    damaged_ = disk_->AfterCrash(Loss::kNothing, 1);
    workload_->Kill();
  }

  std::unique_ptr<SimulatedFileSystem> disk_;
  std::unique_ptr<SimulatedFileSystem> damaged_;
  std::unique_ptr<Workload> workload_;
};

TEST_P(DamageTest, IsNeverSilent) {
  int refused = 0;
  int harmless = 0;
  int silent = 0;
  const auto seeds = static_cast<uint64_t>(Scaled(400));
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    Build(seed);
    Prng random(seed);
    GetParam().damage(damaged_.get(), testing::Victim(*damaged_, &random), &random);
    const Status status = workload_->Reopen(damaged_.get());
    if (!status.ok()) {
      ++refused;
      EXPECT_THAT(status.message(), HasSubstr(Workload::kDirectory));
      // A refusal leaves the evidence in place: asking again gives no other answer.
      EXPECT_FALSE(workload_->Reopen(damaged_.get()).ok());
    } else if (workload_->found() == workload_->newest()) {
      ++harmless;
    } else {
      ++silent;
    }
    workload_->Kill();
  }
  RecordProperty("refused", refused);
  RecordProperty("harmless", harmless);
  EXPECT_EQ(silent, 0);
  EXPECT_GT(refused, static_cast<int>(seeds) / 4);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DamageTest, ::testing::ValuesIn(testing::DamageKinds()),
                         [](const ::testing::TestParamInfo<testing::DamageKind>& kind) {
                           return kind.param.name;
                         });

TEST(Damage, AnOlderCopyOfTheDatabaseBesideANewerWitnessIsRefused) {
  SimulatedFileSystem disk;
  Workload workload(5);
  workload.Run(&disk, 30);
  const auto older = disk.AfterCrash(Loss::kNothing, 1);
  workload.WriteSome(30);
  ASSERT_THAT(workload.database()->Write(Batch(), true), IsOk());
  older->SetContent("/test/witness", disk.Content("/test/witness"));
  const Status status = workload.Reopen(older.get());
  EXPECT_THAT(status, HasKind(StatusKind::kDamaged));
  EXPECT_THAT(status.message(), HasSubstr("older copy"));
}

TEST(Damage, AWitnessThatStayedBehindIsAcceptedAndRewritten) {
  SimulatedFileSystem disk;
  Workload workload(5);
  workload.Run(&disk, 30);
  const std::string behind = disk.Content("/test/witness");
  workload.WriteSome(10);
  workload.Kill();
  disk.SetContent("/test/witness", behind);
  ASSERT_THAT(workload.Reopen(&disk), IsOk());
  EXPECT_EQ(workload.found(), workload.newest());
  EXPECT_NE(disk.Content("/test/witness"), behind);
  workload.Kill();
}

TEST(Damage, ARefusalRemovesNoRecordsFromTheDisk) {
  SimulatedFileSystem disk;
  Workload workload(5);
  workload.Run(&disk, 30);
  ASSERT_THAT(workload.database()->Write(Batch(), true), IsOk());
  workload.Kill();
  const std::string log = testing::NewestLog(disk);
  std::string bytes = disk.Content(log);
  bytes.resize(bytes.size() - 1);
  disk.SetContent(log, bytes);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(workload.Reopen(&disk), HasKind(StatusKind::kDamaged));
    EXPECT_EQ(disk.Content(log), bytes);
  }
  const size_t files = disk.Files().size();
  EXPECT_THAT(workload.Reopen(&disk), HasKind(StatusKind::kDamaged));
  EXPECT_EQ(disk.Files().size(), files) << "a restart loop must not fill the disk";
}

}  // namespace
}  // namespace assent::storage
