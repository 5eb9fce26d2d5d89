// A closed loop of transactions from one initiator, and what it measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"
#include "tools/bench_processes.h"

namespace assent::bench {

struct LoadOptions {
  int concurrency = 1;   // transactions in flight
  int participants = 2;  // branches of each, by payload: one put of a key that nobody else uses
  Duration warm_up = Duration::Seconds(1);
  Duration length = Duration::Seconds(5);
};

struct LoadResult {
  std::uint64_t committed = 0;
  std::uint64_t other = 0;  // aborted or unknown: none is expected
  double transactions_per_second = 0;
  double p50_us = 0;  // from Begin to the answer, all branches acknowledged
  double p99_us = 0;
  // Time on a processor per committed transaction, µs.
  double coordinator_cpu_us = 0;
  double participants_cpu_us = 0;
  double initiator_cpu_us = 0;
  // Processors that everybody else on the machine kept busy meanwhile: above 0.15 the figures are
  // disturbed.
  double foreign_cpus = 0;

  double cpu_us() const { return coordinator_cpu_us + participants_cpu_us + initiator_cpu_us; }
};

// Blocks for warm-up and length. `cluster` is started.
LoadResult RunLoad(const Cluster& cluster, const LoadOptions& options);

}  // namespace assent::bench
