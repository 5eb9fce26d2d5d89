// assent status: in text and JSON, and its exit codes.
#include <gtest/gtest.h>

#include "tests/tools/cli_testing.h"

namespace assent::testing {
namespace {

class CliStatus : public ::testing::Test {
 protected:
  CliStatus() {
    daemon_.Start({"--coordinator-id", "bank"});
    initiator_ = std::make_unique<Initiator>(daemon_.address());
  }

  Daemon daemon_;
  std::unique_ptr<Initiator> initiator_;
};

TEST_F(CliStatus, TellsWhatIsOpenAndWhatWasDone) {
  initiator_->BeginId();
  initiator_->Abort(initiator_->BeginId());
  const Ran ran = RunAt(daemon_, {"status"});
  EXPECT_THAT(ran, Ends(0, "coordinator           bank"));
  EXPECT_THAT(ran, Ends(0, "open transactions     1\n"));
  EXPECT_THAT(ran, Ends(0, "opened                2\n"));
  EXPECT_THAT(ran, Ends(0, "aborted               1\n"));
}

TEST_F(CliStatus, IsOneLineOfJson) {
  initiator_->BeginId();
  const Ran ran = RunAt(daemon_, {"status", "-o", "json"});
  EXPECT_THAT(ran, Ends(0, "{\"coordinator_id\":\"bank\",\"epoch\":\"1\","));
  EXPECT_THAT(ran, Ends(0, "\"open_transactions\":\"1\""));
}

TEST_F(CliStatus, IsNotToldByACoordinatorThatIsNotThere) {
  daemon_.Kill();
  EXPECT_THAT(RunAt(daemon_, {"status"}), Ends(6, "no answer"));
}

TEST_F(CliStatus, TakesNoOtherWord) {
  EXPECT_THAT(RunAt(daemon_, {"status", "all"}), Ends(2, "one word too many"));
}

}  // namespace
}  // namespace assent::testing
