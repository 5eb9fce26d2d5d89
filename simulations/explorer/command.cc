// The subcommand `explore`.
#include <charconv>
#include <ostream>

#include "core/mutants.h"
#include "simulations/explorer/explorer.h"
#ifdef ASSENT_WITH_MUTANTS
#include "simulations/mutants/catalogue.h"
#endif

namespace assent::explorer {
namespace {

constexpr int kHeld = 0;
constexpr int kViolated = 1;
constexpr int kNotComplete = 2;
constexpr int kUsage = 64;

struct Options {
  std::vector<Bounds> sets;
  std::uint64_t max_states = 0;  // 0: that of the set
  bool help = false;
  bool list = false;
  bool json = false;
  bool coverage = true;
  std::string mutant;  // of the mutants' build
};

constexpr char kUsageText[] =
    "usage: explore [SET ...] [--list] [--json] [--no-coverage] [--max-states N]\n"
    "Without a SET all are explored; --list tells their names.\n";

int Usage(const std::string& what, std::ostream* out) {
  *out << "explore: " << what << "\n" << kUsageText;
  return kUsage;
}

bool ParseNumber(const std::string& text, std::uint64_t* number) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), *number);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() && *number > 0;
}

// In the mutants' build only: in every other one no bug can be switched on.
bool KnowsMutant(const std::string& name) {
#ifdef ASSENT_WITH_MUTANTS
  return mutants::FindMutant(name) != nullptr;
#else
  static_cast<void>(name);
  return false;
#endif
}

void Activate(const std::string& mutant) {
#ifdef ASSENT_WITH_MUTANTS
  ActivateMutant(mutant);
#endif
  static_cast<void>(mutant);
}

// Empty, or what is wrong.
std::string Parse(const std::vector<std::string>& args, Options* options) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--help" || arg == "-h") {
      options->help = true;
    } else if (arg == "--list") {
      options->list = true;
    } else if (arg == "--json") {
      options->json = true;
    } else if (arg == "--no-coverage") {
      options->coverage = false;
    } else if (arg == "--max-states") {
      if (++i == args.size() || !ParseNumber(args[i], &options->max_states)) {
        return "--max-states takes a number of states";
      }
    } else if (arg == "--mutant") {
      if (++i == args.size() || !KnowsMutant(args[i])) {
        return "--mutant takes the name of a known bug, in the mutants' build";
      }
      options->mutant = args[i];
    } else if (const Bounds* bounds = FindBounds(arg)) {
      options->sets.push_back(*bounds);
    } else {
      return "no set of bounds, and no option: " + arg;
    }
  }
  if (options->sets.empty()) options->sets = KnownBounds();
  return "";
}

void PrintJson(const Report& report, std::ostream* out) {
  *out << "{\"set\":\"" << report.name << "\",\"states\":" << report.states
       << ",\"transitions\":" << report.transitions << ",\"depth\":" << report.depth
       << ",\"core_steps\":" << report.core_steps << ",\"quiet_states\":" << report.quiet_states
       << ",\"committed\":" << report.committed << ",\"aborted\":" << report.aborted
       << ",\"complete\":" << (report.complete ? "true" : "false")
       << ",\"held\":" << (report.held ? "true" : "false") << "}\n";
}

}  // namespace

int RunExplore(const std::vector<std::string>& args, std::ostream* out) {
  Options options;
  const std::string wrong = Parse(args, &options);
  if (!wrong.empty()) return Usage(wrong, out);
  if (options.help) {
    *out << kUsageText;
    return kHeld;
  }
  if (options.list) {
    for (const Bounds& bounds : KnownBounds()) {
      *out << bounds.name << std::string(18 - bounds.name.size(), ' ') << bounds.text << "\n";
    }
    return kHeld;
  }
  Activate(options.mutant);
  std::vector<Report> reports;
  bool complete = true;
  for (Bounds bounds : options.sets) {
    if (options.max_states != 0) bounds.max_states = options.max_states;
    Report report = Explore(bounds, out);
    if (options.json && report.held) {
      PrintJson(report, out);
    } else {
      Print(report, out);
    }
    out->flush();
    if (!report.held) return kViolated;
    complete = complete && report.complete;
    reports.push_back(std::move(report));
  }
  if (options.coverage && !options.json) PrintCoverage(reports, out);
  return complete ? kHeld : kNotComplete;
}

}  // namespace assent::explorer
