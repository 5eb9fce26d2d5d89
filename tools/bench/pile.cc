#include "tools/bench/pile.h"

#include <chrono>
#include <memory>

#include "client/client.h"
#include "runtime/clock.h"
#include "tools/bench/completions.h"
#include "tools/bench/waiting.h"

namespace assent::bench {
namespace {

constexpr int kParticipants = 2;
constexpr int kInFlight = 1024;
constexpr Duration kPatience = Duration::Seconds(60);

class Grower {
 public:
  Grower(const std::string& coordinator, const std::vector<std::string>& names) : names_(names) {
    ClientOptions options;
    options.coordinator = coordinator;
    options.ids_per_block = 100'000;
    options.call_timeout = std::chrono::hours(1);
    client_ = std::make_unique<Client>(options);
  }

  void Begin(WaitFor wait_for) {
    Transaction transaction = client_->Begin();
    for (const std::string& name : names_) transaction.Add(name, "work");
    CommitOptions options;
    options.wait_for = wait_for;
    transaction.CommitAsync(
        [this](CommitReport report) { completions_.Add(0, EndingOf(report.outcome)); }, options);
  }

  // Blocks until one or more have ended; false if one was not committed.
  bool Take(int* ended) {
    completions_.Take(Time::Never(), &done_);
    *ended += static_cast<int>(done_.size());
    for (const auto& done : done_) {
      if (done.ending != Ending::kCommitted) return false;
    }
    return true;
  }

 private:
  const std::vector<std::string> names_;
  Completions completions_;
  std::vector<Completions::Done> done_;
  std::unique_ptr<Client> client_;  // last: its callbacks use the rest
};

}  // namespace

Arguments Pile::Flags() const {
  const std::string many = std::to_string(2 * transactions_ + 100'000);
  return {"--limits-max-open-transactions",
          many,
          "--limits-max-awaited-branches",
          many,
          "--limits-max-requests-in-flight",
          many,
          "--limits-prepare-timeout",
          "1h",
          "--limits-first-retry",
          "1h",
          "--limits-max-retry",
          "1h"};
}

std::string Pile::Start(int transactions, const std::string& role) {
  transactions_ = transactions;
  const std::string error = coordinator_.Start(Flags());
  return error.empty() ? participants_.Start(kParticipants, role, coordinator_.address()) : error;
}

std::string Pile::Grow(bool decided) {
  Grower grower(coordinator_.address(), participants_.names());
  int ended = 0;
  for (int begun = 0; begun < transactions_; ++begun) {
    grower.Begin(WaitFor::kDecision);
    while (decided && begun - ended >= kInFlight) {
      if (!grower.Take(&ended)) return "a transaction was not committed";
    }
  }
  while (decided && ended < transactions_) {
    if (!grower.Take(&ended)) return "a transaction was not committed";
  }
  return AwaitOpen(static_cast<std::uint64_t>(transactions_));
}

std::string Pile::AwaitOpen(std::uint64_t wanted) const {
  for (std::uint64_t seen = open(); seen != wanted;) {
    const std::uint64_t before = seen;
    const auto changed = [&] { return (seen = open()) != before; };
    if (PollUntil(changed, kPileLook, kPatience)) continue;
    return "the coordinator still has " + std::to_string(seen) + " open transactions, not " +
           std::to_string(wanted);
  }
  return "";
}

std::string Pile::RestartCoordinator() {
  participants_.Kill();
  coordinator_.Kill();
  return coordinator_.Start(Flags());
}

std::string Pile::RestartParticipants() {
  return participants_.Start(kParticipants, "reborn-participant", coordinator_.address());
}

}  // namespace assent::bench
