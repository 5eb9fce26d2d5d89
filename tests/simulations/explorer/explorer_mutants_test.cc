// That the explorer can fail: each known bug that names a set of bounds is caught in that set.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>
#include <vector>

#include "simulations/mutants/catalogue.h"

namespace assent {
namespace {

using mutants::Catalogue;
using mutants::Mutant;

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

class EveryMutant : public testing::TestWithParam<std::string> {};

TEST_P(EveryMutant, IsCaughtByItsSet) {
  const std::string set(mutants::FindMutant(GetParam())->set);
  const Finished run =
      RunProgram(ASSENT_EXPLORE_MUTANTS, set + " --no-coverage --mutant " + GetParam());
  EXPECT_EQ(run.code, 1) << run.output;
  EXPECT_NE(run.output.find("VIOLATED: "), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("  1. "), std::string::npos) << "no path: " << run.output;
  EXPECT_NE(run.output.find("to see it again: "), std::string::npos) << run.output;
}

std::vector<std::string> WithASet() {
  std::vector<std::string> names;
  for (const Mutant& mutant : Catalogue()) {
    if (!mutant.set.empty()) names.emplace_back(mutant.name);
  }
  return names;
}

std::string NameOf(const testing::TestParamInfo<std::string>& parameter) { return parameter.param; }

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryMutant, testing::ValuesIn(WithASet()), NameOf);

TEST(MutantsBuild, HoldsWhileNoBugIsSwitchedOn) {
  const Finished run = RunProgram(ASSENT_EXPLORE_MUTANTS, "expected --no-coverage");
  EXPECT_EQ(run.code, 0) << run.output;
}

TEST(MutantsBuild, RefusesANameThatNoBugHas) {
  EXPECT_EQ(RunProgram(ASSENT_EXPLORE_MUTANTS, "expected --mutant nobody").code, 64);
}

}  // namespace
}  // namespace assent
