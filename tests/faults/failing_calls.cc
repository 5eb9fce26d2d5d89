#include "tests/faults/failing_calls.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace assent::testing {
namespace {

constexpr int kFilesToCome = 48;

// Of "000012.log" or "MANIFEST-000012"; 0 of others.
int NumberIn(const std::string& name) {
  const std::size_t digit = name.find_first_of("0123456789");
  return digit == std::string::npos ? 0 : std::atoi(name.c_str() + digit);
}

int HighestNumber(const std::string& database) {
  int highest = 0;
  if (!std::filesystem::exists(database)) return highest;
  for (const auto& file : std::filesystem::directory_iterator(database)) {
    highest = std::max(highest, NumberIn(file.path().filename().string()));
  }
  return highest;
}

std::vector<std::string> NumberedFiles(const std::string& database) {
  std::vector<std::string> files;
  const int end = HighestNumber(database) + kFilesToCome;
  for (int number = 1; number < end; ++number) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%06d", number);
    for (const char* suffix : {".log", ".ldb", ".dbtmp"}) {
      files.push_back(database + "/" + digits + suffix);
    }
    files.push_back(database + "/MANIFEST-" + digits);
  }
  return files;
}

}  // namespace

std::string ToText(const CallFailure& failure) {
  return std::string(failure.error) + " of " + failure.kind.name + " " +
         std::to_string(failure.number);
}

std::string RefusalOfTracing() {
  std::string output;
  if (RunToEnd({"strace", "-V"}, &output) != 0) return "strace is not installed";
  if (RunToEnd({"strace", "-o", "/dev/null", "true"}, &output) != 0) {
    return "strace may not trace here: " + output;
  }
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
  return "";
}

Arguments FailingCalls(const CallFailure& failure, const std::string& directory,
                       const std::string& trace) {
  const std::string database = directory + "/db";
  std::vector<std::string> files = NumberedFiles(database);
  files.push_back(database + "/CURRENT");
  for (const char* name : {"witness", "creating", "lock", "reserve"}) {
    files.push_back(directory + "/" + name);
  }
  if (failure.kind.on_directories) files.insert(files.end(), {directory, database});
  const std::string calls = failure.kind.calls;
  Arguments command = {"strace", "-f", "-qq", "-o", trace, "-e", "trace=" + calls};
  command.insert(command.end(), {"-e", "inject=" + calls + ":error=" + failure.error +
                                           ":when=" + std::to_string(failure.number)});
  for (const std::string& file : files) command.insert(command.end(), {"-P", file});
  return command;
}

int Failures(const std::string& trace) {
  const std::string text = ReadFile(trace);
  int count = 0;
  for (std::size_t at = text.find("(INJECTED)"); at != std::string::npos;
       at = text.find("(INJECTED)", at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace assent::testing
