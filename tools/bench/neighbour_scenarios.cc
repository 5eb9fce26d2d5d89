#include "tools/bench/neighbour_scenarios.h"

#include <signal.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/bench/initiator.h"
#include "tools/bench/load.h"
#include "tools/bench/payload_rig.h"
#include "tools/bench/turns.h"

namespace assent::bench {
namespace {

constexpr int kParticipants = 4;     // two of the load, and its neighbour's two
constexpr std::size_t kLastOne = 3;  // the one that is slow, stopped, dead
constexpr double kUsualRate = 500;   // of the neighbour
constexpr int kNeighbourSlots = 200'000;
constexpr Duration kSlowVote = Duration::Millis(100);

// How the neighbour's second participant is.
enum class State { kAlone, kHealthy, kSlow, kStopped, kDead };

struct NamedState {
  State state;
  const char* name;
};

constexpr NamedState kStates[] = {{State::kAlone, "alone"},
                                  {State::kHealthy, "healthy"},
                                  {State::kSlow, "slow"},
                                  {State::kStopped, "stopped"},
                                  {State::kDead, "dead"}};

// `pair` by a client of its own, on two participants of a cluster that runs.
class PairOn final : public Rig {
 public:
  PairOn(Cluster* cluster, std::size_t first) : cluster_(cluster), first_(first) {}

  std::string Start(Completions* completions) override {
    initiator_ = std::make_unique<PayloadInitiator>(cluster_, completions);
    return "";
  }
  void Begin(int slot) override {
    const std::string payload = AddingPayload(slot);
    initiator_->Begin(slot, {{first_, payload, 1}, {first_ + 1, payload, 1}});
  }
  std::vector<Part> Parts() const override { return cluster_->Parts(); }
  WorkDone Done() override { return cluster_->Done(); }

  // Both have done the same; and all that was told, if all was.
  std::string Check() override {
    const std::int64_t one = cluster_->participants()->SumOf(first_);
    const std::int64_t other = cluster_->participants()->SumOf(first_ + 1);
    if (one != other) return CompareSums(one, other);
    return unknown_ > 0 ? "" : CompareSums(initiator_->expected_sum(), one + other);
  }
  void AddUnknown(std::uint64_t unknown) { unknown_ += unknown; }

 private:
  Cluster* const cluster_;
  const std::size_t first_;
  std::uint64_t unknown_ = 0;
  std::unique_ptr<PayloadInitiator> initiator_;
};

// The two loads of one concurrency, on one cluster.
class Neighbours {
 public:
  Neighbours(const Settings& settings, int concurrency)
      : settings_(settings), concurrency_(concurrency) {}

  std::string Start() {
    std::string error = cluster_.Start(kParticipants, "slow-participant");
    if (error.empty()) error = load_.Start(&load_completions_);
    return error.empty() ? neighbour_.Start(&neighbour_completions_) : error;
  }

  // Adds what the load reaches in each state. Empty, or what does not add up afterwards.
  std::string Run(Figures* figures) {
    for (const NamedState& named : kStates) {
      std::string error = RunIn(named, figures);
      if (!error.empty()) return error;
    }
    std::string error = load_.Check();
    return error.empty() ? neighbour_.Check() : "the neighbour: " + error;
  }

 private:
  std::string RunIn(const NamedState& named, Figures* figures) {
    Enter(named.state);
    Load neighbour(&neighbour_, &neighbour_completions_, {kNeighbourSlots, Rate()});
    std::thread beside;
    if (named.state != State::kAlone) {
      beside = std::thread([this, &neighbour] {
        neighbour.Measure(DurationOf(settings_.warm_up + settings_.seconds));
      });
    }
    Load load(&load_, &load_completions_, {concurrency_, 0});
    load.WarmUp(DurationOf(settings_.warm_up));
    load.Measure(DurationOf(settings_.seconds));
    AddResult(named.name, load.Drain().front(), figures);
    load_.AddUnknown(load.all_unknown());
    if (named.state == State::kAlone) return "";
    beside.join();
    std::string error = Leave(named.state);
    if (!error.empty()) return error;
    AddNeighbour(named.name, neighbour.Drain().front(), figures);
    neighbour_.AddUnknown(neighbour.all_unknown());
    return "";
  }

  double Rate() const { return settings_.rate > 0 ? settings_.rate : kUsualRate; }

  Child& last_one() { return *cluster_.participants()->children()[kLastOne]; }

  void Delay(Duration delay) { last_one().Ask("delay " + std::to_string(delay.micros)); }

  void Enter(State state) {
    switch (state) {
      case State::kAlone:
      case State::kHealthy:
        return;
      case State::kSlow:
        return Delay(kSlowVote);
      case State::kStopped:
        return last_one().Signal(SIGSTOP);
      case State::kDead:
        return last_one().End();
    }
  }

  // As it was before; what is under way can end.
  std::string Leave(State state) {
    switch (state) {
      case State::kAlone:
      case State::kHealthy:
        return "";
      case State::kSlow:
        Delay(Duration());
        return "";
      case State::kStopped:
        last_one().Signal(SIGCONT);
        return "";
      case State::kDead:
        return cluster_.participants()->Restart(kLastOne);
    }
    return "";
  }

  static void AddResult(const std::string& name, const LoadResult& result, Figures* figures) {
    const double rate = result.per_second();
    const double p99 = result.latencies.Percentile(0.99);
    figures->Set(name + "_per_second", rate);
    figures->Set(name + "_p99_us", p99);
    figures->Set(name + "_failed", static_cast<double>(result.ended() - result.committed));
    if (name == kStates[0].name) return;
    for (const NamedState& against : {kStates[0], kStates[1]}) {
      const std::string other = against.name;
      if (name == other) continue;
      figures->Set(name + "_of_" + other, rate / std::max(figures->Get(other + "_per_second"), 1.));
      figures->Set(name + "_p99_of_" + other, p99 / std::max(figures->Get(other + "_p99_us"), 1.));
    }
  }

  static void AddNeighbour(const std::string& name, const LoadResult& result, Figures* figures) {
    const std::string who = name + "_neighbour_";
    figures->Set(who + "committed", static_cast<double>(result.committed));
    figures->Set(who + "aborted", static_cast<double>(result.aborted));
    figures->Set(who + "unknown", static_cast<double>(result.unknown));
    figures->Set(who + "refused", static_cast<double>(result.refused));
  }

  const Settings& settings_;
  const int concurrency_;
  Cluster cluster_;
  Completions load_completions_;
  Completions neighbour_completions_;
  PairOn load_{&cluster_, 0};
  PairOn neighbour_{&cluster_, 2};
};

std::string MeasureNeighbours(const Settings& settings, Report* report) {
  for (const int concurrency : settings.concurrencies) {
    Neighbours neighbours(settings, concurrency);
    std::string error = neighbours.Start();
    if (!error.empty()) return error;
    Line line;
    line.scenario = "neighbour";
    line.labels = {{"concurrency", concurrency}};
    const auto run = [&neighbours](Figures* figures) { return neighbours.Run(figures); };
    error = MeasureStep(line, settings, run, report);
    if (!error.empty()) return error;
  }
  return "";
}

}  // namespace

std::vector<Scenario> NeighbourScenarios() {
  return {{"neighbour", "pair beside another (--rate) whose participant is slow, stopped, dead",
           MeasureNeighbours}};
}

}  // namespace assent::bench
