// A disk that fills up at any point, and whose space comes back.
#include "tests/storage/workload.h"

namespace assent::storage {
namespace {

using assent::testing::Loss;
using assent::testing::SimulatedFileSystem;
using ::testing::HasSubstr;

constexpr uint64_t kAmple = uint64_t{1} << 40;

class FullDiskTest : public ::testing::Test {
 protected:
  // Writes until the disk, which holds `spare` bytes more than a new database, is full.
  void FillUp(uint64_t spare) {
    workload_ = std::make_unique<Workload>(spare);
    workload_->options()->write_buffer_bytes = 64 << 10;
    workload_->options()->reserve_bytes = 128 << 10;
    workload_->Run(disk_.get(), 2);
    ASSERT_THAT(workload_->last_error(), IsOk());
    disk_->SetCapacity(disk_->used_bytes() + spare);
    workload_->WriteSome(100000);
    ASSERT_THAT(workload_->last_error(), HasKind(StatusKind::kIoError));
    EXPECT_THAT(workload_->last_error().message(), HasSubstr("No space left"));
    workload_->Kill();
  }

  std::unique_ptr<SimulatedFileSystem> disk_ = std::make_unique<SimulatedFileSystem>();
  std::unique_ptr<Workload> workload_;
};

TEST_F(FullDiskTest, LosesNothingWhenTheSpaceComesBack) {
  for (uint64_t spare = 0; spare < 60000; spare += 499) {
    SCOPED_TRACE(spare);
    disk_ = std::make_unique<SimulatedFileSystem>();
    FillUp(spare);
    const auto after = disk_->AfterCrash(spare % 2 == 0 ? Loss::kNothing : Loss::kAllUnsynced, 1);
    after->SetCapacity(kAmple);
    ASSERT_THAT(workload_->Reopen(after.get()), IsOk());
    EXPECT_TRUE(workload_->last_reopen_was_right());
    workload_->WriteSome(3);
    EXPECT_THAT(workload_->last_error(), IsOk());
    workload_->Kill();
  }
}

TEST_F(FullDiskTest, StaysFullWithoutHarmAndOpensWithTheReserveGivenUp) {
  FillUp(40000);
  for (int i = 0; i < 5; ++i) {
    const Status full = workload_->Reopen(disk_.get());
    EXPECT_THAT(full, HasKind(StatusKind::kIoError));
    EXPECT_THAT(full.message(), HasSubstr("reserve"));
  }
  workload_->options()->use_reserve = true;
  ASSERT_THAT(workload_->Reopen(disk_.get()), IsOk());
  EXPECT_TRUE(workload_->last_reopen_was_right());
  EXPECT_FALSE(workload_->database()->reserve_status().ok());
  workload_->options()->use_reserve = false;
  disk_->SetCapacity(kAmple);
  ASSERT_THAT(workload_->Reopen(disk_.get()), IsOk());
  EXPECT_TRUE(workload_->last_reopen_was_right());
  EXPECT_THAT(workload_->database()->reserve_status(), IsOk());
  workload_->Kill();
}

}  // namespace
}  // namespace assent::storage
