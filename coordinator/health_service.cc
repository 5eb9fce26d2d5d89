#include "coordinator/health_service.h"

#include <cstddef>

#include "runtime/frames.h"

namespace assent {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr std::size_t kMaxWatches = 1'000;

grpc::ByteBuffer Response(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return SerializeBuffer(response);
}

}  // namespace

HealthService::HealthService(EventLoop* loop, grpc::ServerCompletionQueue* queue,
                             RawHealthService* raw)
    : watches_(
          loop, queue,
          [raw](auto* context, auto* request, auto* writer, auto* own_queue, void* tag) {
            raw->RequestWatch(context, request, writer, own_queue, own_queue, tag);
          },
          [this](const grpc::ByteBuffer& request) { return Show(request); }, kMaxWatches) {}

void HealthService::Check(UnaryCall* call) {
  HealthCheckRequest request;
  WireError error;
  if (!ParseBuffer(call->request(), &request, &error)) return call->Fail(ToStatus(error));
  if (!request.service().empty()) {
    return call->Fail(grpc::Status(grpc::StatusCode::NOT_FOUND,
                                   "health is that of the whole server: leave service empty"));
  }
  call->Reply(Response(serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING));
}

grpc::ByteBuffer HealthService::Show(const grpc::ByteBuffer& request) const {
  grpc::ByteBuffer bytes = request;
  HealthCheckRequest parsed;
  WireError error;
  if (!ParseBuffer(&bytes, &parsed, &error) || !parsed.service().empty()) {
    return Response(HealthCheckResponse::SERVICE_UNKNOWN);
  }
  return Response(serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
}

void HealthService::SetServing(bool serving) {
  serving_ = serving;
  watches_.Changed();
}

}  // namespace assent
