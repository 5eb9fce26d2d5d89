// The commands of docs/cli.md are run as they stand there, and its exit codes are those of --help.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/tools/cli_testing.h"

namespace assent::testing {
namespace {

std::string Page() { return ReadFile(std::string(ASSENT_SOURCES) + "/docs/cli.md"); }

// All blocks marked "sh", one after the other.
std::string Script(const std::string& page) {
  std::istringstream lines(page);
  std::string script;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside && line == "```sh";
    } else if (inside) {
      script += line + "\n";
    }
  }
  return script;
}

TEST(CliDocs, EveryCommandDoesWhatThePageSays) {
  Daemon daemon;
  daemon.Start();
  Agent agent(daemon.address(), "stock");
  agent.Attach();
  Initiator initiator(daemon.address());
  const std::string script = Script(Page());
  EXPECT_THAT(script, ::testing::HasSubstr("assent transaction commit"));
  std::ofstream(daemon.directory() / "script") << script;
  std::string output;
  const int code =
      RunToEnd({"/usr/bin/env", "--chdir=" + daemon.directory().path(),
                "PATH=" + std::filesystem::path(ASSENT).parent_path().string() + ":/usr/bin:/bin",
                "ASSENT_ADDRESS=" + daemon.address(), "ID=" + initiator.BeginId(),
                "OTHER=" + initiator.BeginId(), "/bin/sh", "-eux", "script"},
               &output);
  EXPECT_EQ(code, 0) << output;
}

TEST(CliDocs, ExitCodesAreThoseOfTheHelp) {
  std::istringstream help(RunAssent({"--help"}).output);
  const std::string page = Page();
  int codes = 0;
  bool inside = false;
  for (std::string line; std::getline(help, line);) {
    if (inside && line.size() > 6) {
      std::string code = line.substr(2, line.find(' ', 2) - 2);
      EXPECT_THAT(page, ::testing::HasSubstr("| " + code + " | " + line.substr(6) + " |"));
      ++codes;
    }
    if (line == "Exit codes:") inside = true;
  }
  EXPECT_EQ(codes, 11);
}

}  // namespace
}  // namespace assent::testing
