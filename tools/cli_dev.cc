#include "tools/cli_dev.h"

#include <glog/logging.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "coordinator/daemon.h"
#include "core/check.h"
#include "runtime/stop_signal.h"
#include "tools/cli_temporary.h"
#include "tools/cli_text.h"

namespace assent::cli {
namespace {

void FailCheck(const char* file, int line, const char* condition, const char* message) {
  google::LogMessageFatal(file, line).stream() << "check failed: " << condition << ' ' << message;
}

void StartLogging() {
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = google::GLOG_WARNING;
  google::InitGoogleLogging("assent");
  SetCheckFailureHandler(&FailCheck);
}

Exit ExitOf(ExitCode code) {
  switch (code) {
    case ExitCode::kDone:
      return Exit::kDone;
    case ExitCode::kInternal:
      return Exit::kInternal;
    case ExitCode::kConfiguration:
      return Exit::kUsage;
    case ExitCode::kLogRefused:
    case ExitCode::kSuperseded:
      return Exit::kLogRefused;
    case ExitCode::kLogLocked:
      return Exit::kLogLocked;
    case ExitCode::kListenFailed:
      return Exit::kListenFailed;
    case ExitCode::kLogFailed:
      return Exit::kDiskFailed;
  }
  return Exit::kInternal;
}

// A log is made where nothing is, or where making one was interrupted.
bool NeedsLog(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return !error;
  const bool empty = std::filesystem::is_empty(directory, error);
  return !error && (empty || std::filesystem::exists(directory + "/creating", error));
}

std::string Banner(const std::string& address, const std::string& directory, bool temporary) {
  return "A coordinator for development, not for production: no TLS, this machine only.\n"
         "  address  " +
         address + "\n  log      " + Printable(directory) +
         (temporary ? " (removed at the end)" : "") +
         "\n  try      assent transaction list --address " + address +
         "\n           assent participant list --address " + address + "\n  stop     Ctrl-C\n";
}

}  // namespace

Exit RunDev(const Command& command) {
  StartLogging();
  StopSignal stop;
  std::unique_ptr<TemporaryDirectory> temporary;
  DaemonOptions options;
  options.listen = "127.0.0.1:" + std::to_string(command.port);
  options.data_directory = command.directory;
  options.log_reserve_bytes = 0;
  if (command.directory.empty()) {
    temporary = std::make_unique<TemporaryDirectory>();
    if (temporary->path().empty()) {
      return Complain("cannot make a temporary directory; set TMPDIR", Exit::kDiskFailed);
    }
    options.data_directory = temporary->path();
  }
  options.create_log = NeedsLog(options.data_directory);
  Exit told = Exit::kDone;
  const ExitCode code = RunDaemon(options, &stop, [&](const std::string& address) {
    told = Emit(Banner(address, options.data_directory, temporary != nullptr), Exit::kDone);
    if (told != Exit::kDone) stop.Notify();
  });
  if (code == ExitCode::kListenFailed) {
    return Complain("port " + std::to_string(command.port) + " is taken; --port 0 takes a free one",
                    Exit::kListenFailed);
  }
  return code == ExitCode::kDone ? told : ExitOf(code);
}

}  // namespace assent::cli
