#include "tools/bench_load.h"

#include <algorithm>
#include <utility>

#include "client/client.h"
#include "participant/key_value_store_operations.h"
#include "runtime/clock.h"
#include "runtime/mutex.h"

namespace assent::bench {
namespace {

// What has been answered, from the client's thread to the one that drives.
class Completions {
 public:
  struct Done {
    int slot = 0;
    bool committed = false;
    Time at;
  };

  void Add(const Done& done) {
    MutexLock lock(&mutex_);
    if (waiting_.empty()) arrived_.NotifyOne();
    waiting_.push_back(done);
  }

  // Blocks until there is something.
  void Take(std::vector<Done>* done) {
    done->clear();
    MutexLock lock(&mutex_);
    while (waiting_.empty()) arrived_.Wait(&mutex_);
    waiting_.swap(*done);
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<Done> waiting_ ASSENT_GUARDED_BY(mutex_);
};

struct CpuTimes {
  explicit CpuTimes(const Cluster& cluster)
      : coordinator(cluster.CoordinatorCpu()),
        participants(cluster.ParticipantsCpu()),
        initiator(OwnCpu()),
        machine(MachineCpu()) {}

  Duration coordinator;
  Duration participants;
  Duration initiator;
  Duration machine;
};

class Driver {
 public:
  Driver(const Cluster& cluster, const LoadOptions& options)
      : cluster_(cluster),
        options_(options),
        began_(static_cast<std::size_t>(options.concurrency)),
        client_(ClientOptionsOf(cluster)) {
    for (int i = 1; i <= options.participants; ++i) names_.push_back("p" + std::to_string(i));
  }

  LoadResult Run() {
    for (int slot = 0; slot < options_.concurrency; ++slot) Start(slot);
    Drive(MonotonicNow() + options_.warm_up, true);
    latencies_.clear();
    result_ = LoadResult();
    const CpuTimes before(cluster_);
    const Time start = MonotonicNow();
    Drive(start + options_.length, true);
    const Time end = MonotonicNow();
    const CpuTimes after(cluster_);
    Drive(Time::Never(), false);
    Summarize(end - start, before, after);
    return result_;
  }

 private:
  static ClientOptions ClientOptionsOf(const Cluster& cluster) {
    ClientOptions options;
    options.coordinator = cluster.address();
    options.ids_per_block = 100'000;
    return options;
  }

  void Start(int slot) {
    began_[static_cast<std::size_t>(slot)] = MonotonicNow();
    ++under_way_;
    Transaction transaction = client_.Begin();
    const std::string payload =
        Operations().Put("slot-" + std::to_string(slot), transaction.id()).Encode();
    for (const std::string& name : names_) transaction.Add(name, payload);
    transaction.CommitAsync([this, slot](CommitReport report) {
      completions_.Add({slot, report.outcome == Outcome::kCommitted, MonotonicNow()});
    });
  }

  // Until `end`, or until nothing is under way; `refill` starts a new transaction for each that
  // ended.
  void Drive(Time end, bool refill) {
    std::vector<Completions::Done> done;
    while (under_way_ > 0 && MonotonicNow() < end) {
      completions_.Take(&done);
      for (const Completions::Done& one : done) {
        --under_way_;
        if (refill) Count(one);
        if (refill) Start(one.slot);
      }
    }
  }

  void Count(const Completions::Done& done) {
    ++(done.committed ? result_.committed : result_.other);
    latencies_.push_back((done.at - began_[static_cast<std::size_t>(done.slot)]).micros);
  }

  double Percentile(double part) {
    if (latencies_.empty()) return 0;
    const auto index = static_cast<std::ptrdiff_t>(part * static_cast<double>(latencies_.size()));
    const auto nth = latencies_.begin() + std::min(index, std::ssize(latencies_) - 1);
    std::nth_element(latencies_.begin(), nth, latencies_.end());
    return static_cast<double>(*nth);
  }

  void Summarize(Duration length, const CpuTimes& before, const CpuTimes& after) {
    const double committed = static_cast<double>(std::max<std::uint64_t>(result_.committed, 1));
    const auto per = [committed](Duration time) {
      return static_cast<double>(time.micros) / committed;
    };
    const double seconds = static_cast<double>(length.micros) / 1e6;
    result_.transactions_per_second = static_cast<double>(result_.committed) / seconds;
    result_.p50_us = Percentile(0.5);
    result_.p99_us = Percentile(0.99);
    const Duration coordinator = after.coordinator - before.coordinator;
    const Duration participants = after.participants - before.participants;
    const Duration initiator = after.initiator - before.initiator;
    result_.coordinator_cpu_us = per(coordinator);
    result_.participants_cpu_us = per(participants);
    result_.initiator_cpu_us = per(initiator);
    const Duration foreign =
        after.machine - before.machine - (coordinator + participants + initiator);
    result_.foreign_cpus = static_cast<double>(foreign.micros) / 1e6 / seconds;
  }

  const Cluster& cluster_;
  const LoadOptions options_;
  std::vector<std::string> names_;
  Completions completions_;
  std::vector<Time> began_;
  std::vector<std::int64_t> latencies_;  // µs
  int under_way_ = 0;
  LoadResult result_;
  Client client_;  // last: its callbacks use the rest
};

}  // namespace

LoadResult RunLoad(const Cluster& cluster, const LoadOptions& options) {
  return Driver(cluster, options).Run();
}

}  // namespace assent::bench
