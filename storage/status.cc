#include "storage/status.h"

#include "core/check.h"

namespace assent::storage {

std::string_view Name(StatusKind kind) {
  switch (kind) {
    case StatusKind::kOk:
      return "OK";
    case StatusKind::kNotFound:
      return "NOT_FOUND";
    case StatusKind::kMissing:
      return "MISSING";
    case StatusKind::kAlreadyExists:
      return "ALREADY_EXISTS";
    case StatusKind::kLocked:
      return "LOCKED";
    case StatusKind::kDamaged:
      return "DAMAGED";
    case StatusKind::kForeign:
      return "FOREIGN";
    case StatusKind::kNewerFormat:
      return "NEWER_FORMAT";
    case StatusKind::kOlderFormat:
      return "OLDER_FORMAT";
    case StatusKind::kSuperseded:
      return "SUPERSEDED";
    case StatusKind::kIoError:
      return "IO_ERROR";
    case StatusKind::kInvalidArgument:
      return "INVALID_ARGUMENT";
  }
  return "?";
}

Status::Status(StatusKind kind, std::string message) : kind_(kind), message_(std::move(message)) {
  ASSENT_CHECK(kind_ != StatusKind::kOk, "a success has no message");
}

std::string Status::ToString() const {
  return ok() ? "OK" : std::string(Name(kind_)) + ": " + message_;
}

}  // namespace assent::storage
