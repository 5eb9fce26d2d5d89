// Every state of a local branch x every input: the effects and the state after it.
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/check.h"
#include "tests/core/participant_cells_table.h"
#include "tests/core/participant_rig.h"

namespace assent {
namespace {

constexpr std::uint64_t kId = 7;
constexpr CallId kRunning = 1;

struct CheckFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void ThrowCheckFailure(const char*, int, const char* condition, const char*) {
  throw CheckFailure(condition);
}

using Action = std::function<std::string(ParticipantRig&)>;

struct Named {
  std::string name;
  Action act;
};

const std::vector<Named>& States() {
  static const std::vector<Named> states = {
      {"unknown", [](ParticipantRig&) { return ""; }},
      {"ACTIVE, enlisting", [](ParticipantRig& r) { return r.Call(kRunning, kId); }},
      {"ACTIVE, enlisting, call over",
       [](ParticipantRig& r) {
         r.Call(kRunning, kId);
         return r.EndCall(kRunning);
       }},
      {"ACTIVE, call running",
       [](ParticipantRig& r) {
         r.Call(kRunning, kId);
         return r.Enlisted();
       }},
      {"ACTIVE, idle",
       [](ParticipantRig& r) {
         r.Call(kRunning, kId);
         r.Enlisted();
         return r.EndCall(kRunning);
       }},
      {"PREPARING", [](ParticipantRig& r) { return r.Prepare(kId); }},
      {"PREPARING, abort kept",
       [](ParticipantRig& r) {
         r.Prepare(kId);
         return r.Abort(kId);
       }},
      {"PREPARED",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         return "";
       }},
      {"COMMITTING",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         return r.Commit(kId);
       }},
      {"COMMITTING, to be retried",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         r.Commit(kId);
         return r.Committed(kId, CommitResult::kFailed);
       }},
      {"COMMITTING, hazard",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         r.Commit(kId);
         return r.Committed(kId, CommitResult::kNotThere);
       }},
      {"COMMITTING, asked", [](ParticipantRig& r) { return r.Commit(kId); }},
      {"ABORTING",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         return r.Abort(kId);
       }},
      {"ABORTING, dropped",
       [](ParticipantRig& r) {
         r.Call(kRunning, kId);
         r.EndCall(kRunning);
         return r.Enlisted(Reason::kTransactionFinished);
       }},
      {"ABORTING, call running",
       [](ParticipantRig& r) {
         r.Call(kRunning, kId);
         return r.Abort(kId);
       }},
      {"ABORTING, to be retried",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         r.Abort(kId);
         return r.Aborted(kId, false);
       }},
      {"COMMITTED",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         r.Commit(kId);
         return r.Committed(kId);
       }},
      {"READ_ONLY",
       [](ParticipantRig& r) {
         r.Prepare(kId);
         return r.Prepared(kId, VoteKind::kReadOnly);
       }},
      {"ABORTED, by decision",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         r.Abort(kId);
         return r.Aborted(kId);
       }},
      {"ABORTED, by answer",
       [](ParticipantRig& r) {
         r.PrepareYes(kId);
         r.Answer(kId, Verdict::kNotYours);
         return r.Aborted(kId);
       }},
      {"ABORTED, voted no",
       [](ParticipantRig& r) {
         r.Prepare(kId);
         r.Prepared(kId, VoteKind::kNo);
         return r.Aborted(kId);
       }},
      {"ABORTED, dropped",
       [](ParticipantRig& r) {
         r.Call(kRunning, kId);
         r.EndCall(kRunning);
         r.Enlisted(Reason::kTransactionFinished);
         return r.Aborted(kId);
       }},
  };
  return states;
}

std::string FreshPrepare(ParticipantRig& r, std::optional<std::string> payload) {
  Prepare message = ParticipantRig::PrepareOf(kId, std::move(payload));
  message.stamp.n = 1000;  // not the one of the state's own Prepare
  return r.Receive(message);
}

