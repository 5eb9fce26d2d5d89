// A participant with the agent and the ready key-value store, in a process of its own.
//
//   role participant NAME DIRECTORY COORDINATOR
//
// Ready: "ready". Answers "syncs" (that it made) and "sum" (of all numbers in its store).
#pragma once

#include <string>

#include "participant/agent.h"
#include "tools/bench/role.h"

namespace assent::bench {

// For AgentOptions::log: to standard error, without what is only information.
void LogWarnings(AgentLogLevel level, const std::string& text);

int RunParticipant(const Arguments& arguments);

}  // namespace assent::bench
