#include "tools/cli_status.h"

#include <string>
#include <vector>

#include "assent/v1/admin_service.grpc.pb.h"
#include "tools/cli_remote.h"
#include "tools/cli_text.h"

namespace assent::cli {
namespace {

std::string DescribeStatus(const v1::GetStatusResponse& status) {
  const v1::TransactionCounters& transactions = status.transactions();
  const v1::LogCounters& log = status.log();
  const v1::TrafficCounters& traffic = status.traffic();
  const auto number = [](std::uint64_t count) { return std::to_string(count); };
  return Table({
      {"NOW", ""},
      {"coordinator", status.coordinator_id()},
      {"epoch", number(status.epoch())},
      {"open transactions", number(status.open_transactions())},
      {"requests in flight", number(status.requests_in_flight())},
      {"SINCE ITS START", ""},
      {"opened", number(transactions.opened())},
      {"committed", number(transactions.committed())},
      {"read-only among them", number(transactions.read_only())},
      {"aborted", number(transactions.aborted())},
      {"requests refused", number(transactions.refused())},
      {"commits repeated", number(transactions.repeated_commits())},
      {"log syncs", number(log.syncs())},
      {"log decisions", number(log.decisions())},
      {"log updates", number(log.updates())},
      {"log bytes", number(log.bytes())},
      {"frames sent", number(traffic.frames_sent())},
      {"bytes sent", number(traffic.bytes_sent())},
      {"frames received", number(traffic.frames_received())},
      {"bytes received", number(traffic.bytes_received())},
  });
}

}  // namespace

Exit ShowStatus(const Command& command) {
  const auto stub = v1::AdminService::NewStub(Connect(command));
  grpc::ClientContext context;
  SetDeadline(command, &context);
  v1::GetStatusResponse response;
  const grpc::Status status = stub->GetStatus(&context, {}, &response);
  if (!status.ok()) return ComplainAbout(command, status);
  if (command.format == Format::kJson) return Emit(Json(response), Exit::kDone);
  return Emit(DescribeStatus(response), Exit::kDone);
}

}  // namespace assent::cli
