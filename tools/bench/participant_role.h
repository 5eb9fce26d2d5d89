// A participant with the agent and the ready key-value store, in a process of its own.
//
//   role participant NAME DIRECTORY COORDINATOR
//
// Ready: "ready". Answers "syncs" (that it made) and "sum" (of all numbers in its store).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "participant/agent.h"
#include "participant/key_value_store.h"
#include "tools/bench/role.h"

namespace assent::bench {

// For AgentOptions::log: to standard error, without what is only information.
void LogWarnings(AgentLogLevel level, const std::string& text);

// An agent with the key-value store, from the arguments of the role.
class StoreAgent {
 public:
  // What stands between the agent and the store, which outlives it.
  using Wrap = std::function<std::unique_ptr<ResourceManager>(ResourceManager* store)>;

  // Makes the store, if its directory is not there. Blocks until it is attached.
  explicit StoreAgent(const Arguments& arguments, const Wrap& wrap = {});

  // Empty, or why it does not run.
  const std::string& error() const { return error_; }
  Agent* agent() { return agent_.get(); }
  KeyValueStore* store() { return store_.get(); }
  std::string Answer(const std::string& question);

 private:
  std::string error_;
  std::unique_ptr<KeyValueStore> store_;
  std::unique_ptr<ResourceManager> wrapped_;  // null: the agent drives the store itself
  std::unique_ptr<Agent> agent_;
};

int RunParticipant(const Arguments& arguments);

}  // namespace assent::bench
