#include "tests/daemon/daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "core/check.h"

namespace assent::testing {
namespace {

constexpr int kPatienceMillis = kPatienceSeconds * 1000;

// As exec takes it; it refers to `command`.
std::vector<char*> PointersTo(const Arguments& command) {
  std::vector<char*> pointers;
  for (const std::string& argument : command) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, after fork. Allocates nothing: another thread may have held the allocator's lock.
[[noreturn]] void Become(char* const* command, const char* output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  execvp(command[0], command);
  _exit(127);
}

}  // namespace

Process::~Process() {
  if (!running()) return;
  Signal(SIGKILL);
  WaitForExit();
}

void Process::Start(const Arguments& command, const std::string& output) {
  ASSENT_CHECK(!running(), "one process at a time");
  std::array<int, 2> pipe_ends{};
  ASSENT_CHECK(pipe2(pipe_ends.data(), O_CLOEXEC) == 0);
  const std::vector<char*> pointers = PointersTo(command);
  pid_ = fork();
  ASSENT_CHECK(pid_ >= 0, "a process can be made");
  if (pid_ == 0) {
    fcntl(pipe_ends[1], F_SETFD, 0);
    Become(pointers.data(), output.c_str());
  }
  close(pipe_ends[1]);
  alive_ = pipe_ends[0];
}

void Process::Signal(int signal) const { ASSENT_CHECK(kill(pid_, signal) == 0); }

int Process::WaitForExit() {
  pollfd wait{alive_, 0, 0};
  ASSENT_CHECK(poll(&wait, 1, kPatienceMillis) == 1, "the process ends");
  int status = 0;
  ASSENT_CHECK(waitpid(pid_, &status, 0) == pid_);
  close(alive_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool Process::WaitFor(int ready) const {
  std::array<pollfd, 2> waits{{{ready, POLLIN, 0}, {alive_, 0, 0}}};
  ASSENT_CHECK(poll(waits.data(), waits.size(), kPatienceMillis) > 0, "it serves, or ends");
  return (waits[0].revents & POLLIN) != 0;
}

ReadyFile::ReadyFile(std::string path) : path_(std::move(path)) {
  ASSENT_CHECK(mkfifo(path_.c_str(), 0600) == 0);
  // Both ways: the writer then never waits for a reader, nor the reader for a writer.
  descriptor_ = open(path_.c_str(), O_RDWR | O_CLOEXEC);
  ASSENT_CHECK(descriptor_ >= 0);
}

ReadyFile::~ReadyFile() { close(descriptor_); }

std::string ReadyFile::Await(const Process& process) const {
  std::string line;
  while (line.empty() || line.back() != '\n') {
    if (!process.WaitFor(descriptor_)) return "";
    char byte = 0;
    ASSENT_CHECK(read(descriptor_, &byte, 1) == 1);
    line.push_back(byte);
  }
  line.pop_back();
  return line;
}

Daemon::Daemon(Arguments arguments)
    : arguments_(std::move(arguments)), ready_(directory_ / "ready") {}

void Daemon::Start(const Arguments& more) {
  Arguments arguments = arguments_;
  arguments.insert(arguments.end(), more.begin(), more.end());
  if (!created_) arguments.emplace_back("--create-log");
  const bool serving = TryStart(arguments);
  if (!serving) fputs(Output().c_str(), stderr);
  ASSENT_CHECK(serving, "the daemon serves");
  created_ = true;
}

bool Daemon::TryStart(const Arguments& arguments, const Arguments& wrapper) {
  Arguments command = wrapper;
  // The next life has the address of the one before, as clients expect.
  const std::string listen = address_.empty() ? "127.0.0.1:0" : address_;
  command.insert(command.end(), {ASSENTD, "--listen", listen, "--ready-file", ready_.path()});
  command.insert(command.end(), {"--data-directory", data_directory()});
  command.insert(command.end(), arguments.begin(), arguments.end());
  process_.Start(command, directory_ / "output");
  address_ = ready_.Await(process_);
  return !address_.empty();
}

void Daemon::Kill() {
  process_.Signal(SIGKILL);
  process_.WaitForExit();
}

int Daemon::Stop() {
  process_.Signal(SIGTERM);
  return process_.WaitForExit();
}

std::string Daemon::Output() const { return ReadFile(directory_ / "output"); }

std::string AssentdPath() { return ASSENTD; }

int RunToEnd(const Arguments& command, std::string* output) {
  const TemporaryDirectory directory;
  Process process;
  process.Start(command, directory / "output");
  const int code = process.WaitForExit();
  *output = ReadFile(directory / "output");
  return code;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace assent::testing
