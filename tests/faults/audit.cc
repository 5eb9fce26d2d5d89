#include "tests/faults/audit.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>

#include "core/check.h"
#include "runtime/clock.h"

namespace assent::testing {
namespace {

using Traces = std::map<std::string, std::int64_t>;

// Each try is a call; what is undecided is decided or aborted soon.
Outcome Resolve(BankWorld* world, const std::string& id) {
  const Time deadline = MonotonicNow() + Duration::Seconds(kPatienceSeconds);
  CommitReport report = world->client().Get(id);
  while (report.outcome == Outcome::kUnknown && MonotonicNow() < deadline) {
    report = world->client().Get(id);
  }
  EXPECT_NE(report.outcome, Outcome::kUnknown) << id << ": " << report.error_text;
  return report.outcome;
}

std::set<std::string> ResolveAll(BankWorld* world, const Journal& journal) {
  std::set<std::string> committed;
  for (const auto& [id, told] : journal.told()) {
    const Outcome outcome = Resolve(world, id);
    if (told != Outcome::kUnknown) {
      EXPECT_EQ(outcome, told) << id << ": what was told does not hold";
    }
    if (outcome == Outcome::kCommitted) committed.insert(id);
  }
  return committed;
}

Traces TracesAt(const BankWorld& world, int node) {
  Traces traces;
  for (const auto& [key, amount] : world.Settled(node).balances()) {
    if (key.rfind(kTracePrefix, 0) == 0) traces[key.substr(kTracePrefix.size())] = amount;
  }
  return traces;
}

void ExpectTraces(const Traces& traces, const std::set<std::string>& committed) {
  for (const std::string& id : committed) {
    EXPECT_EQ(traces.count(id), 1U) << id << ": committed, and not there";
  }
  for (const auto& [id, amount] : traces) {
    EXPECT_EQ(committed.count(id), 1U) << id << ": there, and not committed";
  }
}

}  // namespace

void ExpectHonest(BankWorld* world, const Journal& journal) {
  for (const std::string& id : journal.contradictions()) {
    ADD_FAILURE() << id << ": was told to be committed, and to be aborted";
  }
  world->AwaitAttached();
  const std::set<std::string> committed = ResolveAll(world, journal);
  world->AwaitSettled();
  constexpr std::int64_t kTotal = kAccounts * kFunds;
  std::array<std::int64_t, 2> moved{};
  for (const int node : {BankWorld::kDebit, BankWorld::kCredit}) {
    const Traces traces = TracesAt(*world, node);
    ExpectTraces(traces, committed);
    for (const auto& [id, amount] : traces) moved.at(static_cast<std::size_t>(node)) += amount;
  }
  EXPECT_EQ(world->Balance(BankWorld::kDebit), kTotal - moved[0]);
  EXPECT_EQ(world->Balance(BankWorld::kCredit), kTotal + moved[1]);
  EXPECT_EQ(moved[0], moved[1]);
}

}  // namespace assent::testing
