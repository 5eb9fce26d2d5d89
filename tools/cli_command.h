// What one call of `assent` asks for, and how it ends. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace assent::cli {

// Exit codes of `assent`; part of its interface (docs/cli.md).
enum class Exit : int {
  kDone = 0,          // what was asked for is so; show, commit: COMMITTED; abort: ABORTED
  kInternal = 1,      // an error that has no code of its own
  kUsage = 2,         // a wrong command, flag, id or name; nothing was done
  kAborted = 3,       // show, commit: ABORTED
  kUnknown = 4,       // not decided yet, or not known: ask again by id; it is not an abort
  kRefused = 5,       // the coordinator refused; abort: it is COMMITTED
  kUnreachable = 6,   // the coordinator cannot be reached; nothing was asked of it
  kLogRefused = 7,    // the log is missing, damaged, newer, foreign or marked as an older copy
  kLogLocked = 8,     // dev: another process has the log open
  kListenFailed = 9,  // dev: the port is taken
  kDiskFailed = 10,   // a file cannot be read or written
};

enum class Action {
  kPrint,  // `text` to standard output
  kError,  // `text` to standard error
  kDev,
  kStatus,
  kTransactionList,
  kTransactionShow,
  kTransactionCommit,
  kTransactionAbort,
  kParticipantList,
  kParticipantReplace,
  kLogDump,
  kLogVerify,
  kLogBackup,
};

enum class Format { kText, kJson };

struct Command {
  Action action = Action::kError;
  std::string text;

  std::string address = "127.0.0.1:7420";  // a gRPC target
  Duration timeout = Duration::Seconds(10);
  Format format = Format::kText;

  std::string transaction;
  bool unfinished_only = false;
  std::uint64_t limit = 100;

  std::string participant;
  std::string store;    // empty: release the name
  std::string confirm;  // the name again

  std::string directory;  // of a log; of dev, empty: a temporary one
  std::string target;     // of a backup
  std::uint16_t port = 7420;
};

}  // namespace assent::cli
