#include "runtime/errors.h"

#include "assent/internal/error_details.pb.h"
#include "core/check.h"

namespace assent {
namespace {

constexpr std::string_view kErrorInfoType = "type.googleapis.com/google.rpc.ErrorInfo";

}  // namespace

grpc::Status MakeError(grpc::StatusCode code, std::string_view reason, std::string_view message) {
  ASSENT_CHECK(code != grpc::StatusCode::OK, "an error has a code");
  internal::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(std::string(kErrorDomain));
  internal::ErrorStatus details;
  details.set_code(static_cast<int>(code));
  details.set_message(std::string(message));
  internal::ErrorDetail* detail = details.add_details();
  detail->set_type_url(std::string(kErrorInfoType));
  detail->set_value(info.SerializeAsString());
  return grpc::Status(code, std::string(message), details.SerializeAsString());
}

std::string ReasonOf(const grpc::Status& status) {
  if (status.ok() || status.error_details().empty()) return "";
  internal::ErrorStatus details;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const internal::ErrorDetail& detail : details.details()) {
    internal::ErrorInfo info;
    if (detail.type_url() == kErrorInfoType && info.ParseFromString(detail.value()) &&
        info.domain() == kErrorDomain) {
      return info.reason();
    }
  }
  return "";
}

std::string ReasonOf(const grpc::Status& status, const grpc::ClientContext& context) {
  std::string reason = ReasonOf(status);
  if (status.ok() || !reason.empty()) return reason;
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(grpc::string_ref(kReasonTrailer.data(), kReasonTrailer.size()));
  if (found == trailers.end()) return "";
  return std::string(found->second.data(), found->second.size());
}

void AddReasonTrailer(const grpc::Status& status, grpc::ServerContext* context) {
  const std::string reason = ReasonOf(status);
  if (!reason.empty()) context->AddTrailingMetadata(std::string(kReasonTrailer), reason);
}

}  // namespace assent
