#include "tools/bench/role.h"

#include <cstdio>
#include <iostream>

#include "tools/bench/child.h"
#include "tools/bench/floor_coordinator_role.h"
#include "tools/bench/floor_participant_role.h"
#include "tools/bench/held_participant_role.h"
#include "tools/bench/participant_role.h"
#include "tools/bench/service_role.h"
#include "tools/bench/slow_participant_role.h"
#include "tools/bench/unary_participant_role.h"

namespace assent::bench {

namespace {

Role Held(const char* name, Incarnation incarnation, Holds holds) {
  return {name, 3, [incarnation, holds](const Arguments& arguments) {
            return RunHeldParticipant(arguments, incarnation, holds);
          }};
}

}  // namespace

const std::vector<Role>& Roles() {
  static const std::vector<Role> roles = {
      {"participant", 3, RunParticipant},
      {"slow-participant", 3, RunSlowParticipant},
      {"service", 3, RunService},
      {"plain-service", 3, RunPlainService},
      Held("silent-participant", 1, Holds::kVotes),
      Held("mute-participant", 1, Holds::kCommits),
      Held("reborn-participant", 2, Holds::kNothing),
      Held("idle-participant", 1, Holds::kNothing),
      {"unary-participant", 3, RunUnaryParticipant},
      {"floor-participant", 3, RunFloorParticipant},
      {"floor-coordinator", 4, RunFloorCoordinator},
  };
  return roles;
}

std::vector<std::string> RoleCommand(const std::string& role, const Arguments& arguments) {
  std::vector<std::string> command = {OwnProgram(), "role", role};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

void ServeQuestions(const std::string& ready,
                    const std::function<std::string(const std::string& question)>& answer) {
  std::puts(ready.c_str());
  std::fflush(stdout);
  std::string question;
  while (std::getline(std::cin, question)) {
    std::puts(answer(question).c_str());
    std::fflush(stdout);
  }
}

}  // namespace assent::bench
