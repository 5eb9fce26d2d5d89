// TransactionService's unary methods, for initiators without the client library.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "coordinator/shell.h"
#include "core/messages.h"
#include "proto/wire_convert.h"
#include "runtime/unary_server.h"

namespace assent {

// Event thread only; must outlive the loop's Run. One handler per method, for a UnaryAcceptor each.
class TransactionService final : public Requester {
 public:
  explicit TransactionService(Shell* shell) : shell_(shell), id_(shell->AddRequester(this)) {}

  void Begin(UnaryCall* call);
  void Enlist(UnaryCall* call);
  void Commit(UnaryCall* call);
  void Abort(UnaryCall* call);
  void Get(UnaryCall* call);

  void Answer(std::uint64_t tag, InitiatorReply reply) override;

 private:
  using Finish = void (*)(UnaryCall* call, InitiatorReply reply);

  struct Waiting {
    UnaryCall* call = nullptr;
    Finish finish = nullptr;
    RequestId request = 0;  // 0: not submitted yet
  };

  template <class Message, class Request, class Reply, class Response>
  void Handle(UnaryCall* call);
  void Submit(UnaryCall* call, InitiatorRequest request, Finish finish);

  Shell* const shell_;
  const std::uint64_t id_;
  std::uint64_t next_tag_ = 1;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
};

}  // namespace assent
