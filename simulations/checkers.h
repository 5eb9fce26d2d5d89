// What must hold when a world has come to rest, one function per promise. They look at facts that
// the world has collected, never at what the code under test thinks of itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "simulations/history.h"

namespace assent::simulation {

// One store's committed data.
struct StoreEvidence {
  int participant = 0;
  std::map<std::string, std::int64_t> marks;  // transaction's id: how often its effect is there
  std::int64_t money = 0;
  std::int64_t goods = 0;
};

// How much of something a process keeps, in memory or on disk, and how much it may.
struct Size {
  std::string who;
  std::string what;
  std::uint64_t count = 0;
  std::uint64_t most = 0;
};

struct Evidence {
  const History* history = nullptr;
  std::vector<StoreEvidence> stores;

  // What is not finished at the end of the liveness phase, in words; empty: nothing.
  std::vector<std::string> unfinished;
  // Participants where a transaction over all accounts could not commit.
  std::vector<int> locked;
  // What is kept though its time is over: more than there may be, in words.
  std::vector<std::string> kept_too_long;
  // At the end, when all retention is over.
  std::vector<Size> sizes;
};

using Check = std::optional<Violation> (*)(const Evidence& evidence);

// P1: of one transaction all effects are there, or none.
std::optional<Violation> CheckAtomic(const Evidence& evidence);
// P2: what was told to be committed is there.
std::optional<Violation> CheckDurable(const Evidence& evidence);
// P3: no effect is there twice, and none that nobody asked for.
std::optional<Violation> CheckOnce(const Evidence& evidence);
// P4: of what was told to be aborted nothing is there.
std::optional<Violation> CheckHonest(const Evidence& evidence);
// P5: everything has finished.
std::optional<Violation> CheckLive(const Evidence& evidence);
// P5: no lock outlives its transaction.
std::optional<Violation> CheckNoLockLeft(const Evidence& evidence);
// P7: nothing is kept for longer than it must be.
std::optional<Violation> CheckBounded(const Evidence& evidence);
// P7: nothing is larger than it may be; of each process, and again and again while a world runs.
std::optional<Violation> CheckSizes(const std::vector<Size>& sizes);
std::optional<Violation> CheckLastSizes(const Evidence& evidence);
// Business truth: neither money nor goods were made or lost.
std::optional<Violation> CheckConserved(const Evidence& evidence);

// All of the above, in an order in which the cause comes before its consequences.
const std::vector<Check>& AllChecks();

}  // namespace assent::simulation
