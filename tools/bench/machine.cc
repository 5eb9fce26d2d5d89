#include "tools/bench/machine.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "core/check.h"
#include "runtime/clock.h"
#include "tools/bench/supervisor.h"

namespace assent::bench {
namespace {

// What could be read: a process may end meanwhile. (A file stream would throw then.)
std::string Read(const std::string& path) {
  std::string text;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  char block[4096];
  for (ssize_t got = 0; (got = read(file, block, sizeof(block))) > 0;) {
    text.append(block, static_cast<std::size_t>(got));
  }
  close(file);
  return text;
}

Duration OfTicks(std::int64_t ticks) {
  return Duration::Micros(ticks * 1'000'000 / sysconf(_SC_CLK_TCK));
}

// The number behind `label` in a file of lines "label: number …"; 0 if it is not there.
std::uint64_t NumberAfter(const std::string& text, const std::string& label) {
  const std::size_t at = text.find(label);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + label.size(), nullptr, 10);
}

// The fields of a process's `stat` that follow its name, which may hold anything.
std::istringstream FieldsOf(const std::string& directory) {
  const std::string text = Read(directory + "/stat");
  const std::size_t name_end = text.rfind(')');
  return std::istringstream(name_end == std::string::npos ? "" : text.substr(name_end + 1));
}

Duration CpuOf(const std::string& directory) {
  std::istringstream fields = FieldsOf(directory);
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  return OfTicks(user + system);
}

pid_t ParentOf(const std::string& directory) {
  std::istringstream fields = FieldsOf(directory);
  std::string state;
  pid_t parent = 0;
  fields >> state >> parent;
  return parent;
}

Duration OfTimes(const rusage& usage) {
  return Duration::Seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         Duration::Micros(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// Of this process, of those that it started, and of those of them that it has waited for.
Duration OwnCpu() {
  rusage own = {};
  rusage waited_for = {};
  ASSENT_CHECK(getrusage(RUSAGE_SELF, &own) == 0 && getrusage(RUSAGE_CHILDREN, &waited_for) == 0);
  Duration cpu = OfTimes(own) + OfTimes(waited_for);
  for (const pid_t child : ChildrenOf(getpid()))
    cpu = cpu + CpuOf("/proc/" + std::to_string(child));
  return cpu;
}

std::uint64_t SwitchesOf(const std::string& directory) {
  std::uint64_t switches = 0;
  std::error_code gone;  // a thread, or all of it, may end meanwhile
  for (std::filesystem::directory_iterator thread(directory + "/task", gone), end;
       !gone && thread != end; thread.increment(gone)) {
    const std::string status = Read(thread->path().string() + "/status");
    switches += NumberAfter(status, "\nvoluntary_ctxt_switches:");
    switches += NumberAfter(status, "\nnonvoluntary_ctxt_switches:");
  }
  return switches;
}

}  // namespace

ProcessUsage UsageOf(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  ProcessUsage usage;
  usage.cpu = CpuOf(directory);
  usage.written_bytes = NumberAfter(Read(directory + "/io"), "wchar:");
  const std::string status = Read(directory + "/status");
  usage.memory_kib = NumberAfter(status, "VmRSS:");
  usage.peak_memory_kib = NumberAfter(status, "VmHWM:");
  usage.switches = SwitchesOf(directory);
  return usage;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code gone;
  for (std::filesystem::directory_iterator entry("/proc", gone), end; !gone && entry != end;
       entry.increment(gone)) {
    const pid_t pid =
        static_cast<pid_t>(std::strtol(entry->path().filename().c_str(), nullptr, 10));
    if (pid > 0 && ParentOf(entry->path().string()) == parent) children.push_back(pid);
  }
  return children;
}

Duration MachineCpu() {
  std::istringstream fields(Read("/proc/stat"));
  std::string name;
  std::int64_t user = 0;
  std::int64_t nice = 0;
  std::int64_t system = 0;
  fields >> name >> user >> nice >> system;
  return OfTicks(user + nice + system);
}

ForeignWork::ForeignWork() : from_(MonotonicNow()), foreign_(MachineCpu() - OwnCpu()) {}

double ForeignWork::Cpus() const {
  const Duration foreign = MachineCpu() - OwnCpu() - foreign_;
  const Duration length = std::max(MonotonicNow() - from_, Duration::Micros(1));
  return std::max(static_cast<double>(foreign.micros), 0.0) / static_cast<double>(length.micros);
}

std::uint64_t BytesBelow(const std::string& directory) {
  std::uint64_t bytes = 0;
  std::error_code gone;
  for (std::filesystem::recursive_directory_iterator entry(directory, gone), end;
       !gone && entry != end; entry.increment(gone)) {
    std::error_code vanished;
    const std::uint64_t size = entry->file_size(vanished);
    if (!vanished) bytes += size;
  }
  return bytes;
}

ScratchDirectory::ScratchDirectory() : path_(Supervisor::Get().MakeDirectory()) {}

ScratchDirectory::~ScratchDirectory() { Supervisor::Get().RemoveDirectory(path_); }

}  // namespace assent::bench
