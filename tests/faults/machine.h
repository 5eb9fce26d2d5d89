// File systems of the test's own: what they need is not allowed on every machine.
//
// Everything is mounted in a private mount namespace, which the test's children share and which
// ends with them, so that nothing is left over however the test ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/daemon/daemon_process.h"
#include "tests/support/temporary_directory.h"

namespace assent::testing {

// Gives the calling thread, and what it starts, mounts of its own. Empty, or why it may not.
std::string UseOwnMounts();

// An ext4 file system in a file.
class LoopDisk {
 public:
  explicit LoopDisk(int mebibytes);
  ~LoopDisk();
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  // Empty, or why it cannot be had.
  std::string Mount();
  // The power fails: nothing that was not synced is left. Until Remount every operation fails.
  void Cut();
  // Nobody may have a file open. As after a reboot: the journal is replayed.
  void Remount();

  const std::string& path() const { return path_; }

 private:
  const int mebibytes_;
  TemporaryDirectory directory_;
  const std::string path_;
  bool mounted_ = false;
};

// A file system in memory, of a size of its own.
class SmallDisk {
 public:
  explicit SmallDisk(int mebibytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Empty, or why it cannot be had.
  std::string Mount();
  std::uint64_t FreeBytes() const;
  // Takes up space with a file until only `left` bytes are free, or as near as it gets.
  void Fill(std::uint64_t left);
  // Gives all of that back.
  void Empty();

  const std::string& path() const { return path_; }

 private:
  std::string Filler() const { return path_ + "/filler"; }

  const int mebibytes_;
  TemporaryDirectory directory_;
  const std::string path_;
  bool mounted_ = false;
};

// SIGSTOP, and none of its threads is in a system call any more.
void Freeze(const Process& process);
void Thaw(const Process& process);

// How long a fault lasts. Not for waiting until something has happened.
void Last(std::chrono::milliseconds time);

}  // namespace assent::testing
