#include "tools/bench/participant_role.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "participant/agent.h"
#include "participant/agent_state.h"
#include "participant/key_value_store.h"

namespace assent::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};

// As a number, or why there is none.
std::string SumOf(KeyValueStore* store) {
  std::int64_t sum = 0;
  const StoreResult scanned =
      store->ScanCommitted("", [&sum](std::string_view, std::string_view value) {
        sum += std::strtoll(std::string(value).c_str(), nullptr, 10);
      });
  return scanned.ok() ? std::to_string(sum) : scanned.text;
}

}  // namespace

void LogWarnings(AgentLogLevel level, const std::string& text) {
  if (level != AgentLogLevel::kInfo) std::fprintf(stderr, "agent: %s\n", text.c_str());
}

StoreAgent::StoreAgent(const Arguments& arguments, const Wrap& wrap) {
  KeyValueStoreOptions options;
  options.directory = arguments[1];
  std::error_code unreadable;  // the store says so, too
  if (!std::filesystem::exists(options.directory, unreadable)) {
    error_ = KeyValueStore::Create(options, DrawStoreId());
  }
  store_ = std::make_unique<KeyValueStore>(options);
  if (wrap) wrapped_ = wrap(store_.get());
  AgentOptions agent_options;
  agent_options.name = arguments[0];
  agent_options.coordinators = {arguments[2]};
  agent_options.log = LogWarnings;
  agent_ =
      std::make_unique<Agent>(agent_options, wrapped_ != nullptr ? wrapped_.get() : store_.get());
  if (error_.empty()) error_ = agent_->Start();
  if (error_.empty() && !agent_->WaitUntilAttached(kPatience)) error_ = "not attached in time";
}

std::string StoreAgent::Answer(const std::string& question) {
  return question == "sum" ? SumOf(store_.get()) : std::to_string(store_->synced_batches());
}

int RunParticipant(const Arguments& arguments) {
  StoreAgent participant(arguments);
  ServeQuestions(
      participant.error().empty() ? "ready" : participant.error(),
      [&participant](const std::string& question) { return participant.Answer(question); });
  return participant.error().empty() ? 0 : 1;
}

}  // namespace assent::bench
