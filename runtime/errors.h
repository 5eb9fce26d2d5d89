// Errors on the wire: a canonical code, a machine-readable reason, and a text that says what to do.
//
// The reason travels twice: in the status's details (google.rpc.Status holding a
// google.rpc.ErrorInfo with domain "assent", which any language's gRPC reads) and in the trailer
// `assent-reason` (which curl and logs read). Thread-safe; never blocks.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

namespace assent {

inline constexpr std::string_view kErrorDomain = "assent";
inline constexpr std::string_view kReasonTrailer = "assent-reason";

// `reason` is UPPER_SNAKE_CASE, from the documented list; `code` is not OK.
grpc::Status MakeError(grpc::StatusCode code, std::string_view reason, std::string_view message);

// The reason in `status`'s details; empty for OK, for errors of gRPC itself, and for details that
// are not ours.
std::string ReasonOf(const grpc::Status& status);

// The same at a client, with the trailer as second source. Only after the call has finished.
std::string ReasonOf(const grpc::Status& status, const grpc::ClientContext& context);

// Puts the status's reason, if any, into the trailer. Before the call's Finish.
void AddReasonTrailer(const grpc::Status& status, grpc::ServerContext* context);

}  // namespace assent
