// assent-bench: how fast transactions are on this machine. docs/performance.md says what the
// figures mean.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/bench_load.h"
#include "tools/bench_processes.h"

namespace assent::bench {
namespace {

struct RunOptions {
  std::vector<int> concurrencies = {1, 16, 128, 1024};
  int seconds = 5;
  int runs = 3;
  bool json = false;
};

void Print(int concurrency, const LoadResult& result, bool json) {
  if (json) {
    std::printf(
        "{\"scenario\":\"pair\",\"concurrency\":%d,\"transactions_per_second\":%.0f,"
        "\"p50_us\":%.0f,\"p99_us\":%.0f,\"cpu_us_per_transaction\":%.2f,"
        "\"coordinator_cpu_us\":%.2f,\"participants_cpu_us\":%.2f,\"initiator_cpu_us\":%.2f,"
        "\"foreign_cpus\":%.2f,\"committed\":%llu,\"other\":%llu}\n",
        concurrency, result.transactions_per_second, result.p50_us, result.p99_us, result.cpu_us(),
        result.coordinator_cpu_us, result.participants_cpu_us, result.initiator_cpu_us,
        result.foreign_cpus, static_cast<unsigned long long>(result.committed),
        static_cast<unsigned long long>(result.other));
  } else {
    std::printf("%9d %12.0f %9.0f %9.0f %9.2f %9.2f %9.2f %9.2f %8.2f %7llu\n", concurrency,
                result.transactions_per_second, result.p50_us, result.p99_us, result.cpu_us(),
                result.coordinator_cpu_us, result.participants_cpu_us, result.initiator_cpu_us,
                result.foreign_cpus, static_cast<unsigned long long>(result.other));
  }
  std::fflush(stdout);
}

// The run with the median rate.
LoadResult Median(std::vector<LoadResult> results) {
  std::sort(results.begin(), results.end(), [](const LoadResult& a, const LoadResult& b) {
    return a.transactions_per_second < b.transactions_per_second;
  });
  return results[results.size() / 2];
}

int RunPair(const RunOptions& options) {
  if (!options.json) {
    std::printf("%9s %12s %9s %9s %9s %9s %9s %9s %8s %7s\n", "in flight", "transact./s", "p50 us",
                "p99 us", "cpu us", "coordin.", "particip.", "initiat.", "foreign", "other");
  }
  for (const int concurrency : options.concurrencies) {
    Cluster cluster;
    LoadOptions load;
    load.concurrency = concurrency;
    load.length = Duration::Seconds(options.seconds);
    const std::string error = cluster.Start(load.participants);
    if (!error.empty()) {
      std::fprintf(stderr, "assent-bench: %s\n", error.c_str());
      return 1;
    }
    std::vector<LoadResult> results;
    for (int i = 0; i < options.runs; ++i) results.push_back(RunLoad(cluster, load));
    Print(concurrency, Median(results), options.json);
  }
  return 0;
}

}  // namespace

int Main(int argc, char** argv) {
  CLI::App app(
      "Measures transactions on this machine: all processes here, real syncs, medians of runs.");
  app.require_subcommand(1);
  RunOptions options;
  std::string scenario = "pair";
  CLI::App* run = app.add_subcommand(
      "run", "One scenario: pair = two participants with synced votes, by payload");
  run->add_option("--scenario", scenario, "pair")->check(CLI::IsMember({"pair"}));
  run->add_option("--concurrency", options.concurrencies, "Transactions in flight, one or more")
      ->check(CLI::Range(1, 100'000))
      ->delimiter(',');
  run->add_option("--seconds", options.seconds, "Length of a run")->check(CLI::Range(1, 3600));
  run->add_option("--runs", options.runs, "Runs; the median is printed")->check(CLI::Range(1, 100));
  run->add_flag("--json", options.json, "One object per line");
  std::string name;
  std::string directory;
  std::string coordinator;
  CLI::App* participant = app.add_subcommand("participant", "Used by run: one participant");
  participant->add_option("name", name)->required();
  participant->add_option("directory", directory)->required();
  participant->add_option("coordinator", coordinator)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (participant->parsed()) return RunParticipant(name, directory, coordinator);
  return RunPair(options);
}

}  // namespace assent::bench

int main(int argc, char** argv) { return assent::bench::Main(argc, argv); }