const std::vector<Named>& Inputs() {
  static const std::vector<Named> inputs = {
      {"Prepare, payload", [](ParticipantRig& r) { return FreshPrepare(r, "work"); }},
      {"Prepare", [](ParticipantRig& r) { return FreshPrepare(r, std::nullopt); }},
      {"Commit", [](ParticipantRig& r) { return r.Commit(kId); }},
      {"Abort", [](ParticipantRig& r) { return r.Abort(kId, 1000); }},
      {"answer WAIT", [](ParticipantRig& r) { return r.Answer(kId, Verdict::kWait); }},
      {"answer COMMIT", [](ParticipantRig& r) { return r.Answer(kId, Verdict::kCommit); }},
      {"answer ABORT", [](ParticipantRig& r) { return r.Answer(kId, Verdict::kAbort); }},
      {"answer NOT_YOURS", [](ParticipantRig& r) { return r.Answer(kId, Verdict::kNotYours); }},
      {"answer REFUSED", [](ParticipantRig& r) { return r.Answer(kId, Verdict::kRefused); }},
      {"enlisted", [](ParticipantRig& r) { return r.Enlisted(); }},
      {"not enlisted", [](ParticipantRig& r) { return r.Enlisted(Reason::kAlreadyPreparing); }},
      {"call begins", [](ParticipantRig& r) { return r.Call(2, kId); }},
      {"call ends", [](ParticipantRig& r) { return r.EndCall(kRunning); }},
      {"prepared yes", [](ParticipantRig& r) { return r.Prepared(kId, VoteKind::kYes); }},
      {"prepared no", [](ParticipantRig& r) { return r.Prepared(kId, VoteKind::kNo); }},
      {"prepared read-only",
       [](ParticipantRig& r) { return r.Prepared(kId, VoteKind::kReadOnly); }},
      {"committed", [](ParticipantRig& r) { return r.Committed(kId); }},
      {"not there", [](ParticipantRig& r) { return r.Committed(kId, CommitResult::kNotThere); }},
      {"cannot tell",
       [](ParticipantRig& r) { return r.Committed(kId, CommitResult::kCannotTell); }},
      {"commit failed", [](ParticipantRig& r) { return r.Committed(kId, CommitResult::kFailed); }},
      {"aborted", [](ParticipantRig& r) { return r.Aborted(kId); }},
      {"abort failed", [](ParticipantRig& r) { return r.Aborted(kId, false); }},
      {"tick", [](ParticipantRig& r) { return r.TickAtDeadline(); }},
      {"link ends", [](ParticipantRig& r) { return r.Step(participant_input::Detached{kLink}); }},
      {"link replaced", [](ParticipantRig& r) { return r.Attach(2); }},
      {"coordinator restarted", [](ParticipantRig& r) { return r.Attach(2, kEpoch + 1); }},
  };
  return inputs;
}

// "effects -> state", or "CHECK" where the input is a programming error.
std::string RunCell(const Named& state, const Named& input) {
  ParticipantRig rig;
  rig.Attach();
  state.act(rig);
  try {
    const std::string effects = input.act(rig);
    return effects + (effects.empty() ? "-> " : " -> ") + rig.StateOf(kId);
  } catch (const CheckFailure&) {
    return "CHECK";
  }
}

class ParticipantCells : public testing::Test {
 protected:
  void SetUp() override { SetCheckFailureHandler(ThrowCheckFailure); }
  void TearDown() override { SetCheckFailureHandler(nullptr); }
};

TEST_F(ParticipantCells, DoInEveryStateWhatTheTableSays) {
  ASSERT_EQ(CellTable().size(), Inputs().size());
  for (std::size_t i = 0; i < Inputs().size(); ++i) {
    ASSERT_EQ(CellTable()[i].input, Inputs()[i].name);
    const auto& cells = CellTable()[i].cells;
    for (const Named& state : States()) {
      const auto cell = cells.find(state.name);
      const std::string& expected = cell != cells.end() ? cell->second : cells.at("");
      EXPECT_EQ(RunCell(state, Inputs()[i]), expected) << Inputs()[i].name << " in " << state.name;
    }
  }
}

}  // namespace
}  // namespace assent
