#include "simulations/command_line.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "simulations/print.h"
#include "simulations/settings.h"

namespace assent::simulation {

const char kUsage[] =
    "assent-sim run [OPTION]...          run worlds, each from a seed\n"
    "assent-sim replay SEED|FILE [...]   run one world and tell what happens in it\n"
    "assent-sim shrink SEED|FILE [...]   make a failing world smaller, print it as a file\n"
    "assent-sim explore [OPTION]...      all orders of small worlds; explore --help\n"
    "assent-sim mutants [OPTION]...      hunt known bugs; mutants --help\n"
    "assent-sim list                     the scenarios, and every number of a world\n"
    "\n"
    "run, replay and shrink:\n"
    "  --scenario NAME|FILE  what befalls the worlds (swarm); a FILE.toml holds NAME = NUMBER\n"
    "                        lines over what each seed draws\n"
    "  --set 'NAME = NUMBER' one such line\n"
    "run and replay:\n"
    "  --report FILE.html    write a page that shows the world, or the run's first that failed\n"
    "run:\n"
    "  --seeds N             how many worlds (100)\n"
    "  --start S             the first seed (1)\n"
    "  --jobs J              processes at a time (1)\n"
    "  --minutes M           begin no world after M minutes; 0.5: half a one\n"
    "  --world-seconds S     a world that takes longer does not finish (300)\n"
    "  --coverage            print which crashes came in which states\n"
    "  --json                one object per line, the summary last\n"
    "  --check-determinism   run each world twice, in two processes\n"
    "  --no-shrink           do not make the first world smaller that breaks a promise\n"
    "replay:\n"
    "  --log short|full      what is printed\n"
    "\n"
    "Ends with 0: all promises held, 1: one was broken, 2: a world did not finish,\n"
    "3: a world was not deterministic, 64: wrong usage, 128 + N: stopped by signal N.\n";

namespace {

constexpr unsigned Bit(Command command) { return static_cast<unsigned>(command); }
constexpr unsigned kRunOnly = Bit(Command::kRun);
constexpr unsigned kReports = kRunOnly | Bit(Command::kReplay);
constexpr unsigned kAllCommands = kReports | Bit(Command::kShrink);

struct CommandName {
  Command command;
  std::string_view name;
};
constexpr CommandName kCommands[] = {
    {Command::kRun, "run"}, {Command::kReplay, "replay"}, {Command::kShrink, "shrink"}};

std::string NameOf(Command command) {
  for (const CommandName& one : kCommands) {
    if (one.command == command) return std::string(one.name);
  }
  return "";
}

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

template <class Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool IsSeed(std::string_view text, std::uint64_t* seed) {
  return ReadNumber(text, seed) && *seed <= static_cast<std::uint64_t>(kMostSeed);
}

// Empty, or why there is no text of a file.
std::string ReadFile(const std::string& name, std::string* text) {
  std::error_code unknown;  // what cannot be looked at cannot be opened either
  if (std::filesystem::is_directory(name, unknown)) return name + ": is a directory, not a file";
  std::ifstream file(name, std::ios::binary);
  if (!file) return name + ": cannot be read";
  char bytes[4096];
  do {
    file.read(bytes, sizeof bytes);
    text->append(bytes, static_cast<std::size_t>(file.gcount()));
  } while (file);
  return file.bad() ? name + ": cannot be read" : "";
}

std::string ReadSettings(const std::string& file, Settings* settings) {
  std::string text;
  std::string error = ReadFile(file, &text);
  if (!error.empty()) return error;
  error = settings->Read(text);
  return error.empty() ? "" : file + ", " + error;
}

// ---------------------------------------------------------------------------------------------
// Options. Each takes its value and gives what is wrong with it, or nothing.

std::string TakeCount(const std::string& value, std::uint64_t least, std::uint64_t most,
                      std::uint64_t* count) {
  if (ReadNumber(value, count) && *count >= least && *count <= most) return "";
  return "takes a number from " + std::to_string(least) + " to " + std::to_string(most) + ", not " +
         Quoted(value);
}

std::string TakeSeeds(const std::string& value, CommandLine* line) {
  return TakeCount(value, 1, static_cast<std::uint64_t>(kMostSeed), &line->options.seeds);
}

std::string TakeStart(const std::string& value, CommandLine* line) {
  return TakeCount(value, 0, static_cast<std::uint64_t>(kMostSeed), &line->options.start);
}

std::string TakeJobs(const std::string& value, CommandLine* line) {
  std::uint64_t jobs = 0;
  std::string error = TakeCount(value, 1, 256, &jobs);
  line->options.jobs = static_cast<std::int64_t>(jobs);
  return error;
}

std::string TakeWorldSeconds(const std::string& value, CommandLine* line) {
  std::uint64_t seconds = 0;
  std::string error = TakeCount(value, 1, 86'400, &seconds);
  line->options.world_seconds = static_cast<unsigned>(seconds);
  return error;
}

std::string TakeMinutes(const std::string& value, CommandLine* line) {
  double* const minutes = &line->options.minutes;
  if (ReadNumber(value, minutes) && std::isfinite(*minutes) && *minutes > 0) return "";
  return "takes a number above 0, not " + Quoted(value);
}

std::string TakeScenario(const std::string& value, CommandLine* line) {
  if (value.ends_with(".toml")) {
    const bool had_seed = line->options.settings.HasSeed();
    std::string error = ReadSettings(value, &line->options.settings);
    if (error.empty() && !had_seed && line->options.settings.HasSeed()) {
      error = value + ": names a seed, it is one world: assent-sim replay " + ShellWord(value);
    }
    return error;
  }
  line->options.scenario = value;
  if (DrawProfile(value, 0)) return "";
  return Quoted(value) + ": there is no such scenario, see: assent-sim list; a file is FILE.toml";
}

std::string TakeSetting(const std::string& value, CommandLine* line) {
  const std::string error = line->options.settings.Set(value);
  return error.empty() ? "" : Quoted(value) + ": " + error;
}

std::string TakeReport(const std::string& value, CommandLine* line) {
  line->options.report = value;
  return value.empty() ? "takes a file" : "";
}

std::string TakeLog(const std::string& value, CommandLine* line) {
  line->log = value == "full" ? LogLevel::kFull : LogLevel::kShort;
  return value == "full" || value == "short" ? "" : "takes short or full, not " + Quoted(value);
}

struct ValueOption {
  std::string_view name;
  unsigned commands;
  std::string (*take)(const std::string& value, CommandLine* line);
};
constexpr ValueOption kValueOptions[] = {
    {"--scenario", kAllCommands, &TakeScenario}, {"--set", kAllCommands, &TakeSetting},
    {"--report", kReports, &TakeReport},         {"--seeds", kRunOnly, &TakeSeeds},
    {"--start", kRunOnly, &TakeStart},           {"--jobs", kRunOnly, &TakeJobs},
    {"--minutes", kRunOnly, &TakeMinutes},       {"--world-seconds", kRunOnly, &TakeWorldSeconds},
    {"--log", Bit(Command::kReplay), &TakeLog}};

struct Flag {
  std::string_view name;
  unsigned commands;
  void (*raise)(CommandLine* line);
};
constexpr Flag kFlags[] = {
    {"--help", kAllCommands, [](CommandLine* line) { line->help = true; }},
    {"-h", kAllCommands, [](CommandLine* line) { line->help = true; }},
    {"--coverage", kRunOnly, [](CommandLine* line) { line->options.coverage = true; }},
    {"--json", kRunOnly, [](CommandLine* line) { line->options.json = true; }},
    {"--check-determinism", kRunOnly,
     [](CommandLine* line) { line->options.check_determinism = true; }},
    {"--no-shrink", kRunOnly, [](CommandLine* line) { line->options.shrink = false; }}};

template <class Options>
auto Find(const Options& options, std::string_view name) -> decltype(&options[0]) {
  for (const auto& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

// Takes the words of one option from `*at` on.
std::string TakeOption(Command command, const std::vector<std::string>& words, std::size_t* at,
                       CommandLine* line) {
  const std::string& name = words[*at];
  const Flag* const flag = Find(kFlags, name);
  const ValueOption* const option = Find(kValueOptions, name);
  if (flag == nullptr && option == nullptr) return "no option is called " + name;
  const unsigned commands = flag != nullptr ? flag->commands : option->commands;
  if ((commands & Bit(command)) == 0) return name + " is no option of " + NameOf(command);
  if (flag != nullptr) {
    flag->raise(line);
    return "";
  }
  if (*at + 1 == words.size() || words[*at + 1].starts_with("--")) {
    return name + " takes a value, and none follows";
  }
  const std::string error = option->take(words[++*at], line);
  return error.empty() ? "" : name + " " + error;
}

// ---------------------------------------------------------------------------------------------
// What the words mean together

std::string CheckRun(const CommandLine& line) {
  if (!line.subjects.empty()) {
    return "run takes options only, not " + Quoted(line.subjects[0]) +
           "; a scenario is --scenario NAME, a number of worlds --seeds N";
  }
  const RunOptions& options = line.options;
  if (options.seeds - 1 > static_cast<std::uint64_t>(kMostSeed) - options.start) {
    return "--start and --seeds: the last seed would be above " + std::to_string(kMostSeed);
  }
  return options.settings.HasSeed() ? "--set takes no seed here: --start and --seeds do" : "";
}

std::string CheckSubject(Command command, const CommandLine& line) {
  if (line.subjects.empty()) return NameOf(command) + " takes a SEED or a FILE";
  if (line.subjects.size() == 1) return "";
  return NameOf(command) + " takes one SEED or FILE; " + Quoted(line.subjects[1]) + " is too much";
}

}  // namespace

std::optional<Command> CommandNamed(std::string_view name) {
  for (const CommandName& one : kCommands) {
    if (one.name == name) return one.command;
  }
  return std::nullopt;
}

std::string Parse(Command command, const std::vector<std::string>& words, CommandLine* line) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("-")) {
      line->subjects.push_back(words[i]);
      continue;
    }
    const std::string error = TakeOption(command, words, &i, line);
    if (!error.empty()) return error;
  }
  if (line->help) return "";
  return command == Command::kRun ? CheckRun(*line) : CheckSubject(command, *line);
}

std::string ReadSubject(const CommandLine& line, Profile* profile) {
  const std::string& subject = line.subjects[0];
  std::uint64_t seed = 0;
  if (IsSeed(subject, &seed)) return MakeProfile(line.options, seed, profile);
  std::error_code unknown;
  if (!std::filesystem::exists(subject, unknown)) {
    return Quoted(subject) + " is neither a seed, from 0 to " + std::to_string(kMostSeed) +
           ", nor a file";
  }
  Settings file;
  const std::string error = ReadSettings(subject, &file);
  if (!error.empty()) return error;
  if (!file.HasSeed()) {
    return subject + ": names no seed, it is a scenario: assent-sim run --scenario " +
           ShellWord(subject);
  }
  file.ApplyTo(profile);
  line.options.settings.ApplyTo(profile);
  return "";
}

std::string CommandOf(const CommandLine& line) {
  const std::string& subject = line.subjects[0];
  std::uint64_t seed = 0;
  if (IsSeed(subject, &seed)) return ReplayCommand(line.options, seed);
  return "assent-sim replay " + ShellWord(subject) + SettingArguments(line.options.settings);
}

}  // namespace assent::simulation
