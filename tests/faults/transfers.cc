#include "tests/faults/transfers.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "core/check.h"
#include "runtime/clock.h"

namespace assent::testing {
namespace {

constexpr char kEnd[] = "end\n";  // to the reader, from this process

// Both ways: an end that is not there yet, or not any more, is waited for by nobody.
int MakePipe(const std::string& path) {
  ASSENT_CHECK(mkfifo(path.c_str(), 0600) == 0);
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSENT_CHECK(descriptor >= 0);
  return descriptor;
}

void WriteAll(int descriptor, const std::string& text) {
  ASSENT_CHECK(write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

}  // namespace

// --- Journal ---

void Journal::Take(const std::string& line) {
  const std::size_t space = line.find(' ');
  ASSENT_CHECK(space != std::string::npos, "a line of the journal is a word and a text");
  const std::string word = line.substr(0, space);
  const std::string text = line.substr(space + 1);
  MutexLock lock(&mutex_);
  if (word == "mark") {
    ++marks_;
  } else if (word == "begun") {
    ASSENT_CHECK(entries_.emplace(text, Entry()).second, "no id is given out twice");
  } else if (word == "refused") {
    refusals_.push_back(text);
    ++answers_;
  } else {
    Answer(text, word == "committed" ? Outcome::kCommitted
                 : word == "aborted" ? Outcome::kAborted
                                     : Outcome::kUnknown);
  }
  changed_.NotifyAll();
}

void Journal::Answer(const std::string& id, Outcome outcome) {
  Entry& entry = entries_[id];
  if (!entry.answered) ++answers_;
  entry.answered = true;
  if (outcome == Outcome::kUnknown) return;
  if (entry.outcome != Outcome::kUnknown && entry.outcome != outcome) {
    contradictions_.push_back(id);
  }
  if (entry.outcome == Outcome::kUnknown && outcome == Outcome::kCommitted) ++committed_;
  entry.outcome = outcome;
}

bool Journal::AwaitAnswers(std::uint64_t count, std::chrono::milliseconds patience) {
  const Time deadline = MonotonicNow() + Duration::Millis(patience.count());
  MutexLock lock(&mutex_);
  while (answers_ < count) {
    const Duration left = deadline - MonotonicNow();
    if (left <= Duration{}) return false;
    changed_.WaitFor(&mutex_, std::chrono::microseconds(left.micros));
  }
  return true;
}

std::uint64_t Journal::GiveUpOpen(std::uint64_t mark) {
  MutexLock lock(&mutex_);
  while (marks_ < mark) changed_.Wait(&mutex_);
  for (auto& [id, entry] : entries_) entry.answered = true;
  return answers_;
}

std::map<std::string, Outcome> Journal::told() const {
  MutexLock lock(&mutex_);
  std::map<std::string, Outcome> told;
  for (const auto& [id, entry] : entries_) told.emplace(id, entry.outcome);
  return told;
}

std::vector<std::string> Journal::contradictions() const {
  MutexLock lock(&mutex_);
  return contradictions_;
}

std::uint64_t Journal::committed() const {
  MutexLock lock(&mutex_);
  return committed_;
}

std::vector<std::string> Journal::refusals() const {
  MutexLock lock(&mutex_);
  return refusals_;
}

// --- Transfers ---

Transfers::Transfers(Options options)
    : options_(std::move(options)),
      control_path_(directory_ / "control"),
      journal_path_(directory_ / "journal"),
      control_(MakePipe(control_path_)),
      lines_(MakePipe(journal_path_)) {
  reader_ = std::thread([this] { Read(); });
}

Transfers::~Transfers() {
  if (process_.running()) {
    process_.Signal(SIGKILL);
    process_.WaitForExit();
  }
  WriteAll(lines_, kEnd);
  reader_.join();
  close(control_);
  close(lines_);
}

void Transfers::Read() {
  std::string line;
  std::array<char, 4096> bytes{};
  while (true) {
    const ssize_t count = read(lines_, bytes.data(), bytes.size());
    ASSENT_CHECK(count > 0);
    for (ssize_t i = 0; i < count; ++i) {
      line.push_back(bytes[static_cast<std::size_t>(i)]);
      if (line.back() != '\n') continue;
      if (line == kEnd) return;
      line.pop_back();
      journal_.Take(line);
      line.clear();
    }
  }
}

void Transfers::Start() {
  process_.Start({TRANSFER_DRIVER, options_.coordinator, control_path_, journal_path_,
                  std::to_string(seed_++), std::to_string(options_.call_timeout.count())},
                 directory_ / "output");
}

void Transfers::Grant(int count) {
  granted_ += static_cast<std::uint64_t>(count);
  WriteAll(control_, std::to_string(count) + "\n");
}

void Transfers::AwaitAnswers(int but) {
  ASSENT_CHECK(AwaitAnswersFor(std::chrono::seconds(kPatienceSeconds), but),
               "every transfer gets an answer");
}

bool Transfers::AwaitAnswersFor(std::chrono::milliseconds time, int but) {
  const auto left_out = static_cast<std::uint64_t>(but);
  return journal_.AwaitAnswers(granted_ > left_out ? granted_ - left_out : 0, time);
}

void Transfers::Restart() {
  process_.Signal(SIGKILL);
  process_.WaitForExit();
  // What it was granted and has not read is not for the next one.
  std::array<char, 4096> unread{};
  const int control = open(control_path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  while (read(control, unread.data(), unread.size()) > 0) {
  }
  close(control);
  WriteAll(lines_, "mark it\n");
  granted_ = journal_.GiveUpOpen(++marks_);
  Start();
}

int Transfers::Stop() {
  WriteAll(control_, "stop\n");
  return process_.WaitForExit();
}

}  // namespace assent::testing
