#include "tools/cli_remote.h"

#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <string>

#include "runtime/channel.h"
#include "runtime/clock.h"
#include "runtime/errors.h"
#include "tools/cli_text.h"

namespace assent::cli {
namespace {

std::string Describe(const Command& command, const grpc::Status& status) {
  const std::string reason = ReasonOf(status);
  if (!reason.empty()) return reason + ": " + status.error_message();
  if (ExitOf(status) == Exit::kUnreachable) {
    return "no answer from a coordinator at " + command.address + " (" + status.error_message() +
           "). Is assentd running there? --address or ASSENT_ADDRESS name another place.";
  }
  return status.error_message();
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const Command& command) {
  return Dial(command.address, grpc::InsecureChannelCredentials());
}

void SetDeadline(const Command& command, grpc::ClientContext* context) {
  context->set_deadline(ToGrpcTime(MonotonicNow() + command.timeout));
}

Duration TimeForAnswer(const Command& command) {
  const Duration margin = std::min(command.timeout / 10, Duration::Millis(100));
  return std::max(command.timeout - margin, Duration::Millis(1));
}

Exit ExitOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return Exit::kDone;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return Exit::kUsage;
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return Exit::kRefused;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNIMPLEMENTED:  // something else listens there
      return Exit::kUnreachable;
    default:
      return Exit::kInternal;
  }
}

Exit ComplainAbout(const Command& command, const grpc::Status& status) {
  return Complain(Describe(command, status), ExitOf(status));
}

Exit ComplainAboutChange(const Command& command, const grpc::Status& status) {
  const Exit code = ExitOf(status);
  if (code == Exit::kUsage || code == Exit::kRefused) return ComplainAbout(command, status);
  return Complain("the answer is missing, so whether it was done is not known: ask again. " +
                      Describe(command, status),
                  Exit::kUnknown);
}

}  // namespace assent::cli
