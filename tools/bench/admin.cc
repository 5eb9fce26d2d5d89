#include "tools/bench/admin.h"

#include <grpcpp/client_context.h>

#include "runtime/channel.h"
#include "runtime/clock.h"
#include "tools/bench/supervisor.h"

namespace assent::bench {
namespace {

constexpr Duration kPatience = Duration::Seconds(60);

void Prepare(grpc::ClientContext* context) {
  context->set_deadline(ToGrpcTime(MonotonicNow() + kPatience));
  context->set_wait_for_ready(true);
}

void FailUnlessOk(const grpc::Status& status, const std::string& call) {
  if (status.ok()) return;
  Supervisor::Get().Fail(call + " has failed with code " + std::to_string(status.error_code()) +
                         ": " + status.error_message());
}

}  // namespace

Admin::Admin(const std::string& coordinator)
    : coordinator_(coordinator),
      stub_(v1::AdminService::NewStub(Dial(coordinator, grpc::InsecureChannelCredentials()))) {}

v1::GetStatusResponse Admin::Status() const {
  grpc::ClientContext context;
  Prepare(&context);
  v1::GetStatusResponse response;
  FailUnlessOk(stub_->GetStatus(&context, {}, &response), "GetStatus at " + coordinator_);
  return response;
}

int Admin::Attached() const {
  grpc::ClientContext context;
  Prepare(&context);
  v1::ListParticipantsResponse response;
  FailUnlessOk(stub_->ListParticipants(&context, {}, &response),
               "ListParticipants at " + coordinator_);
  int attached = 0;
  for (const v1::ParticipantInfo& info : response.participants())
    attached += info.attached() ? 1 : 0;
  return attached;
}

}  // namespace assent::bench
