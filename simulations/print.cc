#include "simulations/print.h"

#include <algorithm>
#include <cstdio>

#include "simulations/report/build_id.h"

namespace assent::simulation {
namespace {

const char* NameOf(ExitCode code) {
  switch (code) {
    case kExitHeld:
      return "held";
    case kExitViolated:
      return "violated";
    case kExitUnfinished:
      return "unfinished";
    case kExitNotDeterministic:
      return "not deterministic";
    case kExitUsage:
    case kExitSignal:
      break;  // of a run, never of a world
  }
  return "";
}

// One line for each: how often it happened, and in how many worlds.
template <class Names, class Counts>
std::string CountsText(const Names& names, const Counts& counts, const Counts& worlds_with) {
  std::string text;
  for (const auto& name : names) {
    char line[128];
    std::snprintf(line, sizeof line, "  %-20s %12lld in %lld worlds\n", name.name,
                  static_cast<long long>(counts.*name.count),
                  static_cast<long long>(worlds_with.*name.count));
    text += line;
  }
  return text;
}

// Members of an object, each with a comma before it but the first.
template <class Names, class Counts>
std::string CountsJson(const Names& names, const Counts& counts) {
  std::string json;
  for (const auto& name : names) {
    json += (json.empty() ? "" : ",") + JsonString(name.name) + ":" +
            std::to_string(counts.*name.count);
  }
  return json;
}

std::string Padded(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

void PrintTable(const ReportTable& table) {
  std::printf("%s\n%26s", table.title.c_str(), "");
  for (const std::string& column : table.columns) std::printf(" %s", Padded(column, 10).c_str());
  std::printf("\n");
  const std::vector<std::string> gaps = GapsIn(table);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    std::printf("  %-24s", table.rows[row].c_str());
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      const std::int64_t count = table.counts[row][column];
      const std::string cell = table.rows[row] + ", " + table.columns[column];
      const bool is_gap = std::find(gaps.begin(), gaps.end(), cell) != gaps.end();
      const std::string text = count > 0 ? std::to_string(count) : is_gap ? "EMPTY" : "-";
      std::printf(" %s", Padded(text, 10).c_str());
    }
    std::printf("\n");
  }
}

std::string JsonOf(const ReportTable& table) {
  std::string json = JsonString(table.title) + ":{";
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    json += (row == 0 ? "" : ",") + JsonString(table.rows[row]) + ":{";
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      json += (column == 0 ? "" : ",") + JsonString(table.columns[column]) + ":" +
              std::to_string(table.counts[row][column]);
    }
    json += "}";
  }
  return json + "}";
}

// The cells of all tables, and the names of those that are empty without a reason.
std::string JsonOf(const CrashCoverage& coverage) {
  std::string tables;
  std::string gaps;
  for (const ReportTable& table : coverage.Tables()) {
    tables += (tables.empty() ? "" : ",") + JsonOf(table);
    for (const std::string& gap : GapsIn(table)) {
      gaps += (gaps.empty() ? "" : ",") + JsonString(table.title + ": " + gap);
    }
  }
  return "{" + tables + ",\"gaps\":[" + gaps + "]}";
}

void PrintJsonSummary(const Totals& totals, const RunTimes& times) {
  std::string text = "{\"worlds\":" + std::to_string(totals.worlds) +
                     ",\"passed\":" + std::to_string(totals.passed) +
                     ",\"failed\":" + std::to_string(totals.failed) + "," +
                     CountsJson(OutcomeCountNames(), totals.outcomes);
  char seconds[128];
  std::snprintf(seconds, sizeof seconds,
                ",\"virtual_seconds\":%.3f,\"wall_seconds\":%.2f,\"cpu_seconds\":%.2f,"
                "\"digest\":\"%016llx\"",
                static_cast<double>(totals.virtual_micros) / 1e6, times.wall_seconds,
                times.cpu_seconds, static_cast<unsigned long long>(totals.digest));
  text += seconds;
  text += "," + CountsJson(FaultCountNames(), totals.faults);
  text += "," + CountsJson(NetworkCountNames(), totals.network);
  text += ",\"worlds_with\":{" + CountsJson(FaultCountNames(), totals.worlds_with) + "," +
          CountsJson(NetworkCountNames(), totals.worlds_with_network) + "}";
  std::printf("%s,\"coverage\":%s}\n", text.c_str(), JsonOf(totals.coverage).c_str());
}

}  // namespace

