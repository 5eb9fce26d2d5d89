#include "simulations/worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "core/check.h"
#include "simulations/print.h"
#include "simulations/promises.h"

namespace assent::simulation {
namespace {

// Of this process, if it is a worker: where to tell of a broken check.
int check_fd = -1;
std::uint64_t check_seed = 0;

void WriteAll(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written <= 0) _exit(1);  // the parent has gone
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void Tell(int fd, WorkerRecord record, const std::string& promise, const std::string& text) {
  record.promise_size = static_cast<std::uint32_t>(promise.size());
  record.text_size = static_cast<std::uint32_t>(text.size());
  WriteAll(fd, reinterpret_cast<const char*>(&record), sizeof record);
  WriteAll(fd, promise.data(), promise.size());
  WriteAll(fd, text.data(), text.size());
}

void TellBegin(int fd, const Profile& profile) {
  WorkerRecord record;
  record.seed = static_cast<std::uint64_t>(profile.seed);
  Tell(fd, record, "", "");
}

void TellEnd(int fd, const WorldReport& report) {
  WorkerRecord record;
  record.what = WorkerRecord::What::kEnds;
  record.seed = report.seed;
  record.exit_code = report.exit_code;
  record.is_lost = report.is_lost;
  record.totals = report.totals;
  Tell(fd, record, report.promise, report.text);
}

// The state cannot be trusted any more: this world is over, and so is this process.
void ReportBrokenCheck(const char* file, int line, const char* condition, const char* message) {
  WorldReport report;
  report.seed = check_seed;
  report.exit_code = kExitViolated;
  report.totals.worlds = report.totals.failed = 1;
  report.promise = PromiseName("invariant");
  report.text = TextOfBrokenCheck(file, line, condition, message);
  TellEnd(check_fd, report);
  _exit(1);
}

ExitCode CodeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHeld:
      return kExitHeld;
    case Verdict::kViolated:
      return kExitViolated;
    case Verdict::kUnfinished:
      return kExitUnfinished;
  }
  return kExitUnfinished;
}

[[noreturn]] void Work(const Worker::Next& next, const WorkerOptions& options, int fd) {
  SetCheckFailureHandler(&ReportBrokenCheck);
  Profile profile;
  while (next(&profile)) {
    check_fd = fd;
    check_seed = static_cast<std::uint64_t>(profile.seed);
    TellBegin(fd, profile);
    alarm(options.world_seconds);
    const WorldReport report = options.run(profile);
    alarm(0);
    TellEnd(fd, report);
  }
  _exit(0);
}

// 1 for each that happened.
template <class Names, class Counts>
void CountWhatHappened(const Names& names, const Counts& counts, Counts* worlds_with) {
  for (const auto& name : names) worlds_with->*name.count = counts.*name.count > 0 ? 1 : 0;
}

// Two processes for each world: one that goes on from world to world, and a fresh one.
class Pair {
 public:
  explicit Pair(const WorkerOptions& options) : options_(options) { options_.twice = false; }

  WorldReport Run(const Profile& profile) {
    if (!veteran_) Employ();
    WriteAll(orders_, reinterpret_cast<const char*>(&profile), sizeof profile);
    const WorldReport second = RunIsolated(profile, options_);
    const WorldReport first = veteran_->AwaitReport();
    if (first.exit_code != kExitHeld) veteran_.reset();  // it may have died of it
    return JudgeTwice(first, second);
  }

 private:
  void Employ() {
    if (orders_ >= 0) close(orders_);
    int ends[2];
    ASSENT_CHECK(pipe(ends) == 0, "no pipe to a worker");
    orders_ = ends[1];
    const auto next = [from = ends[0]](Profile* profile) {
      return read(from, profile, sizeof *profile) == ssize_t{sizeof *profile};
    };
    veteran_ = std::make_unique<Worker>(next, options_);
    close(ends[0]);
  }

  WorkerOptions options_;
  std::unique_ptr<Worker> veteran_;
  int orders_ = -1;  // profiles for it
};

[[noreturn]] void WorkTwice(const Worker::Next& next, const WorkerOptions& options, int fd) {
  Pair pair(options);
  Profile profile;
  while (next(&profile)) {
    TellBegin(fd, profile);
    TellEnd(fd, pair.Run(profile));
  }
  _exit(0);
}

// The process that runs worlds.
[[noreturn]] void Begin(const Worker::Next& next, const WorkerOptions& options, int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (options.twice) WorkTwice(next, options, fd);
  Work(next, options, fd);
}

}  // namespace

std::string TextOfBrokenCheck(const char* file, int line, const char* condition,
                              const char* message) {
  return std::string(condition) + ": " + message + " (" + file + ":" + std::to_string(line) + ")";
}

