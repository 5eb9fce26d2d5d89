#include "tools/bench_processes.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/check.h"
#include "participant/agent.h"
#include "participant/agent_state.h"
#include "participant/key_value_store.h"

namespace assent::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};

std::string OwnProgram() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string Beside(const std::string& program) {
  return (std::filesystem::path(OwnProgram()).parent_path() / program).string();
}

Duration OfTicks(std::int64_t ticks) {
  return Duration::Micros(ticks * 1'000'000 / sysconf(_SC_CLK_TCK));
}

Duration OfTimeval(const timeval& time) {
  return Duration::Seconds(time.tv_sec) + Duration::Micros(time.tv_usec);
}

}  // namespace

Child::Child(const std::vector<std::string>& command) {
  int ends[2] = {-1, -1};
  ASSENT_CHECK(pipe2(ends, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  const int failed = posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  output_ = ends[0];
  if (failed != 0) pid_ = -1;
}

Child::~Child() {
  close(output_);
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string Child::FirstLine() {
  std::string line;
  char byte = 0;
  while (read(output_, &byte, 1) == 1) {
    if (byte == '\n') return line;
    line.push_back(byte);
  }
  return "";
}

Duration Child::Cpu() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The name, in brackets, may hold anything; utime and stime are the 12th and 13th fields behind
  // it.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  return OfTicks(user + system);
}

Duration OwnCpu() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return OfTimeval(usage.ru_utime) + OfTimeval(usage.ru_stime);
}

Duration MachineCpu() {
  std::ifstream file("/proc/stat");
  std::string name;
  std::int64_t user = 0;
  std::int64_t nice = 0;
  std::int64_t system = 0;
  file >> name >> user >> nice >> system;
  return OfTicks(user + nice + system);
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "assent-bench-XXXXXX").string();
  ASSENT_CHECK(mkdtemp(pattern.data()) != nullptr, "a temporary directory can be made");
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // what cannot be removed is the temporary folder's to keep
  std::filesystem::remove_all(path_, ignored);
}

std::string Cluster::Start(int participants) {
  const std::string ready = directory_ / "ready";
  if (mkfifo(ready.c_str(), 0600) != 0) return "cannot make " + ready;
  coordinator_ = std::make_unique<Child>(std::vector<std::string>{
      Beside("assentd"), "--create-log", "--data-directory", directory_ / "log", "--listen",
      "127.0.0.1:0", "--ready-file", ready, "--logging-directory", directory_ / ""});
  std::ifstream file(ready);
  std::getline(file, address_);
  if (address_.empty()) return "the coordinator does not serve";
  for (int i = 1; i <= participants; ++i) {
    const std::string name = "p" + std::to_string(i);
    participants_.push_back(std::make_unique<Child>(
        std::vector<std::string>{OwnProgram(), "participant", name, directory_ / name, address_}));
  }
  for (auto& participant : participants_) {
    const std::string line = participant->FirstLine();
    if (line != "ready") return "a participant does not attach: " + line;
  }
  return "";
}

Duration Cluster::ParticipantsCpu() const {
  Duration sum;
  for (const auto& participant : participants_) sum = sum + participant->Cpu();
  return sum;
}

int RunParticipant(const std::string& name, const std::string& directory,
                   const std::string& coordinator) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  KeyValueStoreOptions options;
  options.directory = directory;
  std::string error = KeyValueStore::Create(options, DrawStoreId());
  KeyValueStore store(options);
  AgentOptions agent_options;
  agent_options.name = name;
  agent_options.coordinators = {coordinator};
  Agent agent(agent_options, &store);
  if (error.empty()) error = agent.Start();
  if (error.empty() && !agent.WaitUntilAttached(kPatience)) error = "not attached in time";
  std::puts(error.empty() ? "ready" : error.c_str());
  std::fflush(stdout);
  int signal = 0;
  if (error.empty()) sigwait(&ends, &signal);
  return error.empty() ? 0 : 1;
}

}  // namespace assent::bench
