// assent log: on whole and damaged logs, in use and at rest.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/tools/cli_testing.h"

namespace assent::testing {
namespace {

using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;

auto Prints(const std::string& part) { return Field("output", &Ran::output, HasSubstr(part)); }

// A daemon with one commit decision that nobody has acknowledged.
class CliLog : public ::testing::Test {
 protected:
  CliLog() {
    daemon_.Start();
    Initiator initiator(daemon_.address());
    Agent agent(daemon_.address(), "stock");
    agent.Attach();
    id_ = initiator.BeginId();
    EXPECT_TRUE(initiator.Enlist(id_, "stock").status.ok());
    v1::CommitTransactionRequest request;
    request.set_transaction_id(id_);
    request.set_call_timeout_us(1);  // asks, and does not wait
    EXPECT_TRUE(initiator.Commit(request).status.ok());
    EXPECT_TRUE(agent.Vote(agent.ReceivePrepare(), v1::VOTE_KIND_YES));
    agent.ReceiveCommit();
  }

  // Changes a byte in the middle of every file of LevelDB's that holds records.
  static void Damage(const std::string& directory) {
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/db")) {
      const std::string kind = entry.path().extension();
      if ((kind != ".log" && kind != ".ldb") || entry.file_size() < 2) continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      const auto middle = static_cast<std::streamoff>(entry.file_size() / 2);
      file.seekg(middle);
      const int byte = file.get();
      file.seekp(middle);
      file.put(static_cast<char>(byte ^ 0x55));
    }
  }

  std::string log() const { return daemon_.data_directory(); }

  Daemon daemon_;
  std::string id_;
};

TEST_F(CliLog, OfARunningCoordinatorIsVerifiedAndDumped) {
  EXPECT_THAT(RunAssent({"log", "verify", log()}),
              AllOf(Ends(0, "state        whole"), Prints("1, 1 of them unfinished")));
  EXPECT_THAT(RunAssent({"log", "verify", log(), "-o", "json"}),
              AllOf(Ends(0, "\"whole\":true"), Prints("\"decisions\":\"1\"")));
  EXPECT_THAT(
      RunAssent({"log", "dump", log()}),
      AllOf(Ends(0, id_ + "  COMMIT"), Prints("not acknowledged"), Prints("binding      stock")));
  EXPECT_THAT(RunAssent({"log", "dump", log(), "-o", "json"}),
              AllOf(Ends(0, "\"transaction_id\":\"" + id_ + "\",\"decision_number\":\"1\""),
                    Prints("\"acknowledged\":false"), Prints("\"bindings\":[{")));
}

TEST_F(CliLog, IsBackedUpAndACoordinatorStartsFromTheBackup) {
  const std::string target = daemon_.directory() / "backup";
  EXPECT_THAT(RunAssent({"log", "backup", log(), target}),
              AllOf(Ends(0, "backup       " + target), Prints("state        whole")));
  EXPECT_THAT(RunAssent({"log", "backup", log(), target}), Ends(2, "ALREADY_EXISTS"));
  EXPECT_THAT(RunAssent({"log", "backup", log(), target + "2", "-o", "json"}),
              Ends(0, "\"target\":\"" + target + "2\""));
  daemon_.Kill();
  std::filesystem::remove_all(log());
  std::filesystem::rename(target, log());
  daemon_.Start();
  EXPECT_THAT(RunAt(daemon_, {"transaction", "show", id_}), Ends(0, "waits for    stock"));
}

TEST_F(CliLog, DamageIsNamedAndTheLogIsLeftAlone) {
  daemon_.Kill();
  Damage(log());
  for (const char* command : {"verify", "dump"}) {
    EXPECT_THAT(RunAssent({"log", command, log()}),
                AllOf(Ends(7, "state        DAMAGED"), Prints("problem ")));
    EXPECT_THAT(RunAssent({"log", command, log(), "-o", "json"}), Ends(7, "\"whole\":false"));
  }
  EXPECT_THAT(RunAssent({"log", "backup", log(), daemon_.directory() / "backup"}),
              Ends(7, "DAMAGED"));
}

TEST_F(CliLog, WhatIsNoLogIsRefused) {
  const std::string nowhere = daemon_.directory() / "nowhere";
  for (const char* command : {"verify", "dump"}) {
    EXPECT_THAT(RunAssent({"log", command, nowhere}), Ends(7, "no database is there"));
  }
  EXPECT_THAT(RunAssent({"log", "backup", nowhere, nowhere + "2"}), Ends(7, "MISSING"));
}

TEST_F(CliLog, WithoutAPlaceForItsCopyNothingIsSaidAboutIt) {
  EXPECT_THAT(RunAssent({"log", "verify", log()}, {"/usr/bin/env", "TMPDIR=/nowhere"}),
              Ends(10, "TMPDIR"));
}

}  // namespace
}  // namespace assent::testing
