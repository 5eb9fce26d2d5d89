// A stream of transfers by a process of its own (transfer_driver), and what it was told.
//
// The driver makes as many transfers as it is granted. What it tells goes through a pipe, so that
// everything that was acknowledged is known here, even when the driver is killed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/messages.h"
#include "runtime/mutex.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {

// What the driver told, of one or more lives. Thread-safe.
class Journal {
 public:
  void Take(const std::string& line);

  // Blocks until `count` transfers have been answered, refused or left without an answer; false if
  // that takes longer than `patience`.
  bool AwaitAnswers(std::uint64_t count, std::chrono::milliseconds patience);
  // The driver was killed, and `mark` marks written after its last line: those that it had begun
  // get no answer any more. The number of answers.
  std::uint64_t GiveUpOpen(std::uint64_t mark);

  // Every transfer that was begun, with what was told of it, perhaps nothing (kUnknown).
  std::map<std::string, Outcome> told() const;
  // Two different outcomes of one transfer.
  std::vector<std::string> contradictions() const;
  std::uint64_t committed() const;
  std::vector<std::string> refusals() const;

 private:
  struct Entry {
    Outcome outcome = Outcome::kUnknown;
    bool answered = false;
  };

  void Answer(const std::string& id, Outcome outcome) ASSENT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::map<std::string, Entry> entries_ ASSENT_GUARDED_BY(mutex_);
  std::uint64_t answers_ ASSENT_GUARDED_BY(mutex_) = 0;
  std::uint64_t committed_ ASSENT_GUARDED_BY(mutex_) = 0;
  std::uint64_t marks_ ASSENT_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> contradictions_ ASSENT_GUARDED_BY(mutex_);
  std::vector<std::string> refusals_ ASSENT_GUARDED_BY(mutex_);
};

class Transfers {
 public:
  struct Options {
    std::string coordinator;
    std::chrono::milliseconds call_timeout{10'000};  // after that the answer is UNKNOWN
  };

  explicit Transfers(Options options);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void Start();
  // Lets it make so many more.
  void Grant(int count);
  // Blocks until all but `but` of what was granted has its answer; ends the test after a minute.
  void AwaitAnswers(int but = 0);
  // The same for a time: a fault that lasts. False: it was over first.
  bool AwaitAnswersFor(std::chrono::milliseconds time, int but = 0);
  // Lets it finish; its exit code.
  int Stop();
  // `kill -9`, and a new one in its place, which is granted nothing yet.
  void Restart();

  Process& process() { return process_; }
  const Journal& journal() const { return journal_; }

 private:
  void Read();

  const Options options_;
  TemporaryDirectory directory_;
  const std::string control_path_;
  const std::string journal_path_;
  int control_ = -1;
  int lines_ = -1;
  Process process_;
  Journal journal_;
  std::uint64_t granted_ = 0;
  std::uint64_t seed_ = 1;
  std::uint64_t marks_ = 0;
  std::thread reader_;
};

}  // namespace assent::testing
