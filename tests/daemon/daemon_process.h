// The real `assentd` in a process of its own, on a free port and a directory of its own.
//
// Nothing sleeps: a FIFO as the ready file tells that it serves, the hang-up of an inherited pipe
// that it is gone. All waits end after kPatience; a test that is killed takes its daemon along.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace assent::testing {

inline constexpr int kPatienceSeconds = 60;

using Arguments = std::vector<std::string>;

// A program under test. One at a time.
class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  // Standard output and error go to `output`, from its beginning.
  void Start(const Arguments& command, const std::string& output);
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  // Blocks until it is gone. Its exit code, or minus the signal that killed it.
  int WaitForExit();
  // Blocks until `ready` can be read (true), or the process is gone (false).
  bool WaitFor(int ready) const;

 private:
  pid_t pid_ = -1;
  int alive_ = -1;
};

// A FIFO into which a program writes one line once it serves.
class ReadyFile {
 public:
  explicit ReadyFile(std::string path);
  ~ReadyFile();
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

  const std::string& path() const { return path_; }
  // The line, or nothing if the process ends without one.
  std::string Await(const Process& process) const;

 private:
  const std::string path_;
  int descriptor_ = -1;
};

class Daemon {
 public:
  // Where the log and the daemon's output are.
  explicit Daemon(Arguments arguments = {});

  // Starts on the log, making it at the first start; ends the test if it does not serve.
  void Start(const Arguments& more = {});
  // Starts with exactly these arguments; false if it ends instead of serving.
  bool TryStart(const Arguments& arguments, const Arguments& wrapper = {});
  // `kill -9`, and gone.
  void Kill();
  // SIGTERM, and its exit code.
  int Stop();
  void Restart() {
    Kill();
    Start();
  }

  Process& process() { return process_; }
  const std::string& address() const { return address_; }
  std::string data_directory() const { return directory_ / "log"; }
  const TemporaryDirectory& directory() const { return directory_; }
  // What it has printed since its start.
  std::string Output() const;

 private:
  const Arguments arguments_;
  TemporaryDirectory directory_;
  ReadyFile ready_;
  Process process_;
  bool created_ = false;
  std::string address_;
};

// The program that Daemon starts.
std::string AssentdPath();

// Runs a program to its end: its exit code, and what it has printed.
int RunToEnd(const Arguments& command, std::string* output);

std::string ReadFile(const std::string& path);

}  // namespace assent::testing
