#include "tools/bench/meter.h"

#include <algorithm>
#include <cstdint>

namespace assent::bench {
namespace {

double SecondsOf(Duration duration) { return static_cast<double>(duration.micros) / 1e6; }

double Difference(std::uint64_t before, std::uint64_t after) {
  return static_cast<double>(after) - static_cast<double>(before);
}

}  // namespace

Reading::Reading(Rig* rig) : done_(rig->Done()), machine_(MachineCpu()) {
  for (const Part& part : rig->Parts()) {
    const ProcessUsage usage = UsageOf(part.pid);
    Role& role = roles_[part.role];
    role.cpu = role.cpu + usage.cpu;
    role.written_bytes += usage.written_bytes;
    role.peak_memory_kib = std::max(role.peak_memory_kib, usage.peak_memory_kib);
    role.switches += usage.switches;
  }
}

void AddLoad(const LoadResult& result, Figures* figures) {
  const Latencies& latencies = result.latencies;
  figures->Set("transactions_per_second",
               static_cast<double>(result.committed) / SecondsOf(result.length));
  figures->Set("p50_us", latencies.Percentile(0.5));
  figures->Set("p90_us", latencies.Percentile(0.9));
  figures->Set("p99_us", latencies.Percentile(0.99));
  figures->Set("p999_us", latencies.Percentile(0.999));
  figures->Set("max_us", latencies.max());
  figures->Set("committed", static_cast<double>(result.committed));
  figures->Set("aborted", static_cast<double>(result.aborted));
  figures->Set("unknown", static_cast<double>(result.unknown));
  figures->Set("refused", static_cast<double>(result.refused));
}

void AddCosts(const Reading& before, const Reading& after, const LoadResult& result,
              Figures* figures) {
  const std::uint64_t ended =
      result.committed > 0 ? result.committed : result.aborted + result.unknown + result.refused;
  const auto per = [ended](double amount) {
    return amount / static_cast<double>(std::max<std::uint64_t>(ended, 1));
  };
  double cpu_us = 0;
  for (const char* role : {"coordinator", "participants", "initiator"}) {
    figures->Set(std::string(role) + "_cpu_us", 0);
  }
  for (const auto& [role, now] : after.roles_) {
    const Reading::Role& then = before.roles_.at(role);
    const auto micros = static_cast<double>((now.cpu - then.cpu).micros);
    cpu_us += micros;
    figures->Set(role + "_cpu_us", per(micros));
    figures->Set(role + "_file_bytes", per(Difference(then.written_bytes, now.written_bytes)));
    figures->Set(role + "_switches", per(Difference(then.switches, now.switches)));
    figures->Set(role + "_peak_kib", static_cast<double>(now.peak_memory_kib));
  }
  figures->Set("cpu_us_per_transaction", per(cpu_us));
  const WorkDone& then = before.done_;
  const WorkDone& now = after.done_;
  figures->Set("syncs_per_transaction", per(Difference(then.syncs, now.syncs)));
  figures->Set("frames_per_transaction", per(Difference(then.frames, now.frames)));
  figures->Set("bytes_per_transaction", per(Difference(then.bytes, now.bytes)));
  figures->Set("log_bytes_per_transaction", per(Difference(then.log_bytes, now.log_bytes)));
  const double foreign = static_cast<double>((after.machine_ - before.machine_).micros) - cpu_us;
  figures->Set("foreign_cpus", std::max(foreign, 0.0) / 1e6 / SecondsOf(result.length));
}

}  // namespace assent::bench
