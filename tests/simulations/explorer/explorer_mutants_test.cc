// That the explorer can fail: each known bug of the core is caught within a set of bounds.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/mutants.h"

namespace assent {
namespace {

struct Finished {
  int code = -1;
  std::string output;
};

Finished RunProgram(const std::string& program, const std::string& args) {
  Finished run;
  FILE* const pipe = popen((program + " " + args + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return run;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    run.output.append(buffer, n);
  }
  const int status = pclose(pipe);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

// Which set of bounds catches it.
const std::map<std::string, std::string, std::less<>>& SetOfMutant() {
  static const std::map<std::string, std::string, std::less<>> sets = {
      {"answer_before_sync", "three"},
      {"deciding_told_committed", "read-only"},
      {"deciding_told_aborted", "read-only"},
      {"unknown_told_aborted", "disks"},
      {"timeout_is_yes", "two"},
      {"lost_vote_ignored", "three"},
      {"forget_at_first_ack", "horizon-two"},
      {"ack_trusted_unsynced", "two"},
      {"clean_mark_ignores_commits", "three"},
      {"presume_commit", "three"},
      {"inquiry_while_voting_answered_abort", "three"},
      {"commit_sent_once", "three"},
      {"closed_id_reopened", "expected"},
      {"unopened_answered_aborted", "block"},
      {"horizon_answers_aborted", "horizon-two"},
      {"future_id_answered_aborted", "two"},
      {"epoch_not_raised", "expected"},
      {"recovery_ignores_decisions", "three"},
      {"expected_count_ignored", "expected"},
      {"late_enlistment_accepted", "eager"},
      {"second_incarnation_enlists", "eager"},
      {"read_only_voter_sent_commit", "read-only"},
      {"read_only_not_remembered", "read-only"},
      {"other_store_accepted", "wipe"},
      {"first_yes_decides", "three"},
      {"no_counts_as_yes", "payload"},
      {"vote_before_sync", "three"},
      {"ack_before_sync", "three"},
      {"prepared_gives_up", "two"},
      {"recovered_only_inquires", "three"},
      {"epoch_fence_ignored", "expected"},
      {"kept_abort_forgotten", "three"},
      {"failed_commit_acknowledged", "disks"},
      {"stamp_without_incarnation", "strays"},
      {"prepare_after_abort_accepted", "strays"},
      {"stamp_not_checked", "strays"},
      {"window_reset_at_new_epoch", "strays"},
      {"prepare_while_call_runs", "eager"},
  };
  return sets;
}

// Those that no small world reaches, and why: docs/exploration.md. They are for the random worlds.
const std::map<std::string, std::string, std::less<>>& OutOfReach() {
  static const std::map<std::string, std::string, std::less<>> reasons = {
      {"not_there_acknowledged", "R3 refuses every store that lacks what it voted for"},
      {"unknown_commit_acknowledged", "R3 refuses every store that lacks what it voted for"},
      {"prepare_without_work_is_yes", "R4: Prepare goes to the incarnation that worked"},
      {"vote_goes_to_any_link", "equivalent: the transaction was aborted when the link ended"},
  };
  return reasons;
}

class EveryMutant : public testing::TestWithParam<std::string> {};

TEST_P(EveryMutant, IsCaught) {
  const auto set = SetOfMutant().find(GetParam());
  if (set == SetOfMutant().end()) {
    EXPECT_TRUE(OutOfReach().contains(GetParam())) << "neither caught nor out of reach";
    return;
  }
  const Finished run =
      RunProgram(ASSENT_EXPLORE_MUTANTS, set->second + " --no-coverage --mutant " + GetParam());
  EXPECT_EQ(run.code, 1) << run.output;
  EXPECT_NE(run.output.find("VIOLATED: "), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("  1. "), std::string::npos) << "no path: " << run.output;
  EXPECT_NE(run.output.find("to see it again: "), std::string::npos) << run.output;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Mutant& mutant : CoreMutants()) names.emplace_back(mutant.name);
  return names;
}

std::string NameOf(const testing::TestParamInfo<std::string>& parameter) { return parameter.param; }

INSTANTIATE_TEST_SUITE_P(Core, EveryMutant, testing::ValuesIn(Names()), NameOf);

TEST(MutantsBuild, HoldsWhileNoBugIsSwitchedOn) {
  const Finished run = RunProgram(ASSENT_EXPLORE_MUTANTS, "expected --no-coverage");
  EXPECT_EQ(run.code, 0) << run.output;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ProductionBuild, HasNoTraceOfTheMutants) {
  const std::string production = Contents(ASSENT_EXPLORE);
  const std::string mutants = Contents(ASSENT_EXPLORE_MUTANTS);
  ASSERT_GT(production.size(), 10'000u);
  EXPECT_NE(mutants.find("IsActiveMutant"), std::string::npos) << "the search itself finds nothing";
  EXPECT_EQ(production.find("IsActiveMutant"), std::string::npos);
  EXPECT_EQ(production.find("ActivateMutant"), std::string::npos);
  for (const std::string& name : Names()) {
    EXPECT_NE(mutants.find(name), std::string::npos) << name;
    EXPECT_EQ(production.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace assent
