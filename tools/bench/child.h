// A process that the benchmark starts and asks things of.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace assent::bench {

// One thread at a time. The process is killed and waited for when this goes, and dies with the
// benchmark.
class Child {
 public:
  // Starts `command` (a path first). Its standard input and output are this object's.
  explicit Child(const std::vector<std::string>& command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Blocks until it has written a line; empty if it ended without one.
  std::string ReadLine();
  // Blocks until it closes its output, which is thrown away.
  void SkipOutput();
  // Writes a line to it, and reads its answer. Empty if it has ended.
  std::string Ask(const std::string& question);

  void Signal(int signal) const;
  // Kills it, and blocks until it is gone. May be repeated.
  void Kill();
  // Blocks until it has ended by itself. Its exit code, or minus the signal.
  int Wait();

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

// This program's path, and a program's in the same directory.
std::string OwnProgram();
std::string ProgramBeside(const std::string& name);

}  // namespace assent::bench