WorldReport RunWorld(const Profile& profile) {
  const WorldResult result = World(profile, LogLevel::kNone).Run();
  WorldReport report;
  report.seed = static_cast<std::uint64_t>(profile.seed);
  report.exit_code = CodeOf(result.verdict);
  report.totals.worlds = 1;
  (result.verdict == Verdict::kHeld ? report.totals.passed : report.totals.failed) = 1;
  report.totals.outcomes = result.outcomes;
  report.totals.faults = result.faults;
  report.totals.coverage = result.coverage;
  report.totals.network = result.network;
  CountWhatHappened(FaultCountNames(), result.faults, &report.totals.worlds_with);
  CountWhatHappened(NetworkCountNames(), result.network, &report.totals.worlds_with_network);
  report.totals.virtual_micros = result.virtual_time.micros;
  report.totals.digest = result.digest;
  if (result.violation) {
    report.promise = result.violation->promise;
    report.text = result.violation->text;
  } else if (result.verdict == Verdict::kUnfinished) {
    report.promise = PromiseName("finish");
    report.text = result.unfinished;
  }
  return report;
}

WorldReport JudgeTwice(const WorldReport& first, const WorldReport& second) {
  if (first.exit_code == kExitViolated) return first;
  if (second.exit_code == kExitViolated) return second;
  if (first.is_lost || second.is_lost) return first.is_lost ? first : second;
  if (first.exit_code == second.exit_code && first.totals.digest == second.totals.digest) {
    return first;
  }
  WorldReport report = first;
  report.exit_code = kExitNotDeterministic;
  report.totals.passed = 0;
  report.totals.failed = 1;
  report.promise = PromiseName("determinism");
  report.text = "two runs of one profile took different ways";
  return report;
}

Worker::Worker(const Next& next, const WorkerOptions& options)
    : world_seconds_(options.world_seconds) {
  int ends[2];
  ASSENT_CHECK(pipe(ends) == 0, "no pipe to a worker");
  pid_ = fork();
  ASSENT_CHECK(pid_ >= 0, "no process for a worker");
  if (pid_ == 0) {
    close(ends[0]);
    Begin(next, options, ends[1]);
  }
  close(ends[1]);
  fd_ = ends[0];
}

Worker::~Worker() {
  if (!has_ended_) kill(pid_, SIGKILL);
  End();
  close(fd_);
}

void Worker::End() {
  if (pid_ < 0) return;
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  died_ = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  is_out_of_time_ = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
  if (is_out_of_time_) {
    death_ = "the world did not finish in " + std::to_string(world_seconds_) + " s";
  } else if (WIFSIGNALED(status)) {
    death_ = "the process died of " + std::string(strsignal(WTERMSIG(status)));
  }
}

bool Worker::Read() {
  char bytes[65536];
  const ssize_t count = read(fd_, bytes, sizeof bytes);
  if (count > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  has_ended_ = true;
  End();
  return false;
}

bool Worker::TakeReport(WorldReport* report) {
  WorkerRecord record;
  while (buffer_.size() >= sizeof record) {
    std::memcpy(static_cast<void*>(&record), buffer_.data(), sizeof record);
    const std::size_t size = sizeof record + record.promise_size + record.text_size;
    if (buffer_.size() < size) break;
    report->promise = buffer_.substr(sizeof record, record.promise_size);
    report->text = buffer_.substr(sizeof record + record.promise_size, record.text_size);
    buffer_.erase(0, size);
    is_in_world_ = record.what == WorkerRecord::What::kBegins;
    last_seed_ = record.seed;
    if (is_in_world_) continue;
    report->seed = record.seed;
    report->exit_code = record.exit_code;
    report->is_lost = record.is_lost;
    report->totals = record.totals;
    return true;
  }
  if (!has_ended_ || !is_in_world_) return false;
  is_in_world_ = false;
  *report = WorldReport();
  report->seed = last_seed_;
  report->exit_code = is_out_of_time_ ? kExitUnfinished : kExitViolated;
  report->is_lost = true;
  report->totals.worlds = report->totals.failed = 1;
  report->promise = is_out_of_time_ ? PromiseName("finish") : PromiseName("process");
  report->text = death_.empty() ? "the process ended within this world" : death_;
  return true;
}

WorldReport Worker::AwaitReport() {
  WorldReport report;
  bool lives = true;
  while (!TakeReport(&report)) {
    ASSENT_CHECK(lives, "a worker ended without its report");
    lives = Read();
  }
  return report;
}

WorldReport RunIsolated(const Profile& profile, const WorkerOptions& options) {
  bool is_given = false;
  Worker worker(
      [&](Profile* next) {
        *next = profile;
        return !std::exchange(is_given, true);
      },
      options);
  return worker.AwaitReport();
}

}  // namespace assent::simulation
