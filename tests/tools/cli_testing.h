// Runs `assent` to its end.
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "tests/daemon/clients.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {

// How a call of `assent` ended, and all that it printed.
struct Ran {
  int code = -1;
  std::string output;
};

inline void PrintTo(const Ran& ran, std::ostream* out) {
  *out << "exit code " << ran.code << ", output:\n" << ran.output;
}

inline Ran RunAssent(const Arguments& arguments, const Arguments& wrapper = {}) {
  Arguments command = wrapper;
  command.emplace_back(ASSENT);
  command.insert(command.end(), arguments.begin(), arguments.end());
  Ran ran;
  ran.code = RunToEnd(command, &ran.output);
  return ran;
}

// The same, at a daemon.
inline Ran RunAt(const Daemon& daemon, Arguments arguments) {
  arguments.insert(arguments.end(), {"--address", daemon.address()});
  return RunAssent(arguments);
}

inline auto Ends(int code, const std::string& output_part) {
  return ::testing::AllOf(
      ::testing::Field("code", &Ran::code, code),
      ::testing::Field("output", &Ran::output, ::testing::HasSubstr(output_part)));
}

}  // namespace assent::testing
