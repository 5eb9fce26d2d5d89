#include "coordinator/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "coordinator/configuration_values.h"
#include "coordinator/option_table.h"
#include "proto/wire_convert.h"
#include "tests/support/temporary_directory.h"

namespace assent {
namespace {

using ::testing::HasSubstr;
using Action = ConfigurationResult::Action;

class ConfigurationTest : public ::testing::Test {
 protected:
  std::string File(const std::string& text) {
    const std::string name = directory_ / "assentd.toml";
    std::ofstream(name) << text;
    return name;
  }

  ConfigurationResult Load(const std::vector<std::string>& arguments) const {
    return LoadConfiguration(arguments, [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    });
  }

  std::string ErrorOfFile(const std::string& text) {
    const ConfigurationResult result = Load({"--config", File(text)});
    EXPECT_EQ(result.action, Action::kError) << text;
    return result.text;
  }

  testing::TemporaryDirectory directory_;
  std::map<std::string, std::string> variables_;
};

TEST_F(ConfigurationTest, NeedsNoConfigurationAtAll) {
  const ConfigurationResult result = Load({});
  ASSERT_EQ(result.action, Action::kServe) << result.text;
  EXPECT_EQ(result.configuration.options.listen, DaemonOptions().listen);
  for (const auto& origin : result.configuration.origins) EXPECT_EQ(origin.second, "default");
}

TEST_F(ConfigurationTest, PutsFlagOverEnvironmentOverFileOverDefault) {
  const std::string file =
      File("[limits]\nmax_branches = 2\nmax_block_size = 2\nretention = \"2s\"");
  variables_ = {{"ASSENT_CONFIG", file},
                {"ASSENT_LIMITS_MAX_BRANCHES", "3"},
                {"ASSENT_LIMITS_MAX_BLOCK_SIZE", "3"}};
  const ConfigurationResult result = Load({"--limits-max-branches=4"});
  ASSERT_EQ(result.action, Action::kServe) << result.text;
  const CoordinatorLimits& limits = result.configuration.options.limits;
  EXPECT_EQ(limits.max_branches, 4u);
  EXPECT_EQ(limits.max_block_size, 3u);
  EXPECT_EQ(limits.retention, Duration::Seconds(2));
  EXPECT_EQ(limits.prepare_timeout, CoordinatorLimits().prepare_timeout);
  const auto& origins = result.configuration.origins;
  EXPECT_EQ(origins.at("limits.max_branches"), "flag --limits-max-branches");
  EXPECT_EQ(origins.at("limits.max_block_size"), "environment ASSENT_LIMITS_MAX_BLOCK_SIZE");
  EXPECT_EQ(origins.at("limits.retention"), file + ":4");
  EXPECT_EQ(origins.at("limits.prepare_timeout"), "default");
}

TEST_F(ConfigurationTest, ReadsBackWhatItPrints) {
  const ConfigurationResult printed =
      Load({"--print-config", "--limits-retention", "90s", "--ready-file", "a \"b\"\\c",
            "--health=false", "--config",
            File("[participants.stock]\naddress = \"[::1]:7\"\n"
                 "[participants.\"a.b\"]\naddress = \"unix:/run/b\"\n")});
  ASSERT_EQ(printed.action, Action::kPrint) << printed.text;
  EXPECT_THAT(printed.text, HasSubstr("retention = \"90s\"  # flag --limits-retention\n"));
  EXPECT_THAT(printed.text, HasSubstr("listen = \"127.0.0.1:7420\"  # default\n"));
  const ConfigurationResult read = Load({"--config", File(printed.text)});
  ASSERT_EQ(read.action, Action::kServe) << read.text;
  EXPECT_EQ(read.configuration.options.limits.retention, Duration::Seconds(90));
  EXPECT_EQ(read.configuration.options.ready_file, "a \"b\"\\c");
  EXPECT_FALSE(read.configuration.options.health);
  EXPECT_EQ(read.configuration.options.participants,
            (std::map<std::string, std::string>{{"a.b", "unix:/run/b"}, {"stock", "[::1]:7"}}));
}

TEST_F(ConfigurationTest, SetsEveryOptionByItsFlagAndPrintsItsValue) {
  for (const OptionRow& row : OptionTable()) {
    DaemonOptions options;
    ASSERT_EQ(SetOption(row, ValueOf(row, options), &options), std::nullopt) << row.key;
    const ConfigurationResult result = Load({FlagOf(row) + "=" + ValueOf(row, options)});
    ASSERT_EQ(result.action, Action::kServe) << result.text;
    EXPECT_EQ(result.configuration.origins.at(std::string(row.key)), "flag " + FlagOf(row));
  }
}

TEST_F(ConfigurationTest, ReadsAnEmptyFileAndEmptyTables) {
  EXPECT_EQ(Load({"--config", File("")}).action, Action::kServe);
  EXPECT_EQ(Load({"--config", File("[limits]\n[participants]\n")}).action, Action::kServe);
}

struct BadFile {
  const char* text;
  const char* where;
  const char* what;
};

TEST_F(ConfigurationTest, RefusesABadFileWithPlaceProblemAndRemedy) {
  const BadFile cases[] = {
      {"\n[limits]\nmax_brances = 3", ":3: unknown key limits.max_brances",
       "the nearest known one is limits.max_branches"},
      {"lisen = \"x\"", ":1: unknown key lisen", "the nearest known one is listen"},
      {"[limit]\n", ":1: unknown key limit;", "the nearest known one is"},
      {"[[limits]]\nmax_branches = 3", ": unknown key limits", "nearest"},
      {"[limits]\nmax_branches = \"3\"", ":2: limits.max_branches is a string",
       "a whole number from 1 to 64, as in limits.max_branches = 64"},
      {"listen = 7420", ":1: listen is an integer", "as in listen = \"127.0.0.1:7420\""},
      {"health = 1", ":1: health is an integer", "true or false, as in health = true"},
      {"[limits]\nretention = 30", ":2: limits.retention is an integer",
       "as in limits.retention = \"10m\""},
      {"[limits]\nretention = 1.5", ":2: limits.retention is something else", "a duration"},
      {"limits = 3", ":1: unknown key limits", "nearest"},
      {"[limits]\nmax_branches = 65", ":2: limits.max_branches: \"65\"", "from 1 to 64"},
      {"[limits]\nmax_branches = -1", ":2: limits.max_branches: \"-1\"", "from 1 to 64"},
      {"[limits]\nmax_branches = 99999999999999999999999",
       ":2: limits.max_branches:", "from 1 to 64"},
      {"[limits]\nretention = \"30\"", ":2: limits.retention: \"30\"", "with a unit (us, ms, s"},
      {"[limits]\nretention = \"9999999999h\"", ":2: limits.retention:", "from 0us to 720h"},
      {"[log]\nwrite_buffer_bytes = \"4MB\"", ":2: log.write_buffer_bytes: \"4MB\"", "KiB, MiB"},
      {"coordinator_id = \"Big\"", ":1: coordinator_id: \"Big\"", "1 to 22 of a-z and 0-9"},
      {"listen = \"nowhere\"", ":1: listen: \"nowhere\"", "HOST:PORT, [IPV6]:PORT or unix:PATH"},
      {"create_log = true", ":1: create_log is for one start only", "give --create-log"},
      {"[participants.stock]\nport = 3", ":2: unknown key participants.stock.port",
       "[participants.NAME] with address"},
      {"[participants.Stock]\naddress = \"h:1\"", ":2: \"Stock\" is no participant's name",
       "beginning with a letter"},
      {"[participants.stock]\naddress = \"h:0\"", ":2: participants.stock.address: \"h:0\"",
       "it must be an address"},
      {"[participants.stock]\naddress = 3", ":2: participants.stock.address", "must be an address"},
      {"listen = ", ":1: not TOML", ""},
      {"a = 1\na = 2", ": not TOML", ""},
  };
  for (const BadFile& one : cases) {
    const std::string error = ErrorOfFile(one.text);
    EXPECT_THAT(error, HasSubstr(directory_ / "assentd.toml")) << one.text;
    EXPECT_THAT(error, HasSubstr(one.where)) << one.text;
    EXPECT_THAT(error, HasSubstr(one.what)) << one.text;
  }
}

struct BadLine {
  std::vector<std::string> arguments;
  const char* what;
};

TEST_F(ConfigurationTest, RefusesABadCommandLine) {
  const BadLine cases[] = {
      {{"--lissten=x"}, "unknown flag --lissten; the nearest known one is --listen"},
      {{"serve"}, "assentd takes flags only, not \"serve\""},
      {{"--listen"}, "--listen"},
      {{"--limits-max-branches=many"}, "flag --limits-max-branches: limits.max_branches: \"many\""},
      {{"--health=maybe"},
       "flag --health: health: \"maybe\" will not do; it must be true or false"},
      {{"--data-directory="}, "data_directory"},
      {{"--config", "/nonexistent/file"}, "/nonexistent/file: cannot be read (No such file"},
      {{"--config", "/"}, "/: cannot be read"},
  };
  for (const BadLine& one : cases) {
    const ConfigurationResult result = Load(one.arguments);
    EXPECT_EQ(result.action, Action::kError) << one.what;
    EXPECT_THAT(result.text, HasSubstr(one.what));
  }
}

TEST_F(ConfigurationTest, RefusesABadVariable) {
  variables_ = {{"ASSENT_LISTEN", "here"}};
  EXPECT_THAT(Load({}).text, HasSubstr("environment ASSENT_LISTEN: listen: \"here\" will not do"));
  variables_ = {{"ASSENT_CREATE_LOG", "true"}};
  EXPECT_THAT(Load({}).text, HasSubstr("give --create-log on the command line instead"));
}

TEST_F(ConfigurationTest, RefusesOptionsThatContradictEachOtherNamingBothOrigins) {
  variables_ = {{"ASSENT_LIMITS_MAX_RETRY", "1s"}};
  const ConfigurationResult result = Load({"--limits-first-retry=5s"});
  EXPECT_THAT(result.text,
              HasSubstr("limits.first_retry (flag --limits-first-retry: 5s) is above "
                        "limits.max_retry (environment ASSENT_LIMITS_MAX_RETRY: 1s); lower"));
  variables_.clear();
  EXPECT_THAT(Load({"--frames-max-bytes=640KiB"}).text, HasSubstr("is above half of frames"));
}

// A limit above what the parser takes would promise what is refused all the same.
TEST_F(ConfigurationTest, CapsFramesAndPayloadsAtWhatTheParserTakes) {
  EXPECT_EQ(FindOption("frames.max_bytes")->max, kMaxFrameBytes);
  EXPECT_EQ(FindOption("limits.max_payload_bytes")->max, kMaxFrameBytes / 2);
  EXPECT_EQ(FindOption("limits.max_transaction_payload_bytes")->max, kMaxFrameBytes / 2);
  EXPECT_THAT(
      Load({"--frames-max-bytes=1025KiB", "--frames-max-pending-bytes=4MiB"}).text,
      HasSubstr("frames.max_bytes: \"1025KiB\" will not do; it must be a size from 640KiB to "
                "1MiB"));
  for (const char* option : {"limits.max_payload_bytes", "limits.max_transaction_payload_bytes"}) {
    const ConfigurationResult result = Load({FlagOf(*FindOption(option)) + "=513KiB"});
    EXPECT_EQ(result.action, Action::kError) << option;
    EXPECT_THAT(result.text,
                HasSubstr("\"513KiB\" will not do; it must be a size from 0B to 512KiB"));
  }
}

TEST_F(ConfigurationTest, HasNoOptionThatNobodyReads) {
  EXPECT_THAT(Load({"--frames-max-messages=5"}).text, HasSubstr("unknown flag"));
}

TEST_F(ConfigurationTest, ListensBeyondThisMachineOnlyWhenToldThatItIsInsecure) {
  for (const char* address :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "[fe80::1]:1"}) {
    const std::string flag = std::string("--listen=") + address;
    EXPECT_THAT(Load({flag}).text, HasSubstr("accept that with --insecure")) << address;
    EXPECT_EQ(Load({flag, "--insecure"}).action, Action::kServe) << address;
    EXPECT_EQ(Load({flag, "--allow-insecure"}).action, Action::kServe) << address;
    const std::string file = File("allow_insecure = true");
    EXPECT_EQ(Load({flag, "--config", file}).action, Action::kServe) << address;
  }
  for (const char* address : {"127.0.0.1:0", "127.1.2.3:1", "[::1]:1", "localhost:1", "unix:/a"}) {
    EXPECT_EQ(Load({std::string("--listen=") + address}).action, Action::kServe) << address;
  }
}

TEST_F(ConfigurationTest, PrintsHelpAndVersion) {
  EXPECT_THAT(Load({"--help"}).text, HasSubstr("--limits-max-branches"));
  EXPECT_THAT(Load({"--version"}).text, HasSubstr("assentd "));
  EXPECT_EQ(Load({"--help"}).action, Action::kPrint);
}

TEST(ConfigurationValues, ReadsAndWritesDurationsAndSizes) {
  EXPECT_EQ(ParseDuration("1500us"), 1500u);
  EXPECT_EQ(ParseDuration("500ms"), 500'000u);
  EXPECT_EQ(ParseDuration("2h"), 7'200'000'000u);
  EXPECT_EQ(ParseSize("64KiB"), 65536u);
  EXPECT_EQ(ParseSize("3B"), 3u);
  for (const char* bad : {"", "5", "s", "-5s", "1.5s", "5 s", "5S", "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(FormatDuration(90'000'000), "90s");
  EXPECT_EQ(FormatDuration(3'600'000'000), "1h");
  EXPECT_EQ(FormatDuration(0), "0us");
  EXPECT_EQ(FormatSize(1 << 20), "1MiB");
  EXPECT_EQ(FormatSize(1025), "1025B");
}

TEST(ConfigurationValues, ReadsAddressesOfEveryKindAndNoOthers) {
  EXPECT_EQ(ParseAddress("[2001:db8::1]:443")->host, "2001:db8::1");
  EXPECT_EQ(ParseAddress("host-1.example:443")->port, 443);
  EXPECT_TRUE(ParseAddress("unix:/run/a.sock")->is_unix);
  for (const char* bad : {"", ":1", "h", "h:", "h:x", "h:65536", "::1:1", "[::1]", "[h]:1", "1.2:1",
                          "999.1.1.1:1", "h h:1", "unix:", "[]:1"}) {
    EXPECT_FALSE(ParseAddress(bad)) << bad;
  }
}

// The committed page holds the tables as the options have them.
// To write it anew: ASSENT_WRITE_DOCS=1 <this program>.
TEST(ConfigurationReference, IsWhatThePageShows) {
  constexpr const char* kBegin = "<!-- options: made from coordinator/option_table.cc -->\n";
  constexpr const char* kEnd = "<!-- end of options -->\n";
  const std::string name = ASSENT_SOURCE_DIR "/docs/configuration.md";
  std::ifstream in(name);
  std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos) << name;
  ASSERT_NE(end, std::string::npos) << name;
  std::string wanted = page;
  wanted.replace(begin, end - begin, kBegin + ConfigurationReference());
  if (std::getenv("ASSENT_WRITE_DOCS") != nullptr) std::ofstream(name) << (page = wanted);
  EXPECT_EQ(page, wanted) << "run this program with ASSENT_WRITE_DOCS=1 to write the page anew";
}

}  // namespace
}  // namespace assent
