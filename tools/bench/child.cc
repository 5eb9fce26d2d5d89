#include "tools/bench/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>

#include "core/check.h"

namespace assent::bench {
namespace {

constexpr int kCannotStart = 127;

// Between fork and exec: allocates nothing. In a group of its own, so that a terminal's signals
// reach the benchmark only, which ends it in order; and without its blocked signals.
[[noreturn]] void Become(char** command, int input, int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  const bool ready = getppid() == parent && setpgid(0, 0) == 0 &&
                     sigprocmask(SIG_SETMASK, &none, nullptr) == 0 &&
                     dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0;
  if (ready) execv(command[0], command);
  _exit(kCannotStart);
}

}  // namespace

Child::Child(const Started& started, const std::vector<std::string>& command) : started_(started) {
  int to_child[2] = {-1, -1};
  int from_child[2] = {-1, -1};
  ASSENT_CHECK(pipe2(to_child, O_CLOEXEC) == 0 && pipe2(from_child, O_CLOEXEC) == 0);
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = Supervisor::Get().Add(started, [&] {
    const pid_t child = fork();
    if (child == 0) Become(arguments.data(), to_child[0], from_child[1], parent);
    return child;
  });
  close(to_child[0]);
  close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
}

Child::~Child() {
  End();
  close(input_);
  close(output_);
}

std::string Child::ReadLine() {
  std::string line;
  char byte = 0;
  while (true) {
    const ssize_t got = read(output_, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1) Fail("has closed its output");
    if (byte == '\n') return line;
    line.push_back(byte);
  }
}

void Child::SkipOutput() {
  char block[4096];
  while (read(output_, block, sizeof(block)) > 0) {
  }
}

std::string Child::Ask(const std::string& question) {
  const std::string line = question + "\n";
  const ssize_t written = write(input_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) Fail("takes no questions");
  return ReadLine();
}

std::int64_t Child::AskNumber(const std::string& question) {
  const std::string answer = Ask(question);
  const char* const end = answer.data() + answer.size();
  std::int64_t number = 0;
  const auto [read_until, error] = std::from_chars(answer.data(), end, number);
  if (error != std::errc() || read_until != end || answer.empty()) {
    Fail("was asked for \"" + question + "\" and said \"" + answer + "\"");
  }
  return number;
}

void Child::Fail(const std::string& error) const {
  Supervisor::Get().Fail(started_.what + " " + error);
}

void Child::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

void Child::End() {
  if (pid_ <= 0) return;
  Supervisor::Get().Release(pid_);
  Signal(started_.end_signal);
  Wait();
}

int Child::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  Supervisor::Get().Forget(pid_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string OwnProgram() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string ProgramBeside(const std::string& name) {
  return (std::filesystem::path(OwnProgram()).parent_path() / name).string();
}

}  // namespace assent::bench
