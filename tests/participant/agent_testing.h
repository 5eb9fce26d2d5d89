// What the agent's tests share: the real assentd, the real client, an agent in the test's process,
// and its log as something that can be waited for.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/client.h"
#include "participant/agent.h"
#include "participant/agent_state.h"
#include "participant/key_value_store.h"
#include "runtime/clock.h"
#include "runtime/mutex.h"
#include "tests/daemon/daemon_process.h"
#include "tests/support/temporary_directory.h"

namespace assent {

inline constexpr std::chrono::seconds kPatience{testing::kPatienceSeconds};

// A state that one thread changes and another waits for.
class Watched {
 public:
  template <class Change>
  void Update(Change change) {
    MutexLock lock(&mutex_);
    change();
    changed_.NotifyAll();
  }
  // False: it did not come true in kPatience.
  template <class Condition>
  [[nodiscard]] bool Await(Condition condition) {
    const Time deadline = MonotonicNow() + Duration::Seconds(testing::kPatienceSeconds);
    MutexLock lock(&mutex_);
    while (!condition()) {
      const Duration left = deadline - MonotonicNow();
      if (left <= Duration()) return false;
      changed_.WaitFor(&mutex_, std::chrono::microseconds(left.micros));
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
};

// An agent's log.
class LogBook {
 public:
  struct Line {
    Time time;
    AgentLogLevel level = AgentLogLevel::kInfo;
    std::string text;
  };

  void Write(AgentLogLevel level, const std::string& text) {
    watched_.Update([&] { lines_.push_back({MonotonicNow(), level, text}); });
  }
  // The first `count` lines that hold `text`; fewer, with a failure, if they do not come.
  std::vector<Line> Await(const std::string& text, std::size_t count = 1) {
    std::vector<Line> found;
    const bool came = watched_.Await([&] {
      found.clear();
      for (const Line& line : lines_) {
        if (line.text.find(text) != std::string::npos) found.push_back(line);
      }
      return found.size() >= count;
    });
    EXPECT_TRUE(came) << "nothing in the log of: " << text;
    return found;
  }

 private:
  Watched watched_;
  std::vector<Line> lines_;
};

// An agent whose log and failure can be waited for. Options are set between construction and Start.
class TestedAgent {
 public:
  TestedAgent(std::string name, std::vector<std::string> coordinators, ResourceManager* manager)
      : manager_(manager) {
    options_.name = std::move(name);
    options_.coordinators = std::move(coordinators);
    options_.log = [this](AgentLogLevel level, const std::string& text) {
      log_.Write(level, text);
    };
    options_.failed = [this](const std::string& error) {
      watched_.Update([&] { failure_ = error; });
    };
  }

  AgentOptions* options() { return &options_; }
  LogBook* log() { return &log_; }

  std::string Start() {
    agent_ = std::make_unique<Agent>(options_, manager_);
    return agent_->Start();
  }
  void StartAttached() {
    ASSERT_EQ(Start(), "");
    ASSERT_TRUE(agent_->WaitUntilAttached(kPatience));
  }
  Agent* operator->() { return agent_.get(); }

  std::string AwaitFailure() {
    EXPECT_TRUE(watched_.Await([this] { return !failure_.empty(); }));
    return failure_;
  }

 private:
  ResourceManager* const manager_;
  AgentOptions options_;
  LogBook log_;
  Watched watched_;
  std::string failure_;
  std::unique_ptr<Agent> agent_;
};

inline ClientOptions ClientOf(const testing::Daemon& daemon) {
  ClientOptions options;
  options.coordinator = daemon.address();
  options.call_timeout = kPatience;
  return options;
}

// Commits a transaction of one branch.
inline CommitReport CommitOne(const testing::Daemon& daemon, const std::string& participant,
                              const Operations& work) {
  Client client(ClientOf(daemon));
  Transaction transaction = client.Begin();
  transaction.Add(participant, work.Encode());
  return transaction.Commit();
}

inline KeyValueStoreOptions StoreIn(const std::string& directory) {
  KeyValueStoreOptions options;
  options.directory = directory;
  options.reserve_bytes = 0;
  return options;
}

inline KeyValueStoreOptions NewStoreIn(const std::string& directory) {
  const KeyValueStoreOptions options = StoreIn(directory);
  EXPECT_EQ(KeyValueStore::Create(options, DrawStoreId()), "");
  return options;
}

}  // namespace assent
