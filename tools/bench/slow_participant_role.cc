#include "tools/bench/slow_participant_role.h"

#include <cstdlib>
#include <memory>
#include <string_view>

#include "tools/bench/delaying_store.h"
#include "tools/bench/participant_role.h"

namespace assent::bench {
namespace {

constexpr std::string_view kDelay = "delay ";

}  // namespace

int RunSlowParticipant(const Arguments& arguments) {
  DelayingStore* delaying = nullptr;
  StoreAgent participant(arguments, [&delaying](ResourceManager* store) {
    auto wrapped = std::make_unique<DelayingStore>(store);
    delaying = wrapped.get();
    return wrapped;
  });
  const std::string& error = participant.error();
  ServeQuestions(error.empty() ? "ready" : error, [&](const std::string& question) {
    if (!question.starts_with(kDelay)) return participant.Answer(question);
    delaying->set_delay(Duration::Micros(std::atoll(question.c_str() + kDelay.size())));
    return std::string("0");
  });
  return error.empty() ? 0 : 1;
}

}  // namespace assent::bench
