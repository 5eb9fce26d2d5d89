#include "tools/bench/supervisor.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "core/check.h"

namespace assent::bench {
namespace {

constexpr int kSignalled = 128;
constexpr int kEndMillis = 10'000;   // for a process to end
constexpr int kDeathMillis = 1'000;  // for the death to show that explains an error
constexpr int kRemovals = 10;        // a thread of our own may still make files
constexpr std::size_t kLogLines = 10;

// glibc 2.36 declares its own wrappers for C only.
int OpenHandle(pid_t process) { return static_cast<int>(syscall(SYS_pidfd_open, process, 0)); }

void SendSignal(int handle, int signal) {
  syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0);  // it may have ended
}

void WatchDescriptor(int events, int descriptor) {
  epoll_event event = {};
  event.events = EPOLLIN;
  ASSENT_CHECK(epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

void Remove(const std::string& directory) {
  for (int i = 0; i < kRemovals; ++i) {
    std::error_code error;  // what cannot be removed is the temporary folder's to keep
    std::filesystem::remove_all(directory, error);
    if (!error) return;
  }
}

// How it has ended, if it has. It stays to be waited for.
std::optional<std::string> EndOf(pid_t process) {
  siginfo_t info = {};
  const auto id = static_cast<id_t>(process);
  if (waitid(P_PID, id, &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info.si_pid == 0) return {};
  const std::string status = std::to_string(info.si_status);
  if (info.si_code == CLD_EXITED) return "ended with exit code " + status;
  return "was killed by signal " + status + " (" + strsignal(info.si_status) + ")";
}

// The last lines of a file, indented; nothing if there are none.
std::string EndOfLog(const std::string& path) {
  std::deque<std::string> last;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    last.push_back(line);
    if (last.size() > kLogLines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += "\n  " + line;
  return text.empty() ? "" : "; the end of its log:" + text;
}

}  // namespace

Supervisor& Supervisor::Get() {
  static auto* const supervisor = new Supervisor;
  return *supervisor;
}

Supervisor::Supervisor() : events_(epoll_create1(EPOLL_CLOEXEC)) { ASSENT_CHECK(events_ >= 0); }

void Supervisor::Watch() {
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&awaited, signal);
  ASSENT_CHECK(pthread_sigmask(SIG_BLOCK, &awaited, nullptr) == 0);
  {
    MutexLock lock(&mutex_);
    signals_ = signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
    WatchDescriptor(events_, signals_);
  }
  std::thread([this] { Run(); }).detach();
}

void Supervisor::Run() {
  while (true) {
    epoll_event event;
    if (epoll_wait(events_, &event, 1, -1) > 0) Check();
  }
}

pid_t Supervisor::Add(const Started& started, const std::function<pid_t()>& start) {
  MutexLock lock(&mutex_);
  const pid_t process = start();
  const int handle = OpenHandle(process);
  ASSENT_CHECK(handle >= 0, "a process can be started");
  processes_[process] = {started, handle};
  if (started.needed) WatchDescriptor(events_, handle);
  return process;
}

void Supervisor::Release(pid_t process) {
  MutexLock lock(&mutex_);
  EndIfCause();
  Process& released = processes_.at(process);
  if (!released.started.needed) return;
  released.started.needed = false;
  ASSENT_CHECK(epoll_ctl(events_, EPOLL_CTL_DEL, released.handle, nullptr) == 0);
}

void Supervisor::Forget(pid_t process) {
  MutexLock lock(&mutex_);
  close(processes_.at(process).handle);
  processes_.erase(process);
}

std::string Supervisor::MakeDirectory() {
  std::string path = (std::filesystem::temp_directory_path() / "assent-bench-XXXXXX").string();
  MutexLock lock(&mutex_);
  ASSENT_CHECK(mkdtemp(path.data()) != nullptr, "a temporary directory can be made");
  directories_.insert(path);
  return path;
}

void Supervisor::RemoveDirectory(const std::string& path) {
  Remove(path);
  MutexLock lock(&mutex_);
  directories_.erase(path);
}

void Supervisor::Check() {
  MutexLock lock(&mutex_);
  EndIfCause();
}

void Supervisor::Fail(const std::string& error) {
  epoll_event event;
  (void)epoll_wait(events_, &event, 1, kDeathMillis);
  MutexLock lock(&mutex_);
  EndIfCause();
  End(1, error);
}

void Supervisor::EndIfCause() {
  signalfd_siginfo signal;
  if (signals_ >= 0 && read(signals_, &signal, sizeof(signal)) == sizeof(signal)) {
    const int number = static_cast<int>(signal.ssi_signo);
    End(kSignalled + number, std::string("stopped: ") + strsignal(number));
  }
  for (const auto& [pid, process] : processes_) {
    const Started& started = process.started;
    if (!started.needed) continue;
    const std::optional<std::string> end = EndOf(pid);
    if (!end) continue;
    End(1, started.what + " (process " + std::to_string(pid) + ") " + *end + EndOfLog(started.log));
  }
}

void Supervisor::End(int code, const std::string& why) {
  std::fprintf(stderr, "assent-bench: %s\n", why.c_str());
  for (const auto& [pid, process] : processes_) {
    SendSignal(process.handle, process.started.end_signal);
  }
  for (const auto& [pid, process] : processes_) {
    pollfd ended = {process.handle, POLLIN, 0};
    poll(&ended, 1, kEndMillis);
  }
  for (const std::string& directory : directories_) Remove(directory);
  _exit(code);
}

}  // namespace assent::bench
