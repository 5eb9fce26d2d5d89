// What ships has no trace of the known bugs.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "simulations/mutants/catalogue.h"

namespace assent {
namespace {

using mutants::Catalogue;
using mutants::Mutant;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class ProductionBuild : public testing::TestWithParam<const char*> {};

// Names of symbols and texts alike: neither may stand anywhere in the file.
TEST_P(ProductionBuild, HasNoTraceOfTheMutants) {
  const std::string production = Contents(GetParam());
  const std::string mutants = Contents(ASSENT_SIM_MUTANTS);
  ASSERT_GT(production.size(), 10'000u) << GetParam();
  EXPECT_NE(mutants.find("IsActiveMutant"), std::string::npos) << "the search itself finds nothing";
  EXPECT_EQ(production.find("IsActiveMutant"), std::string::npos);
  EXPECT_EQ(production.find("ActivateMutant"), std::string::npos);
  for (const Mutant& mutant : Catalogue()) {
    EXPECT_NE(mutants.find(mutant.name), std::string::npos) << mutant.name;
    EXPECT_EQ(production.find(mutant.name), std::string::npos) << mutant.name;
  }
}

// The simulator that ships, the daemon, the command line with its bench of participants, and every
// library that has a twin with bugs.
INSTANTIATE_TEST_SUITE_P(Files, ProductionBuild,
                         testing::Values(ASSENT_SIM, ASSENT_DAEMON, ASSENT_CLI, ASSENT_CORE,
                                         ASSENT_PROTO, ASSENT_STORAGE, ASSENT_COORDINATOR_LOG,
                                         ASSENT_PARTICIPANT_STORE));

}  // namespace
}  // namespace assent
