#include "tools/cli_log.h"

#include <string>

#include "storage/verify.h"
#include "tools/cli_log_report.h"
#include "tools/cli_temporary.h"
#include "tools/cli_text.h"

namespace assent::cli {
namespace {

Exit ExitOf(const storage::Status& status) {
  switch (status.kind()) {
    case storage::StatusKind::kOk:
      return Exit::kDone;
    case storage::StatusKind::kLocked:
      return Exit::kLogLocked;
    case storage::StatusKind::kIoError:
      return Exit::kDiskFailed;
    case storage::StatusKind::kAlreadyExists:
    case storage::StatusKind::kInvalidArgument:
      return Exit::kUsage;
    case storage::StatusKind::kNotFound:
    case storage::StatusKind::kMissing:
    case storage::StatusKind::kDamaged:
    case storage::StatusKind::kForeign:
    case storage::StatusKind::kNewerFormat:
    case storage::StatusKind::kOlderFormat:
    case storage::StatusKind::kSuperseded:
      return Exit::kLogRefused;
  }
  return Exit::kInternal;
}

Exit ComplainAbout(const storage::Status& status) {
  return Complain(status.ToString(), ExitOf(status));
}

// A marked log is whole, but no coordinator starts from it.
Exit ExitOf(const tools::LogVerification& verification) {
  return verification.whole() && verification.superseded().empty() ? Exit::kDone
                                                                   : Exit::kLogRefused;
}

std::string Describe(const tools::LogVerification& verification) {
  std::string text = "log          " + Printable(verification.directory()) + "\nstate        " +
                     (verification.whole() ? "whole" : "DAMAGED or refused") + "\n";
  if (!verification.coordinator_id().empty()) {
    text += "coordinator  " + verification.coordinator_id() + "\nepoch        " +
            std::to_string(verification.epoch()) + "\ndecisions    " +
            std::to_string(verification.decisions()) + ", " +
            std::to_string(verification.unfinished()) + " of them unfinished\n";
  }
  if (!verification.superseded().empty()) {
    text += "superseded   " + Printable(verification.superseded()) + "\n";
  }
  for (const std::string& problem : verification.problems()) {
    text += "problem      " + Printable(problem) + "\n";
  }
  return text;
}

std::string Describe(const tools::LogDump& dump) {
  std::string text = Describe(dump.verification());
  text += "horizon      " + (dump.horizon().empty() ? "none" : dump.horizon()) + "\n";
  for (const tools::LogDecision& decision : dump.decisions()) {
    text += "decision     " + std::to_string(decision.decision_number()) + "  " +
            decision.transaction_id() + "  COMMIT\n";
    for (const tools::LogBranch& branch : decision.branches()) {
      text += "  branch     " + Printable(branch.participant()) + "  " + branch.store_id() + "  " +
              (branch.acknowledged() ? "acknowledged" : "not acknowledged") + "\n";
    }
  }
  for (const tools::LogBinding& binding : dump.bindings()) {
    text += "binding      " + Printable(binding.participant()) + "  " +
            (binding.store_id().empty() ? "(released)" : binding.store_id()) + "  incarnation " +
            std::to_string(binding.incarnation()) + "\n";
  }
  return text;
}

std::string Describe(const tools::LogBackup& backup) {
  return "backup       " + Printable(backup.target()) + "\n" + Describe(backup.verification());
}

template <class Report>
Exit EmitReport(const Command& command, const Report& report, Exit code) {
  return Emit(command.format == Format::kJson ? Json(report) : Describe(report), code);
}

// kDone: `dump` tells what is in `directory`.
Exit Read(const std::string& directory, tools::LogDump* dump) {
  const TemporaryDirectory scratch;
  if (scratch.path().empty()) {
    return Complain("cannot make a temporary directory; set TMPDIR", Exit::kDiskFailed);
  }
  const storage::Status status = ReadLog(directory, scratch.path() + "/copy", dump);
  return status.ok() ? Exit::kDone : ComplainAbout(status);
}

}  // namespace

Exit DumpLog(const Command& command) {
  tools::LogDump dump;
  const Exit read = Read(command.directory, &dump);
  if (read != Exit::kDone) return read;
  return EmitReport(command, dump, ExitOf(dump.verification()));
}

Exit VerifyLog(const Command& command) {
  tools::LogDump dump;
  const Exit read = Read(command.directory, &dump);
  if (read != Exit::kDone) return read;
  return EmitReport(command, dump.verification(), ExitOf(dump.verification()));
}

Exit BackUpLog(const Command& command) {
  const storage::Status copied =
      storage::CopyDatabase(storage::FileSystem::Posix(), command.directory, command.target);
  if (!copied.ok()) return ComplainAbout(copied);
  tools::LogDump dump;
  const Exit read = Read(command.target, &dump);
  if (read != Exit::kDone) return read;
  tools::LogBackup backup;
  backup.set_target(command.target);
  *backup.mutable_verification() = dump.verification();
  return EmitReport(command, backup, ExitOf(dump.verification()));
}

}  // namespace assent::cli
