// Ends the benchmark with all that it has started and written: when a signal says so, when a
// process that it needs has ended, or when something that it needs to know cannot be had. A figure
// that is measured without one of its parts would be a wrong one.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "runtime/mutex.h"

namespace assent::bench {

// A process that the benchmark starts.
struct Started {
  std::string what;      // for people: "the coordinator"
  std::string log = "";  // a file of which the end is shown if the process dies; may be empty
  int end_signal = SIGKILL;
  bool needed = true;  // false: it may end by itself
};

// The one of this process. Thread-safe. Never destroyed.
//
// What ends the benchmark prints why to standard error, ends all processes, removes all
// directories, and does not return.
class Supervisor {
 public:
  static Supervisor& Get();

  // From now on SIGINT, SIGTERM and SIGHUP end the benchmark with 128 + N, and the end of a process
  // that is needed with 1, whatever other threads do. Call it before there are any: these signals
  // are blocked from here on.
  void Watch();

  // Takes what `start` has started, which returns its process.
  pid_t Add(const Started& started, const std::function<pid_t()>& start);
  // It is about to be ended. Ends the benchmark, if it has already ended by itself.
  void Release(pid_t process);
  // It has ended, and was waited for.
  void Forget(pid_t process);

  // A new one below the directory for temporary files.
  std::string MakeDirectory();
  void RemoveDirectory(const std::string& path);

  // Ends the benchmark if a signal has come or a needed process has ended.
  void Check();
  // Ends the benchmark with 1. If a needed process turns out to have ended, that is the reason
  // given.
  [[noreturn]] void Fail(const std::string& error);

 private:
  struct Process {
    Started started;
    int handle = -1;  // a pidfd
  };

  Supervisor();
  void Run();
  void EndIfCause() ASSENT_REQUIRES(mutex_);
  [[noreturn]] void End(int code, const std::string& why) ASSENT_REQUIRES(mutex_);

  const int events_;  // an epoll: the signals, and the ends of needed processes
  Mutex mutex_;
  int signals_ ASSENT_GUARDED_BY(mutex_) = -1;
  std::map<pid_t, Process> processes_ ASSENT_GUARDED_BY(mutex_);
  std::set<std::string> directories_ ASSENT_GUARDED_BY(mutex_);
};

}  // namespace assent::bench