std::string ShellWord(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:+-@%,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string SettingArguments(const Settings& settings) {
  std::string arguments;
  for (const std::string& line : settings.Lines()) arguments += " --set " + ShellWord(line);
  return arguments;
}

std::string WorldArguments(const RunOptions& options) {
  return " --scenario " + ShellWord(options.scenario) + SettingArguments(options.settings);
}

std::string ReplayCommand(const RunOptions& options, std::uint64_t seed) {
  return "assent-sim replay " + std::to_string(seed) + WorldArguments(options);
}

const std::vector<OutcomeCountName>& OutcomeCountNames() {
  static const std::vector<OutcomeCountName> names = {
      {"transactions", &OutcomeCounts::transactions}, {"committed", &OutcomeCounts::committed},
      {"aborted", &OutcomeCounts::aborted},           {"unknown", &OutcomeCounts::unknown},
      {"expired", &OutcomeCounts::expired},           {"refused", &OutcomeCounts::refused}};
  return names;
}

const std::vector<NetworkCountName>& NetworkCountNames() {
  static const std::vector<NetworkCountName> names = {
      {"frames", &NetworkCounts::frames},       {"calls", &NetworkCounts::calls},
      {"lost", &NetworkCounts::lost},           {"duplicated", &NetworkCounts::duplicated},
      {"resets", &NetworkCounts::resets},       {"misdirected", &NetworkCounts::misdirected},
      {"held_back", &NetworkCounts::held_back}, {"keepalives", &NetworkCounts::keepalives}};
  return names;
}

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      json += escape;
    } else {
      json += c;
    }
  }
  return json + "\"";
}

void PrintFailure(const RunOptions& options, const WorldReport& report) {
  const std::string command = ReplayCommand(options, report.seed);
  if (options.json) {
    std::printf(
        "{\"seed\":%llu,\"verdict\":%s,\"promise\":%s,\"text\":%s,\"build\":%s,"
        "\"replay\":%s}\n",
        static_cast<unsigned long long>(report.seed), JsonString(NameOf(report.exit_code)).c_str(),
        JsonString(report.promise).c_str(), JsonString(report.text).c_str(),
        JsonString(BuildId()).c_str(), JsonString(command).c_str());
  } else {
    std::printf("seed %llu: %s: %s: %s\n  build: %s\n  replay: %s --log short\n",
                static_cast<unsigned long long>(report.seed), NameOf(report.exit_code),
                report.promise.c_str(), report.text.c_str(), BuildId().c_str(), command.c_str());
  }
  std::fflush(stdout);
}

std::string ProgressLine(const Totals& totals, std::uint64_t seeds, double seconds) {
  constexpr std::size_t kWidth = 20;
  const auto done = static_cast<double>(totals.worlds);
  const auto all = static_cast<double>(std::max<std::uint64_t>(seeds, 1));
  const double rate = done / std::max(seconds, 0.001);
  const auto left = static_cast<long long>((all - done) / std::max(rate, 0.001));
  std::string bar(static_cast<std::size_t>(kWidth * std::min(done / all, 1.0)), '#');
  bar.resize(kWidth, ' ');
  char line[160];
  std::snprintf(line, sizeof line,
                "%.0f of %.0f worlds, %.0f/s, %lld failed, %lld:%02lld left [%s]", done, all, rate,
                static_cast<long long>(totals.failed), left / 60, left % 60, bar.c_str());
  return line;
}

void PrintSummary(const RunOptions& options, const Totals& totals, const RunTimes& times) {
  if (options.json) return PrintJsonSummary(totals, times);
  std::printf("%lld worlds, %lld passed, %lld failed\n", static_cast<long long>(totals.worlds),
              static_cast<long long>(totals.passed), static_cast<long long>(totals.failed));
  for (const OutcomeCountName& name : OutcomeCountNames()) {
    std::printf("  %s %lld", name.name, static_cast<long long>(totals.outcomes.*name.count));
  }
  std::printf("\n%s%s", CountsText(FaultCountNames(), totals.faults, totals.worlds_with).c_str(),
              CountsText(NetworkCountNames(), totals.network, totals.worlds_with_network).c_str());
  std::printf(
      "  %.0f virtual seconds in %.1f s, %.1f s of processors: %.0f transactions a second "
      "of them; digest %016llx\n",
      static_cast<double>(totals.virtual_micros) / 1e6, times.wall_seconds, times.cpu_seconds,
      static_cast<double>(totals.outcomes.transactions) / std::max(times.cpu_seconds, 0.01),
      static_cast<unsigned long long>(totals.digest));
  if (!options.coverage) return;
  for (const ReportTable& table : totals.coverage.Tables()) PrintTable(table);
}

int PrintResult(const WorldResult& result) {
  if (result.violation) {
    std::printf("violated: %s: %s\n", result.violation->promise.c_str(),
                result.violation->text.c_str());
    return kExitViolated;
  }
  if (result.verdict == Verdict::kUnfinished) {
    std::printf("did not finish: %s\n", result.unfinished.c_str());
    return kExitUnfinished;
  }
  std::printf("held; %lld transactions, %lld committed, %lld aborted; digest %016llx\n",
              static_cast<long long>(result.outcomes.transactions),
              static_cast<long long>(result.outcomes.committed),
              static_cast<long long>(result.outcomes.aborted),
              static_cast<unsigned long long>(result.digest));
  return kExitHeld;
}

}  // namespace assent::simulation
