// The decision log's disk fills up under the real daemon: it refuses what is new while there is
// room to finish what it has, stops when there is none, starts again on the reserve, and has lost
// nothing when the space comes back.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "coordinator/options.h"
#include "tests/faults/audit.h"
#include "tests/faults/machine.h"
#include "tests/faults/transfers.h"
#include "tests/integration/bank_world.h"

namespace assent::testing {
namespace {

constexpr int kDiskMebibytes = 12;
constexpr std::uint64_t kMinFree = std::uint64_t{3} << 20;
constexpr std::uint64_t kReserve = std::uint64_t{2} << 20;

int Code(ExitCode code) { return static_cast<int>(code); }

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string refusal = UseOwnMounts();
    if (refusal.empty()) refusal = disk_.Mount();
    if (!refusal.empty()) GTEST_SKIP() << "a full disk cannot be tried here: " << refusal;
    BankOptions options;
    options.log_directory = disk_.path() + "/log";
    options.log_reserve = "2MiB";
    options.coordinator_arguments = {"--log-min-free-bytes", "3MiB", "--log-write-buffer-bytes",
                                     "256KiB"};
    world_ = std::make_unique<BankWorld>(options);
    world_->AwaitAttached();
    transfers_ = std::make_unique<Transfers>(Transfers::Options{world_->address()});
    transfers_->Start();
    transfers_->Grant(100);
    transfers_->AwaitAnswers();
  }

  void TearDown() override {
    if (HasFailure() && world_ != nullptr) ADD_FAILURE() << world_->Output();
  }

  // One after the other, until one is refused.
  std::string AwaitRefusal() {
    while (transfers_->journal().refusals().empty()) {
      transfers_->Grant(1);
      transfers_->AwaitAnswers();
    }
    return transfers_->journal().refusals().front();
  }

  // The space is there again: everything is as if nothing had been.
  void ExpectWhole() {
    disk_.Empty();
    world_->RestartCoordinator();
    world_->AwaitAttached();
    const std::uint64_t before = transfers_->journal().committed();
    transfers_->Grant(50);
    EXPECT_EQ(transfers_->Stop(), 0);
    EXPECT_GT(transfers_->journal().committed(), before);
    ExpectHonest(world_.get(), transfers_->journal());
    EXPECT_EQ(std::filesystem::file_size(world_->log_directory() + "/reserve"), kReserve);
  }

  // Work of a transaction at a node: no money moves, but there is something to commit.
  void Touch(Transaction* transaction, int node) {
    grpc::ClientContext context;
    transaction->Join(&context);
    assent_test::AddRequest request;
    request.set_account("account0");
    assent_test::AddResponse response;
    const grpc::Status status = world_->bank(node).Add(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  // Runs the coordinator until it ends by itself.
  int ExitCodeWith(const Arguments& more, std::string* output) {
    Arguments command = world_->CoordinatorCommand();
    command.insert(command.end(), more.begin(), more.end());
    return RunToEnd(command, output);
  }

  SmallDisk disk_{kDiskMebibytes};
  std::unique_ptr<BankWorld> world_;
  std::unique_ptr<Transfers> transfers_;
};

TEST_F(FullDisk, IsNoticedBeforeItIsFullSoThatWhatIsOpenIsFinishedAndNothingIsBegun) {
  Transaction open = world_->client().Begin();
  Touch(&open, BankWorld::kDebit);
  Touch(&open, BankWorld::kCredit);
  disk_.Fill(kMinFree / 2);
  const std::string refusal = AwaitRefusal();  // it looks every ten seconds
  EXPECT_NE(refusal.find("disk is nearly full"), std::string::npos) << refusal;
  EXPECT_NE(world_->Output().find("no new transactions are begun"), std::string::npos);
  EXPECT_EQ(open.Commit().outcome, Outcome::kCommitted);
  ExpectWhole();
}

TEST_F(FullDisk, EndsTheDaemonWhichStartsOnItsReserveAndHasLostNothing) {
  transfers_->Grant(2'000);
  transfers_->AwaitAnswers(1'900);
  disk_.Fill(0);
  EXPECT_EQ(world_->coordinator().WaitForExit(), Code(ExitCode::kLogFailed));
  EXPECT_NE(world_->Output().find("No space left on device"), std::string::npos);

  std::string output;
  EXPECT_EQ(ExitCodeWith({}, &output), Code(ExitCode::kLogRefused)) << "there is no space";
  EXPECT_NE(output.find("start once with the reserve given up"), std::string::npos) << output;

  Arguments on_reserve = world_->CoordinatorCommand();
  on_reserve.emplace_back("--use-reserve");
  world_->coordinator().Start(on_reserve, world_->directory() / "coordinator.out");
  transfers_->AwaitAnswers();
  EXPECT_FALSE(AwaitRefusal().empty()) << "the reserve is for finishing";
  world_->AwaitSettled();
  EXPECT_FALSE(std::filesystem::exists(world_->log_directory() + "/reserve"));
  ExpectWhole();
}

}  // namespace
}  // namespace assent::testing
