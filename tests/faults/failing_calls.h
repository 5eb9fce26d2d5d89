// System calls that fail on a decision log, by strace's fault injection.
#pragma once

#include <string>

#include "tests/daemon/daemon_process.h"

namespace assent::testing {

// A kind of call. `calls`: strace's list, of which a machine has one.
struct CallKind {
  const char* name;
  const char* calls;
  bool on_directories;  // also those on the directories themselves
};

inline constexpr CallKind kCallKinds[] = {
    {"write", "?write", false},
    {"pwrite", "?pwrite64", false},
    {"fsync", "?fsync", true},
    {"fdatasync", "?fdatasync", true},
    {"rename", "?rename,?renameat,?renameat2", false},
    {"open", "?openat", false},
    {"close", "?close", false},
};

// An error of the `number`th such call of each thread, counted from 1.
struct CallFailure {
  CallKind kind;
  const char* error;  // EIO, ENOSPC
  int number;
};

std::string ToText(const CallFailure& failure);

// Empty, or why calls cannot be made to fail here. Also tells the address sanitizer of what is
// started from now on that it cannot look for leaks while it is traced.
std::string RefusalOfTracing();

// strace and its arguments for the files of the log in `directory` that are there, or will be soon.
// Followed by a program, or by the arguments that attach it to a process. `trace`: its output.
Arguments FailingCalls(const CallFailure& failure, const std::string& directory,
                       const std::string& trace);

// How many calls have failed, of all threads.
int Failures(const std::string& trace);

}  // namespace assent::testing
