// assentd: the coordinator. docs/operations.md says how to run it, docs/configuration.md lists its
// options.
#include <glog/logging.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <string>
#include <vector>

#include "coordinator/configuration.h"
#include "coordinator/daemon.h"
#include "core/check.h"
#include "runtime/crash_point.h"
#include "runtime/stop_signal.h"

namespace {

void FailCheck(const char* file, int line, const char* condition, const char* message) {
  google::LogMessageFatal(file, line).stream() << "check failed: " << condition << ' ' << message;
}

// A stranger's malformed message is answered; it does not fill the log.
void DropProtobufLog(google::protobuf::LogLevel, const char*, int, const std::string& text) {
  VLOG(1) << "protobuf: " << text;
}

void StartLogging(const assent::DaemonOptions& options) {
  FLAGS_logtostderr = options.log_directory.empty();
  FLAGS_log_dir = options.log_directory;
  FLAGS_v = static_cast<int>(options.verbosity);
  FLAGS_logbuflevel = -1;  // every line is out before whatever it tells of happens
  google::InitGoogleLogging("assentd");
  google::protobuf::SetLogHandler(&DropProtobufLog);
  assent::SetCheckFailureHandler(&FailCheck);
}

int Serve(const assent::DaemonOptions& options) {
  StartLogging(options);
  assent::StopSignal stop;
  const assent::ExitCode code = assent::RunDaemon(options, &stop, [](const std::string&) {});
  google::ShutdownGoogleLogging();
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string refusal = assent::RefuseCrashSwitch();
  if (!refusal.empty()) {
    std::fprintf(stderr, "assentd: %s\n", refusal.c_str());
    return static_cast<int>(assent::ExitCode::kConfiguration);
  }
  const assent::ConfigurationResult result = assent::LoadConfiguration(
      std::vector<std::string>(argv + 1, argv + argc), assent::ProcessEnvironment());
  switch (result.action) {
    case assent::ConfigurationResult::Action::kPrint:
      std::fputs(result.text.c_str(), stdout);
      return 0;
    case assent::ConfigurationResult::Action::kError:
      std::fprintf(stderr, "assentd: %s\n", result.text.c_str());
      return static_cast<int>(assent::ExitCode::kConfiguration);
    case assent::ConfigurationResult::Action::kServe:
      return Serve(result.configuration.options);
  }
}
