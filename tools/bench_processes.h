// The processes of a benchmark: the coordinator and the participants, real programs on loopback
// with logs of their own.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "core/time.h"

namespace assent::bench {

// A child process; killed and waited for when it goes.
class Child {
 public:
  // Starts `command` (a path first). Its first line on standard output says that it is ready.
  explicit Child(const std::vector<std::string>& command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Blocks until its first line; empty if it ended without one.
  std::string FirstLine();

  // Time on a processor so far, user and system, all threads; in steps of 10 ms.
  Duration Cpu() const;

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

// Of this process.
Duration OwnCpu();

// Of the whole machine since its boot: time on a processor of everybody.
Duration MachineCpu();

// A directory that is removed with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// One coordinator and `participants` participants with the ready key-value store, called p1, p2, …
class Cluster {
 public:
  // Empty, or why it cannot be started. Blocks until all are attached.
  std::string Start(int participants);

  const std::string& address() const { return address_; }
  Duration CoordinatorCpu() const { return coordinator_->Cpu(); }
  Duration ParticipantsCpu() const;

 private:
  ScratchDirectory directory_;
  std::string address_;
  std::unique_ptr<Child> coordinator_;
  std::vector<std::unique_ptr<Child>> participants_;
};

// What a participant's process runs: `assent-bench participant NAME DIRECTORY COORDINATOR`. Returns
// its exit code.
int RunParticipant(const std::string& name, const std::string& directory,
                   const std::string& coordinator);

}  // namespace assent::bench
