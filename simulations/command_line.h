// What stands behind `assent-sim run`, `replay` and `shrink`. Whatever is not understood is
// refused: a run of other worlds than those that were meant would be worse than none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/event_log.h"
#include "simulations/run.h"

namespace assent::simulation {

enum class Command : std::uint8_t { kRun = 1, kReplay = 2, kShrink = 4 };  // bits

struct CommandLine {
  RunOptions options;
  LogLevel log = LogLevel::kShort;
  bool help = false;
  std::vector<std::string> subjects;  // of replay and shrink: one SEED or FILE
};

extern const char kUsage[];

std::optional<Command> CommandNamed(std::string_view name);

// `words` are those after the command. Empty, or what is wrong and what to do.
std::string Parse(Command command, const std::vector<std::string>& words, CommandLine* line);

// The world that the SEED or FILE of replay and shrink means. Empty, or what is wrong.
std::string ReadSubject(const CommandLine& line, Profile* profile);

// The command that replays it.
std::string CommandOf(const CommandLine& line);

}  // namespace assent::simulation
