// AdminService: what operators see and change.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>

#include "coordinator/decision_writer.h"
#include "coordinator/shell.h"
#include "runtime/traffic.h"
#include "runtime/unary_server.h"

namespace assent {

// What the rest of the daemon counts, for GetStatus.
struct DaemonCounts {
  DecisionWriterCounts log;
  std::uint64_t log_bytes = 0;
  Traffic traffic;
};

// Event thread only; must outlive the loop's Run.
class AdminService final : public Requester {
 public:
  // `counts` is asked on the event thread and must not block.
  AdminService(Shell* shell, std::function<DaemonCounts()> counts)
      : shell_(shell), counts_(std::move(counts)), id_(shell->AddRequester(this)) {}

  void ListTransactions(UnaryCall* call);
  void ListParticipants(UnaryCall* call);
  void ReplaceParticipant(UnaryCall* call);
  void GetStatus(UnaryCall* call);

  void Answer(std::uint64_t tag, InitiatorReply reply) override;
  void BindingReplaced(std::uint64_t tag, Reason reason, const std::string& text) override;

 private:
  UnaryCall* Take(std::uint64_t tag);

  Shell* const shell_;
  const std::function<DaemonCounts()> counts_;
  const std::uint64_t id_;
  std::uint64_t next_tag_ = 1;
  std::unordered_map<std::uint64_t, UnaryCall*> waiting_;
};

}  // namespace assent
