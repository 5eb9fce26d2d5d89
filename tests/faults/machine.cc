#include "tests/faults/machine.h"

#include <fcntl.h>
#include <linux/types.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/check.h"
#include "runtime/clock.h"

namespace assent::testing {
namespace {

// <linux/fs.h> has them from another kernel on.
constexpr unsigned long kShutdownFileSystem = _IOR('X', 125, __u32);
constexpr __u32 kWithoutFlush = 2;

std::string Error(const std::string& what) { return what + ": " + std::strerror(errno); }

// Of a line of /proc/PID/task/TID/stat: what follows the name, which ends with the last ')'.
bool IsStopped(const std::string& stat) {
  const std::size_t end = stat.rfind(')');
  return end != std::string::npos && stat.substr(end + 1, 2) == " T";
}

bool AllStopped(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    if (!IsStopped(ReadFile(task.path().string() + "/stat"))) return false;
  }
  return true;
}

void Unmount(const std::string& path) {
  // The kernel may still be closing the files of a process that has just been killed.
  const Time deadline = MonotonicNow() + Duration::Seconds(kPatienceSeconds);
  while (umount(path.c_str()) != 0) {
    ASSENT_CHECK(errno == EBUSY && MonotonicNow() < deadline, "nobody uses the file system");
  }
}

}  // namespace

std::string UseOwnMounts() {
  if (unshare(CLONE_NEWNS) != 0) return Error("no mount namespace of its own (needs root)");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Error("mounts cannot be made private");
  }
  return "";
}

void Freeze(const Process& process) {
  process.Signal(SIGSTOP);
  const Time deadline = MonotonicNow() + Duration::Seconds(kPatienceSeconds);
  while (!AllStopped(process.pid())) {
    ASSENT_CHECK(MonotonicNow() < deadline, "every thread stops");
  }
}

void Thaw(const Process& process) { process.Signal(SIGCONT); }

void Last(std::chrono::milliseconds time) { poll(nullptr, 0, static_cast<int>(time.count())); }

// --- LoopDisk ---

LoopDisk::LoopDisk(int mebibytes) : mebibytes_(mebibytes), path_(directory_ / "disk") {}

LoopDisk::~LoopDisk() {
  if (mounted_) Unmount(path_);
}

std::string LoopDisk::Mount() {
  const std::string image = directory_ / "image";
  std::string output;
  std::filesystem::create_directory(path_);
  const std::string size = std::to_string(mebibytes_) + "M";
  if (RunToEnd({"/sbin/mkfs.ext4", "-q", "-F", image, size}, &output) != 0) {
    return "no ext4 file system can be made: " + output;
  }
  if (RunToEnd({"/bin/mount", "-o", "loop", image, path_}, &output) != 0) {
    return "no loop device can be mounted: " + output;
  }
  mounted_ = true;
  return "";
}

void LoopDisk::Cut() {
  const int directory = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSENT_CHECK(directory >= 0);
  __u32 how = kWithoutFlush;
  ASSENT_CHECK(ioctl(directory, kShutdownFileSystem, &how) == 0, "ext4 can be shut down");
  close(directory);
}

void LoopDisk::Remount() {
  Unmount(path_);
  mounted_ = false;
  std::string output;
  const int code = RunToEnd({"/bin/mount", "-o", "loop", directory_ / "image", path_}, &output);
  ASSENT_CHECK(code == 0, "the file system is mounted again");
  mounted_ = true;
}

// --- SmallDisk ---

SmallDisk::SmallDisk(int mebibytes) : mebibytes_(mebibytes), path_(directory_ / "disk") {}

SmallDisk::~SmallDisk() {
  if (mounted_) Unmount(path_);
}

std::string SmallDisk::Mount() {
  std::filesystem::create_directory(path_);
  const std::string options = "size=" + std::to_string(mebibytes_) + "m";
  if (mount("none", path_.c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return Error("no tmpfs can be mounted");
  }
  mounted_ = true;
  return "";
}

std::uint64_t SmallDisk::FreeBytes() const {
  struct statvfs status {};
  ASSENT_CHECK(statvfs(path_.c_str(), &status) == 0);
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

void SmallDisk::Fill(std::uint64_t left) {
  const int file = open(Filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ASSENT_CHECK(file >= 0);
  const std::string page(4096, 'f');
  while (FreeBytes() > left && write(file, page.data(), page.size()) > 0) {
  }
  close(file);
}

void SmallDisk::Empty() { std::filesystem::remove(Filler()); }

}  // namespace assent::testing
