#include "tools/bench/participant_role.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "participant/agent.h"
#include "participant/agent_state.h"
#include "participant/key_value_store.h"

namespace assent::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};

std::int64_t SumOf(KeyValueStore* store) {
  std::int64_t sum = 0;
  const StoreResult scanned =
      store->ScanCommitted("", [&sum](std::string_view, std::string_view value) {
        sum += std::strtoll(std::string(value).c_str(), nullptr, 10);
      });
  return scanned.ok() ? sum : -1;
}

}  // namespace

void LogWarnings(AgentLogLevel level, const std::string& text) {
  if (level != AgentLogLevel::kInfo) std::fprintf(stderr, "agent: %s\n", text.c_str());
}

int RunParticipant(const Arguments& arguments) {
  KeyValueStoreOptions options;
  options.directory = arguments[1];
  std::string error = KeyValueStore::Create(options, DrawStoreId());
  KeyValueStore store(options);
  AgentOptions agent_options;
  agent_options.name = arguments[0];
  agent_options.coordinators = {arguments[2]};
  agent_options.log = LogWarnings;
  Agent agent(agent_options, &store);
  if (error.empty()) error = agent.Start();
  if (error.empty() && !agent.WaitUntilAttached(kPatience)) error = "not attached in time";
  ServeQuestions(error.empty() ? "ready" : error, [&store](const std::string& question) {
    return question == "sum" ? std::to_string(SumOf(&store))
                             : std::to_string(store.synced_batches());
  });
  return error.empty() ? 0 : 1;
}

}  // namespace assent::bench
