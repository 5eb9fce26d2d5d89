// What assent-sim prints, for people and as JSON, one object per line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulations/run.h"

namespace assent::simulation {

struct OutcomeCountName {
  const char* name;
  std::int64_t OutcomeCounts::*count;
};
const std::vector<OutcomeCountName>& OutcomeCountNames();

struct NetworkCountName {
  const char* name;
  std::uint64_t NetworkCounts::*count;
};
const std::vector<NetworkCountName>& NetworkCountNames();

// `text` as one word of a shell's command.
std::string ShellWord(std::string_view text);
// " --set 'NAME = NUMBER'" for each.
std::string SettingArguments(const Settings& settings);
// The part of a command that says what befalls the worlds.
std::string WorldArguments(const RunOptions& options);
// The command that runs this world again.
std::string ReplayCommand(const RunOptions& options, std::uint64_t seed);

void PrintFailure(const RunOptions& options, const WorldReport& report);
struct RunTimes {
  double wall_seconds = 0;
  double cpu_seconds = 0;
};
// "1280 of 20000 worlds, 131/s, 0 failed, 2:23 left [##        ]": after `seconds`.
std::string ProgressLine(const Totals& totals, std::uint64_t seeds, double seconds);
void PrintSummary(const RunOptions& options, const Totals& totals, const RunTimes& times);
// Of a replayed world; its exit code.
int PrintResult(const WorldResult& result);

// In quotes.
std::string JsonString(std::string_view text);

}  // namespace assent::simulation
