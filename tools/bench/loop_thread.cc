#include "tools/bench/loop_thread.h"

#include <future>

namespace assent::bench {

std::string AskLoop(EventLoop* loop, const std::function<std::string()>& question) {
  std::promise<std::string> answer;
  std::future<std::string> answered = answer.get_future();
  const bool asked = loop->Post([&] { answer.set_value(question()); });
  return asked ? answered.get() : "";
}

}  // namespace assent::bench
