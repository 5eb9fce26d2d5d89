// Numbers of worlds that a user sets: what is understood, what is refused, and how it is told.
#include "simulations/settings.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "simulations/print.h"

namespace assent::simulation {
namespace {

std::string WrongIn(const std::string& text) { return Settings().Read(text); }

TEST(Settings, ReadWhatAProfileWritesItsSeedIncluded) {
  for (const std::uint64_t seed : {0, 99}) {
    const Profile drawn = DrawProfile("swarm", seed).value();
    const std::string text = ToText(drawn, /*only_changed=*/true);
    Settings settings;
    EXPECT_EQ(settings.Read(text), "");
    EXPECT_TRUE(settings.HasSeed()) << text;
    Profile read;
    settings.ApplyTo(&read);
    EXPECT_EQ(ToText(read, false), ToText(drawn, false));
  }
}

TEST(Settings, NameTheLineThatIsWrong) {
  EXPECT_EQ(WrongIn("# a comment\n\nunary = 2  # two\n"), "");
  EXPECT_EQ(WrongIn("unary = 1\nnobody = 2\n"),
            "line 2: nothing is called 'nobody'; see: assent-sim list");
  EXPECT_EQ(WrongIn("unary = many"), "line 1: 'many' is no number");
  EXPECT_EQ(WrongIn("unary = 1_000"), "line 1: '1_000' is no number");
  EXPECT_EQ(WrongIn("unary ="), "line 1: '' is no number");
  EXPECT_EQ(WrongIn("[unary]"), "line 1: not of the form NAME = NUMBER");
}

TEST(Settings, RefuseANameThatStandsInAFileTwice) {
  EXPECT_EQ(WrongIn("unary = 1\nwindow = 2\nunary = 1\n"), "line 3: unary stands there twice");
}

TEST(Settings, TakeNothingOfAFileThatIsWrong) {
  Settings settings;
  EXPECT_NE(settings.Read("unary = 1\nnobody = 2\n"), "");
  EXPECT_TRUE(settings.Lines().empty());
}

TEST(Settings, SaySoWhenANumberIsOutOfItsRange) {
  EXPECT_EQ(WrongIn("coordinators = 4"), "line 1: coordinators is from 1 to 3, not 4");
  for (const Knob& knob : Knobs()) {
    const std::string name = knob.name;
    EXPECT_EQ(WrongIn(name + " = " + std::to_string(knob.least)), "");
    EXPECT_EQ(WrongIn(name + " = " + std::to_string(knob.most)), "");
    const std::string range =
        " is from " + std::to_string(knob.least) + " to " + std::to_string(knob.most);
    EXPECT_NE(WrongIn(name + " = " + std::to_string(knob.least - 1)).find(name + range),
              std::string::npos);
    EXPECT_NE(WrongIn(name + " = 9223372036854775808").find(name + range), std::string::npos);
  }
}

TEST(Settings, HaveRangesThatHoldTheDefaultsAndWhatScenariosDraw) {
  for (const Scenario& scenario : Scenarios()) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      EXPECT_EQ(WrongIn(ToText(DrawProfile(scenario.name, seed).value(), false)), "")
          << scenario.name << " " << seed;
    }
  }
  EXPECT_EQ(WrongIn(ToText(Profile(), false)), "");
}

TEST(Settings, TakeTheLastOfSeveralSources) {
  Settings settings;
  EXPECT_EQ(settings.Read("unary = 1\nwindow = 2\n"), "");
  EXPECT_EQ(settings.Set("unary=3"), "");
  EXPECT_EQ(settings.Lines(), (std::vector<std::string>{"unary = 3", "window = 2"}));
  EXPECT_FALSE(settings.HasSeed());
}

// ---------------------------------------------------------------------------------------------

TEST(ReplayCommand, HasNothingOfAFilesComments) {
  RunOptions options;
  ASSERT_EQ(options.settings.Read("unary = 1  # it's \"one\"\n# '; rm\n"), "");
  EXPECT_EQ(ReplayCommand(options, 7), "assent-sim replay 7 --scenario swarm --set 'unary = 1'");
}

TEST(ReplayCommand, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(ShellWord("a/b-1.toml"), "a/b-1.toml");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace assent::simulation
