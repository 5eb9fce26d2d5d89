#include "tools/cli_participant.h"

#include <algorithm>
#include <string>
#include <vector>

#include "assent/v1/admin_service.grpc.pb.h"
#include "core/ids.h"
#include "tools/cli_remote.h"
#include "tools/cli_text.h"

namespace assent::cli {
namespace {

std::string KindOf(v1::LinkKind kind) {
  if (kind == v1::LINK_KIND_STREAM) return "stream";
  return kind == v1::LINK_KIND_UNARY ? "unary" : std::to_string(kind);
}

std::string DescribeParticipants(const v1::ListParticipantsResponse& list) {
  std::vector<std::vector<std::string>> rows = {
      {"PARTICIPANT", "ATTACHED", "LINK", "UNFINISHED", "INCARNATION", "STORE"}};
  for (const v1::ParticipantInfo& info : list.participants()) {
    rows.push_back({info.participant(), info.attached() ? "yes" : "no", KindOf(info.link_kind()),
                    std::to_string(info.unfinished()), std::to_string(info.incarnation()),
                    info.store_id().empty() ? "(released)" : info.store_id()});
  }
  return Table(rows);
}

// Empty: go on.
std::string WhyNotReplace(const Command& command) {
  if (!IsValidParticipantName(command.participant)) {
    return "\"" + command.participant + "\" is not a participant's name";
  }
  if (!command.store.empty() && !StoreId::Parse(command.store)) {
    return "\"" + command.store +
           "\" is not a store id: 32 hexadecimal digits in lower case; assent participant list "
           "shows them";
  }
  if (command.confirm != command.participant) {
    return "commits that the old store has not acknowledged will never reach the new one. If the "
           "old store is gone for good, repeat the name: --confirm " +
           command.participant;
  }
  return "";
}

grpc::Status Ask(const Command& command, v1::AdminService::Stub* stub,
                 v1::ListParticipantsResponse* list) {
  grpc::ClientContext context;
  SetDeadline(command, &context);
  return stub->ListParticipants(&context, {}, list);
}

bool Lists(const v1::ListParticipantsResponse& list, const std::string& name) {
  return std::any_of(list.participants().begin(), list.participants().end(),
                     [&](const v1::ParticipantInfo& info) { return info.participant() == name; });
}

}  // namespace

Exit ListParticipants(const Command& command) {
  const auto stub = v1::AdminService::NewStub(Connect(command));
  v1::ListParticipantsResponse list;
  const grpc::Status status = Ask(command, stub.get(), &list);
  if (!status.ok()) return ComplainAbout(command, status);
  if (command.format == Format::kJson) return Emit(Json(list), Exit::kDone);
  return Emit(DescribeParticipants(list), Exit::kDone);
}

Exit ReplaceParticipant(const Command& command) {
  const std::string refusal = WhyNotReplace(command);
  if (!refusal.empty()) return Complain(refusal, Exit::kUsage);
  const auto stub = v1::AdminService::NewStub(Connect(command));
  v1::ListParticipantsResponse before;  // whoever cannot be asked is not told either
  const grpc::Status reached = Ask(command, stub.get(), &before);
  if (!reached.ok()) return ComplainAbout(command, reached);
  if (!Lists(before, command.participant)) {
    return Complain("UNKNOWN_PARTICIPANT: no participant of the name " + command.participant +
                        " has ever attached; assent participant list shows all",
                    Exit::kRefused);
  }
  grpc::ClientContext context;
  SetDeadline(command, &context);
  v1::ReplaceParticipantRequest request;
  request.set_participant(command.participant);
  request.set_store_id(command.store);
  v1::ReplaceParticipantResponse response;
  const grpc::Status status = stub->ReplaceParticipant(&context, request, &response);
  if (!status.ok()) return ComplainAboutChange(command, status);
  if (command.format == Format::kJson) return Emit(Json(response), Exit::kDone);
  return Emit(
      command.participant + (command.store.empty() ? " is released: the next store that "
                                                     "attaches under this name gets it\n"
                                                   : " is bound to " + command.store + "\n"),
      Exit::kDone);
}

}  // namespace assent::cli
