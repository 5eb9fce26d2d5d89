// AdminService: what operators see and change.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "coordinator/shell.h"
#include "runtime/unary_server.h"

namespace assent {

// Event thread only; must outlive the loop's Run.
class AdminService final : public Requester {
 public:
  explicit AdminService(Shell* shell) : shell_(shell), id_(shell->AddRequester(this)) {}

  void ListTransactions(UnaryCall* call);
  void ListParticipants(UnaryCall* call);
  void ReplaceParticipant(UnaryCall* call);

  void Answer(std::uint64_t tag, InitiatorReply reply) override;
  void BindingReplaced(std::uint64_t tag, Reason reason, const std::string& text) override;

 private:
  UnaryCall* Take(std::uint64_t tag);

  Shell* const shell_;
  const std::uint64_t id_;
  std::uint64_t next_tag_ = 1;
  std::unordered_map<std::uint64_t, UnaryCall*> waiting_;
};

}  // namespace assent
