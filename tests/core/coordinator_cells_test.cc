// Every state of a transaction times every input about it: what comes out, and the state after.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/core/coordinator_cells_table.h"
#include "tests/core/coordinator_rig.h"

namespace assent {
namespace {

// Participants a (link 1), b (link 2) and c (link 3) are attached; the transaction has the branches
// a and b. Everything comes from a, or from an initiator.
struct World {
  World() : rig(Limits()) {
    for (const char* name : {"a", "b", "c"}) rig.Attach(name);
  }
  static CoordinatorLimits Limits() {
    CoordinatorLimits limits;
    limits.retention = Duration::Seconds(100);
    return limits;
  }

  CoordinatorRig rig;
  TransactionId id;
};

void Bring(World* world, const std::string& state) {
  CoordinatorRig& rig = world->rig;
  if (state == "FUTURE") {
    world->id = {rig.core.id(), {2, 1}};
    return;
  }
  if (state == "EARLIER EPOCH") {
    world->id = {rig.core.id(), {1, 1}};
    return;
  }
  world->id = rig.Block();
  const TransactionId id = world->id;
  if (state == "UNOPENED") return;
  if (state == "CLOSED UNOPENED") {
    rig.Step(coordinator_input::SessionClosed{9});
    return;
  }
  if (state == "ACTIVE") {
    rig.Receive("a", Enlist{1, id});
    rig.Receive("b", Enlist{2, id});
    return;
  }
  rig.Commit(id, {"a", "b"});
  const bool read_only = state == "READ-ONLY";
  rig.VoteOf("b", id, read_only ? VoteKind::kReadOnly : VoteKind::kYes);
  if (state == "PREPARING") return;
  if (state == "ABORTED" || state == "EXPIRED") {
    rig.VoteOf("a", id, VoteKind::kNo);
    if (state == "EXPIRED") rig.Run(Duration::Seconds(101));
    return;
  }
  rig.VoteOf("a", id, read_only ? VoteKind::kReadOnly : VoteKind::kYes);
  if (state == "DECIDING" || read_only) return;
  rig.Log();
  rig.Acknowledge("b", id);
  if (state == "COMMITTING") return;
  rig.Acknowledge("a", id);
}

void Feed(World* world, const std::string& input) {
  CoordinatorRig& rig = world->rig;
  const TransactionId id = world->id;
  if (input == "Get") rig.Ask(GetRequest{id});
  if (input == "Commit") rig.Commit(id, {"b", "a"});
  if (input == "Commit, decision") rig.Commit(id, {"a", "b"}, WaitFor::kDecision);
  if (input == "Commit, no branches") rig.Commit(id, {});
  if (input == "Commit, others") rig.Commit(id, {"a", "c"});
  if (input == "Abort") rig.Ask(AbortRequest{id, AbortReason::kRequested});
  if (input == "Enlist by name") rig.Ask(EnlistRequest{id, "c"});
  if (input == "Enlist by call") rig.Receive("a", Enlist{7, id});
  if (input == "Yes") rig.VoteOf("a", id, VoteKind::kYes);
  if (input == "No") rig.VoteOf("a", id, VoteKind::kNo);
  if (input == "Read-only") rig.VoteOf("a", id, VoteKind::kReadOnly);
  if (input == "Yes of another") rig.VoteOf("c", id, VoteKind::kYes);
  if (input == "Acknowledge") rig.Acknowledge("a", id);
  if (input == "Acknowledge of another") rig.Acknowledge("c", id);
  if (input == "Inquire") rig.Receive("a", Inquire{id.sequence});
  if (input == "Inquire of another") rig.Receive("c", Inquire{id.sequence});
  if (input == "Prepare lost") rig.Step(coordinator_input::PrepareLost{1, id.sequence});
  if (input == "Link ends") rig.Step(coordinator_input::LinkClosed{1});
  if (input == "Restarted") {
    rig.Step(coordinator_input::LinkOpened{9, LinkKind::kStream});
    rig.Step(coordinator_input::Received{9, Attach{"a", CoordinatorRig::StoreOf("a"), 2, 6, {}}});
  }
  if (input == "Logged") rig.Log();
  if (input == "Log fails") rig.Step(coordinator_input::LogFailed{"disk"});
  if (input == "Drain") rig.Step(coordinator_input::DrainRequested{});
  if (input == "Session ends") rig.Step(coordinator_input::SessionClosed{9});
  if (input == "Cancelled") {
    rig.Step(coordinator_input::RequestCancelled{rig.last_request, id.sequence});
  }
  if (input == "Disk nearly full") rig.Step(coordinator_input::AdmissionClosed{"no space"});
  if (input == "40 s later") rig.Wait(Duration::Seconds(40));
}

std::string StateAfter(World* world) {
  for (const TransactionView& view :
       world->rig.core.ListTransactions({}, 10, false, world->rig.now)) {
    if (view.id != world->id) continue;
    const char* const names[] = {"",           "ACTIVE",    "PREPARING", "DECIDING",
                                 "COMMITTING", "COMMITTED", "ABORTED"};
    return names[static_cast<int>(view.state)];
  }
  return "-";
}

class CoordinatorCells : public testing::TestWithParam<Cell> {};

TEST_P(CoordinatorCells, DoesWhatTheTableSays) {
  const Cell& cell = GetParam();
  World world;
  Bring(&world, cell.state);
  Feed(&world, cell.input);
  EXPECT_EQ(world.rig.Described(), cell.effects) << cell.state << " x " << cell.input;
  EXPECT_EQ(StateAfter(&world), cell.after) << cell.state << " x " << cell.input;
}

INSTANTIATE_TEST_SUITE_P(All, CoordinatorCells, testing::ValuesIn(kCells));

TEST(CoordinatorCellsTable, HoldsEveryCellOnce) {
  std::map<std::string, std::set<std::string>> inputs_of;
  for (const Cell& cell : kCells) {
    EXPECT_TRUE(inputs_of[cell.state].insert(cell.input).second) << cell.state << cell.input;
  }
  EXPECT_EQ(inputs_of.size(), 12u);
  for (const auto& [state, inputs] : inputs_of) EXPECT_EQ(inputs.size(), 26u) << state;
}

}  // namespace
}  // namespace assent
