#include "simulations/recorded_world.h"

#include <cstdlib>
#include <string>

#include "core/check.h"
#include "simulations/worker.h"

namespace assent::simulation {
namespace {

// What a broken check is told to.
World* running = nullptr;
const TellWorld* listener = nullptr;

void TellBrokenCheck(const char* file, int line, const char* condition, const char* message) {
  SetCheckFailureHandler(nullptr);
  const WorldResult result = running->BreakOff(TextOfBrokenCheck(file, line, condition, message));
  std::exit((*listener)(result));
}

}  // namespace

int RunRecorded(const Profile& profile, LogLevel level, const TellWorld& tell) {
  World world(profile, level);
  running = &world;
  listener = &tell;
  SetCheckFailureHandler(&TellBrokenCheck);
  const WorldResult result = world.Run();
  SetCheckFailureHandler(nullptr);
  return tell(result);
}

}  // namespace assent::simulation
