// What the kernel says of processes and of the machine, and a place for files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace assent::bench {

struct ProcessUsage {
  Duration cpu;                       // user and system, all threads; in steps of 10 ms
  std::uint64_t written_bytes = 0;    // by write(2) and its like: files, not sockets
  std::uint64_t memory_kib = 0;       // resident
  std::uint64_t peak_memory_kib = 0;  // of resident memory, since its start
  std::uint64_t switches = 0;         // times that one of its threads was put on a processor
};

// Zeros for a process that is gone.
ProcessUsage UsageOf(pid_t pid);

// The processes that it has started and that are not gone.
std::vector<pid_t> ChildrenOf(pid_t parent);

// Time on a processor of everybody on the machine, since its boot.
Duration MachineCpu();

// What others do on the machine while this lives: all but this process and those that it started.
class ForeignWork {
 public:
  ForeignWork();
  // So many processors they have kept busy until now.
  double Cpus() const;

 private:
  const Time from_;
  const Duration foreign_;
};

// What the files below `directory` hold, in bytes. Files may come and go meanwhile.
std::uint64_t BytesBelow(const std::string& directory);

// A directory that is removed with all that is in it when this goes, or the benchmark is ended.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  const std::string path_;
};

}  // namespace assent::bench
