// What all parts of one world share.
#pragma once

#include <cstdint>

#include "simulations/coverage.h"
#include "simulations/event_log.h"
#include "simulations/history.h"
#include "simulations/network.h"
#include "simulations/profile.h"
#include "simulations/random.h"
#include "simulations/scheduler.h"

namespace assent::simulation {

// What came of the transactions, as their initiators know it.
struct OutcomeCounts {
  std::int64_t transactions = 0;  // ids that an initiator had
  std::int64_t committed = 0;
  std::int64_t aborted = 0;
  std::int64_t unknown = 0;  // its initiator left or died before it knew
  std::int64_t expired = 0;  // it asked too late
  std::int64_t refused = 0;  // requests over the limits
};

struct Context {
  Context(const Profile& the_profile, LogLevel level)
      : profile(the_profile),
        random(static_cast<std::uint64_t>(the_profile.seed)),
        events(level, &scheduler),
        network(&profile, &scheduler, &random, &events) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Profile profile;
  Scheduler scheduler;
  Random random;
  EventLog events;
  History history;
  Network network;
  bool healed = false;  // the liveness phase: no more faults
  std::int64_t transactions_left = 0;
  OutcomeCounts outcomes;
  CrashCoverage coverage;
};

}  // namespace assent::simulation
