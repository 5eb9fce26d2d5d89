#include "tools/bench/held_participant_role.h"

#include <chrono>
#include <cstdlib>
#include <string>

#include "participant/agent.h"
#include "tools/bench/participant_role.h"

namespace assent::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kMaxBranches = 100'000'000;

}  // namespace

int RunHeldParticipant(const Arguments& arguments, Incarnation incarnation, Holds holds) {
  HeldStore store(arguments[0], incarnation, holds);
  AgentOptions options;
  options.name = arguments[0];
  options.coordinators = {arguments[2]};
  options.log = LogWarnings;
  options.max_active_branches = kMaxBranches;
  options.hung_after = std::chrono::hours(24);
  Agent agent(options, &store);
  std::string error = agent.Start();
  if (error.empty() && !agent.WaitUntilAttached(kPatience)) error = "not attached in time";
  ServeQuestions(error.empty() ? "ready" : error, [](const std::string&) { return "0"; });
  std::_Exit(error.empty() ? 0 : 1);  // what is held back would be waited for
}

}  // namespace assent::bench
