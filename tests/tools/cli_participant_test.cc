// assent participant: every command in text and JSON, and each of its exit codes.
#include <gtest/gtest.h>

#include "tests/tools/cli_testing.h"

namespace assent::testing {
namespace {

using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;

class CliParticipant : public ::testing::Test {
 protected:
  CliParticipant() {
    daemon_.Start();
    agent_ = std::make_unique<Agent>(daemon_.address(), "stock");
    agent_->Attach();
  }

  Daemon daemon_;
  std::unique_ptr<Agent> agent_;
  const std::string other_store_ = std::string(32, 'b');
};

TEST_F(CliParticipant, IsListed) {
  EXPECT_THAT(RunAt(daemon_, {"participant", "list"}),
              AllOf(Ends(0, "stock"), Field("output", &Ran::output, HasSubstr("yes"))));
  EXPECT_THAT(RunAt(daemon_, {"participant", "list", "-o", "json"}),
              Ends(0, "{\"participants\":[{\"participant\":\"stock\",\"store_id\":\""));
}

TEST_F(CliParticipant, IsReleasedAndReboundByWhoRepeatsItsName) {
  EXPECT_THAT(
      RunAt(daemon_, {"participant", "replace", "stock", "--release", "--confirm", "stock"}),
      Ends(0, "stock is released"));
  EXPECT_THAT(RunAt(daemon_, {"participant", "list"}), Ends(0, "(released)"));
  EXPECT_THAT(RunAt(daemon_, {"participant", "replace", "stock", "--store", other_store_,
                              "--confirm", "stock"}),
              Ends(0, "stock is bound to " + other_store_));
  EXPECT_THAT(RunAt(daemon_, {"participant", "list", "-o", "json"}),
              Ends(0, "\"store_id\":\"" + other_store_ + "\""));
  EXPECT_THAT(RunAt(daemon_, {"participant", "replace", "stock", "--store", other_store_,
                              "--confirm", "stock", "-o", "json"}),
              Ends(0, "{}"));
}

TEST_F(CliParticipant, IsNotReplacedByMistake) {
  EXPECT_THAT(RunAt(daemon_, {"participant", "replace", "stock", "--release"}),
              Ends(2, "--confirm stock"));
  EXPECT_THAT(
      RunAt(daemon_, {"participant", "replace", "stock", "--release", "--confirm", "stick"}),
      Ends(2, "--confirm stock"));
  EXPECT_THAT(RunAt(daemon_, {"participant", "replace", "stock", "--confirm", "stock"}),
              Ends(2, "either --store ID or --release"));
  EXPECT_THAT(
      RunAt(daemon_, {"participant", "replace", "stock", "--store", "12", "--confirm", "stock"}),
      Ends(2, "is not a store id"));
  EXPECT_THAT(RunAt(daemon_, {"participant", "replace", "S!", "--release", "--confirm", "S!"}),
              Ends(2, "is not a participant's name"));
  EXPECT_THAT(
      RunAt(daemon_, {"participant", "replace", "stick", "--release", "--confirm", "stick"}),
      Ends(5, "UNKNOWN_PARTICIPANT"));
  EXPECT_EQ(Initiator(daemon_.address()).ListParticipants().response.participants_size(), 1);
}

TEST_F(CliParticipant, IsNotAskedForAtACoordinatorThatIsNotThere) {
  daemon_.Kill();
  EXPECT_THAT(RunAt(daemon_, {"participant", "list"}), Ends(6, "no answer"));
  EXPECT_THAT(
      RunAt(daemon_, {"participant", "replace", "stock", "--release", "--confirm", "stock"}),
      Ends(6, "no answer"));
}

}  // namespace
}  // namespace assent::testing
