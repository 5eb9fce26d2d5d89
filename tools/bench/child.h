// A process that the benchmark starts and asks things of.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tools/bench/supervisor.h"

namespace assent::bench {

// One thread at a time. The process is ended and waited for when this goes, and dies with the
// benchmark; if it ends before, and is needed, the benchmark ends (supervisor.h).
class Child {
 public:
  // Starts `command` (a path first). Its standard input and output are this object's.
  Child(const Started& started, const std::vector<std::string>& command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Blocks until it has written a line. Of a process that is needed.
  std::string ReadLine();
  // Blocks until it closes its output, which is thrown away.
  void SkipOutput();
  // Writes a line to it, and reads its answer.
  std::string Ask(const std::string& question);
  // The same; the answer has to be a number.
  std::int64_t AskNumber(const std::string& question);

  void Signal(int signal) const;
  // Ends it by its end signal, and blocks until it is gone. May be repeated.
  void End();
  // Blocks until it has ended by itself. Its exit code, or minus the signal.
  int Wait();

  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] void Fail(const std::string& error) const;

  const Started started_;
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

// This program's path, and a program's in the same directory.
std::string OwnProgram();
std::string ProgramBeside(const std::string& name);

}  // namespace assent::bench
