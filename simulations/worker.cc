#include "simulations/worker.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "core/check.h"

namespace assent::simulation {
namespace {

// Real time that one world may take before it counts as one that does not finish.
constexpr unsigned kWorldSeconds = 300;

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

void TellEnd(int fd, const WorldReport& report) {
  WorkerRecord record;
  record.what = WorkerRecord::What::kEnds;
  record.seed = report.seed;
  record.exit_code = report.exit_code;
  record.totals = report.totals;
  Tell(fd, record, report.promise, report.text);
}

// The state cannot be trusted any more: this world is over, and so is this process.
void ReportBrokenCheck(const char* file, int line, const char* condition, const char* message) {
  WorldReport report;
  report.seed = check_seed;
  report.exit_code = kExitViolated;
  report.totals.worlds = report.totals.failed = 1;
  report.promise = "invariant";
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

[[noreturn]] void Work(const Worker::Next& next, bool twice, int fd) {
  SetCheckFailureHandler(&ReportBrokenCheck);
  Profile profile;
  while (next(&profile)) {
    WorkerRecord record;
    record.seed = static_cast<std::uint64_t>(profile.seed);
    check_fd = fd;
    check_seed = record.seed;
    Tell(fd, record, "", "");
    alarm(kWorldSeconds);
    TellEnd(fd, RunWorld(profile, twice));
  }
  _exit(0);
}

}  // namespace

std::string TextOfBrokenCheck(const char* file, int line, const char* condition,
                              const char* message) {
  return std::string(condition) + ": " + message + " (" + file + ":" + std::to_string(line) + ")";
}

WorldReport RunWorld(const Profile& profile, bool twice) {
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
  report.totals.virtual_micros = result.virtual_time.micros;
  report.totals.digest = result.digest;
  if (result.violation) {
    report.promise = result.violation->promise;
    report.text = result.violation->text;
  } else if (result.verdict == Verdict::kUnfinished) {
    report.promise = "finish";
    report.text = "the world did not finish within " + std::to_string(result.actions) + " actions";
  }
  if (!twice) return report;
  if (World(profile, LogLevel::kNone).Run().digest != result.digest) {
    report.exit_code = kExitNotDeterministic;
    report.totals.passed = 0;
    report.totals.failed = 1;
    report.promise = "determinism";
    report.text = "two runs of one profile took different ways";
  }
  return report;
}

Worker::Worker(const Next& next, bool twice) {
  int ends[2];
  ASSENT_CHECK(pipe(ends) == 0, "no pipe to a worker");
  pid_ = fork();
  ASSENT_CHECK(pid_ >= 0, "no process for a worker");
  if (pid_ == 0) {
    close(ends[0]);
    Work(next, twice, ends[1]);
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
  if (WIFSIGNALED(status)) {
    death_ = WTERMSIG(status) == SIGALRM
                 ? "the world did not finish in " + std::to_string(kWorldSeconds) + " s"
                 : "the process died of " + std::string(strsignal(WTERMSIG(status)));
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
    report->totals = record.totals;
    return true;
  }
  if (!has_ended_ || !is_in_world_) return false;
  is_in_world_ = false;
  *report = WorldReport();
  report->seed = last_seed_;
  report->exit_code = death_.starts_with("the world") ? kExitUnfinished : kExitViolated;
  report->totals.worlds = report->totals.failed = 1;
  report->promise = "process";
  report->text = death_.empty() ? "the process ended within this world" : death_;
  return true;
}

}  // namespace assent::simulation
