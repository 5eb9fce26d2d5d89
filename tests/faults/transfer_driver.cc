// An initiator as a process: it moves money between the participants "debit" and "credit" of a
// bank, and tells each answer that it gets, as soon as it gets it.
//
//   transfer_driver COORDINATOR CONTROL JOURNAL SEED CALL_TIMEOUT_MS
//
// CONTROL and JOURNAL are pipes. A line of CONTROL is a number of transfers to make, or "stop".
// JOURNAL (tests/faults/journal.h) has "begun ID", then "committed ID", "aborted ID" or
// "unknown ID", perhaps several of one id, since it asks again; "refused TEXT" of a Begin that gave
// none. What is not told yet when it is killed was not acknowledged.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "client/client.h"
#include "core/check.h"
#include "core/prng.h"
#include "participant/key_value_store_operations.h"
#include "runtime/mutex.h"
#include "tests/integration/bank_accounts.h"

namespace assent::testing {
namespace {

constexpr int kInFlight = 16;
constexpr std::uint64_t kAskAgain = 11;   // one of so many asks about an earlier transfer
constexpr std::uint64_t kAbortAlso = 13;  // ... tries to abort one that is under way
constexpr std::uint64_t kTooMuch = 17;    // ... moves more than there is

class Journal {
 public:
  explicit Journal(const char* path) : file_(path, std::ios::app) {
    ASSENT_CHECK(file_.is_open(), "the journal is a pipe that is there");
  }

  void Write(const std::string& line) {
    MutexLock lock(&mutex_);
    file_ << line << std::endl;  // one write, so that no death tears it
  }

  void Write(const CommitReport& report) {
    const char* word = report.outcome == Outcome::kCommitted ? "committed "
                       : report.outcome == Outcome::kAborted ? "aborted "
                                                             : "unknown ";
    Write(word + report.id);
  }

 private:
  Mutex mutex_;
  std::ofstream file_;
};

class Driver {
 public:
  Driver(const ClientOptions& options, const char* journal, std::uint64_t seed)
      : journal_(journal), prng_(seed), client_(options) {}

  void MakeOne() {
    AwaitFewerThan(kInFlight);
    Transaction transaction = client_.Begin();
    if (!transaction.valid()) return journal_.Write("refused " + transaction.error_text());
    const std::string id = transaction.id();
    AddBranches(&transaction);
    journal_.Write("begun " + id);
    begun_.push_back(id);
    {
      MutexLock lock(&mutex_);
      ++under_way_;
    }
    transaction.CommitAsync([this](const CommitReport& report) { Answered(report); });
    if (prng_.Below(kAbortAlso) == 0) journal_.Write(client_.Abort(id));
    if (prng_.Below(kAskAgain) == 0) {
      journal_.Write(client_.Get(begun_[prng_.Below(begun_.size())]));
    }
  }

  // Waits for what is under way, and asks again about what is unknown.
  void Finish() {
    AwaitFewerThan(1);
    MutexLock lock(&mutex_);
    for (const std::string& id : unknown_) journal_.Write(client_.Get(id));
    unknown_.clear();
  }

 private:
  void AddBranches(Transaction* transaction) {
    const std::string account =
        std::string(kAccountPrefix) + std::to_string(prng_.Below(kAccounts));
    const auto amount = static_cast<std::int64_t>(1 + prng_.Below(7)) +
                        (prng_.Below(kTooMuch) == 0 ? 2 * kFunds : 0);
    // Each leaves a trace under its own id.
    const std::string trace = std::string(kTracePrefix) + transaction->id();
    const std::string text = std::to_string(amount);
    transaction->Add("debit", Operations().Add(account, -amount, 0).Put(trace, text).Encode());
    transaction->Add("credit", Operations().Add(account, amount).Put(trace, text).Encode());
  }

  void AwaitFewerThan(int count) {
    MutexLock lock(&mutex_);
    while (under_way_ >= count) changed_.Wait(&mutex_);
  }

  void Answered(const CommitReport& report) {
    journal_.Write(report);
    MutexLock lock(&mutex_);
    --under_way_;
    if (report.outcome == Outcome::kUnknown) unknown_.push_back(report.id);
    changed_.NotifyAll();
  }

  Journal journal_;
  Prng prng_;
  std::vector<std::string> begun_;
  Mutex mutex_;
  CondVar changed_;
  int under_way_ = 0;
  std::vector<std::string> unknown_;
  Client client_;  // its end calls back
};

int Run(char** argv) {
  ClientOptions options;
  options.coordinator = argv[1];
  options.ids_per_block = 64;
  options.call_timeout = std::chrono::milliseconds(std::strtol(argv[5], nullptr, 10));
  Driver driver(options, argv[3], std::strtoull(argv[4], nullptr, 10));
  std::ifstream control(argv[2]);
  std::string line;
  while (std::getline(control, line) && line != "stop") {
    const long count = std::strtol(line.c_str(), nullptr, 10);
    for (long i = 0; i < count; ++i) driver.MakeOne();
  }
  driver.Finish();
  return 0;
}

}  // namespace
}  // namespace assent::testing

int main(int argc, char** argv) {
  ASSENT_CHECK(argc == 6, "COORDINATOR CONTROL JOURNAL SEED CALL_TIMEOUT_MS");
  return assent::testing::Run(argv);
}
