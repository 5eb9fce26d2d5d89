// What a call of this folder came to. A value; thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace assent::storage {

enum class StatusKind {
  kOk,
  kNotFound,       // no record under this key
  kMissing,        // no database in this directory, or its creation was interrupted
  kAlreadyExists,  // creation refused: the directory holds something
  kLocked,         // another process, or this one, has the database open
  kDamaged,        // what is on disk is not what was acknowledged; nothing was changed
  kForeign,        // a database of another kind or another owner
  kNewerFormat,    // written by a newer version
  kOlderFormat,    // written by an older version, and not read any more
  kSuperseded,     // an older copy, marked so by somebody who knew more (R3)
  kIoError,        // a file operation failed; after a write, the state of the disk is unknown (R8)
  kInvalidArgument,  // the caller's mistake; nothing was done
};

// "DAMAGED" and the like.
std::string_view Name(StatusKind kind);

// The message says what is wrong, where, and what to do about it; it is empty exactly if ok().
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusKind kind, std::string message);  // `kind` is not kOk

  bool ok() const { return kind_ == StatusKind::kOk; }
  StatusKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  std::string ToString() const;  // "DAMAGED: ..." or "OK"

 private:
  StatusKind kind_ = StatusKind::kOk;
  std::string message_;
};

}  // namespace assent::storage
