// assent dev: starts with one command, ends by SIGINT, and leaves nothing behind.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/tools/cli_testing.h"

namespace assent::testing {
namespace {

// A running `assent dev`, its banner read to the last line.
class Dev {
 public:
  explicit Dev(const Arguments& arguments) : output_(directory_ / "output") {
    Arguments command = {"/usr/bin/env", "TMPDIR=" + directory_.path(), ASSENT, "dev"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    process_.Start(command, output_.path());
    while (banner_.find("stop") == std::string::npos) {
      const std::string line = output_.Await(process_);
      if (line.empty()) break;  // it has ended
      banner_ += line + "\n";
    }
  }

  const std::string& banner() const { return banner_; }
  std::string Told(const std::string& word) const {
    const std::size_t start = banner_.find_first_not_of(' ', banner_.find(word) + word.size());
    return banner_.substr(start, banner_.find_first_of(" \n", start) - start);
  }
  std::string port() const { return Told("address").substr(std::string("127.0.0.1:").size()); }
  int Stop(int signal) {
    process_.Signal(signal);
    return process_.WaitForExit();
  }

 private:
  TemporaryDirectory directory_;
  ReadyFile output_;
  Process process_;
  std::string banner_;
};

TEST(CliDev, ServesUntilSigintAndLeavesNothing) {
  Dev dev({"--port", "0"});
  EXPECT_THAT(dev.banner(), ::testing::HasSubstr("not for production"));
  EXPECT_TRUE(std::filesystem::exists(dev.Told("log ")));
  const std::string address = dev.Told("address");
  const std::string id = Initiator(address).BeginId();
  EXPECT_THAT(RunAssent({"transaction", "list", "--address", address}), Ends(0, id));
  EXPECT_EQ(dev.Stop(SIGINT), 0);
  EXPECT_FALSE(std::filesystem::exists(dev.Told("log ")));
}

TEST(CliDev, KeepsTheLogOfADirectoryThatIsGiven) {
  const TemporaryDirectory directory;
  const std::string log = directory / "log";
  for (const char* epoch : {"1", "2"}) {
    Dev dev({"--port", "0", "--directory", log});
    EXPECT_EQ(dev.Stop(SIGTERM), 0);
    EXPECT_THAT(RunAssent({"log", "verify", log}), Ends(0, std::string("epoch        ") + epoch));
  }
}

TEST(CliDev, RefusesALogInUseATakenPortAndAForeignDirectory) {
  const TemporaryDirectory directory;
  const std::string log = directory / "log";
  Dev dev({"--port", "0", "--directory", log});
  EXPECT_THAT(RunAssent({"dev", "--port", "0", "--directory", log}), Ends(8, "LOCKED"));
  EXPECT_THAT(RunAssent({"dev", "--port", dev.port()}), Ends(9, "is taken"));
  const std::string foreign = directory / "foreign";
  std::filesystem::create_directory(foreign);
  std::ofstream(foreign + "/letter") << "dear reader";
  EXPECT_THAT(RunAssent({"dev", "--port", "0", "--directory", foreign}), Ends(7, "MISSING"));
  EXPECT_EQ(dev.Stop(SIGINT), 0);
}

TEST(CliDev, RefusesACrashSwitchThatIsNone) {
  EXPECT_THAT(RunAssent({"--help"}, {"/usr/bin/env", "ASSENT_CRASH=nowhere"}),
              Ends(2, "ASSENT_CRASH"));
}

}  // namespace
}  // namespace assent::testing
