// assent: what operators run. docs/cli.md lists its commands and exit codes.
#include <cstdio>
#include <string>
#include <vector>

#include "runtime/crash_point.h"
#include "tools/cli_dev.h"
#include "tools/cli_log.h"
#include "tools/cli_parse.h"
#include "tools/cli_participant.h"
#include "tools/cli_status.h"
#include "tools/cli_text.h"
#include "tools/cli_transaction.h"

namespace {

using assent::cli::Action;
using assent::cli::Exit;

Exit Run(const assent::cli::Command& command) {
  switch (command.action) {
    case Action::kPrint:
      return assent::cli::Emit(command.text, Exit::kDone);
    case Action::kError:
      return assent::cli::Complain(command.text, Exit::kUsage);
    case Action::kDev:
      return assent::cli::RunDev(command);
    case Action::kStatus:
      return assent::cli::ShowStatus(command);
    case Action::kTransactionList:
      return assent::cli::ListTransactions(command);
    case Action::kTransactionShow:
      return assent::cli::ShowTransaction(command);
    case Action::kTransactionCommit:
      return assent::cli::CommitTransaction(command);
    case Action::kTransactionAbort:
      return assent::cli::AbortTransaction(command);
    case Action::kParticipantList:
      return assent::cli::ListParticipants(command);
    case Action::kParticipantReplace:
      return assent::cli::ReplaceParticipant(command);
    case Action::kLogDump:
      return assent::cli::DumpLog(command);
    case Action::kLogVerify:
      return assent::cli::VerifyLog(command);
    case Action::kLogBackup:
      return assent::cli::BackUpLog(command);
  }
  return Exit::kInternal;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string refusal = assent::RefuseCrashSwitch();
  if (!refusal.empty()) {
    std::fprintf(stderr, "assent: %s\n", refusal.c_str());  // of several lines, ours
    return static_cast<int>(Exit::kUsage);
  }
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(Run(assent::cli::ParseCommandLine(arguments)));
}
