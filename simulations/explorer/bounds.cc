// The documented sets of bounds: docs/exploration.md says what each is for.
#include "simulations/explorer/explorer.h"

namespace assent::explorer {
namespace {

Bounds& Add(std::vector<Bounds>* all, const char* name, const char* text) {
  Bounds bounds;
  bounds.name = name;
  bounds.text = text;
  all->push_back(bounds);
  return all->back();
}

// How branches come about and vote.
void AddBranches(std::vector<Bounds>* all) {
  Bounds& payload = Add(all, "payload", "branches listed in Commit; two faults of any kind");
  payload.votes = "yn";
  Bounds& deep = Add(all, "three-faults", "the same, all vote yes; three faults, two of a kind");
  deep.faults = 3;
  deep.coordinator_crashes = deep.participant_crashes = deep.breaks = 2;
  deep.ticks = 0;
  Bounds& three = Add(all, "three", "three participants; one fault");
  three.participants = 3;
  three.faults = 1;
  three.ticks = 0;
  Bounds& calls = Add(all, "calls", "branches enlisted by calls; two faults");
  calls.work = Work::kCall;
  Bounds& eager =
      Add(all, "eager", "two calls each, and Commit asked for while calls run; one fault");
  eager.work = Work::kCall;
  eager.calls = 2;
  eager.eager_commit = true;
  eager.faults = 1;
  eager.coordinator_crashes = 0;
  Bounds& expected = Add(all, "expected", "the initiator expects a branch too many");
  expected.work = Work::kCall;
  expected.wrong_expected = true;
  expected.faults = 1;
}

// What initiators do.
void AddRequests(std::vector<Bounds>* all) {
  Bounds& read = Add(all, "read-only", "votes are yes or read-only; Commit and Get repeated");
  read.votes = "yr";
  read.gets = 1;
  read.commits = 2;
  read.faults = 1;
  Bounds& repeat = Add(all, "repeat", "Commit twice, Abort, Get; one fault");
  repeat.commits = 2;
  repeat.aborts = 1;
  repeat.gets = 1;
  repeat.faults = 1;
  Bounds& block = Add(all, "block", "ids of a block that may end before they are opened");
  block.block = true;
  block.participants = 1;
  block.commits = 2;
  block.aborts = block.gets = 1;
  block.long_ticks = 1;
  block.coordinator_crashes = 1;
}

// What fails beside processes and links.
void AddFaults(std::vector<Bounds>* all) {
  Bounds& horizon = Add(all, "horizon", "retention ends twice, outcomes are asked for; two faults");
  horizon.long_ticks = 2;
  horizon.gets = 1;
  horizon.participants = 1;
  horizon.coordinator_crashes = 2;
  horizon.participant_crashes = 2;
  horizon.log_failures = 1;
  Bounds& horizon2 = Add(all, "horizon-two", "the same of two participants; one fault");
  horizon2.long_ticks = 2;
  horizon2.gets = 1;
  horizon2.faults = 1;
  horizon2.ticks = 0;
  Bounds& two = Add(all, "two", "two transactions; one fault");
  two.transactions = 2;
  two.guess = true;
  two.faults = 1;
  two.participants = 1;
  Bounds& timers = Add(all, "timers", "the same; the timers of a process fire one by one");
  timers.transactions = 2;
  timers.participants = 1;
  timers.faults = 1;
  timers.ticks = 3;
  timers.slow_timeouts = true;
  Bounds& disks = Add(all, "disks", "syncs fail, and resource managers' commits and rollbacks");
  disks.log_failures = disks.resource_failures = 1;
  disks.coordinator_crashes = 0;
  disks.breaks = 0;
  Bounds& wipe = Add(all, "wipe", "an operator gives a participant an empty store");
  wipe.faults = 2;
  wipe.wipes = 1;
  Bounds& outrun = Add(all, "outrun", "the same, but an empty copy of its own, started more often");
  outrun.faults = 2;
  outrun.wipes = 1;
  outrun.outruns = true;
  Bounds& stray = Add(all, "strays", "messages are copied or late, across links and restarts");
  stray.strays = 1;
  Bounds& stray2 = Add(all, "strays-two", "the same of two transactions with one participant");
  stray2.strays = 1;
  stray2.participants = 1;
  stray2.transactions = 2;
}

std::vector<Bounds> MakeBounds() {
  std::vector<Bounds> all;
  AddBranches(&all);
  AddRequests(&all);
  AddFaults(&all);
  return all;
}

}  // namespace

const std::vector<Bounds>& KnownBounds() {
  static const std::vector<Bounds> bounds = MakeBounds();
  return bounds;
}

const Bounds* FindBounds(const std::string& name) {
  for (const Bounds& bounds : KnownBounds()) {
    if (bounds.name == name) return &bounds;
  }
  return nullptr;
}

}  // namespace assent::explorer
