// TransactionService.Session: initiators' requests in batched frames.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "assent/v1/transaction_service.pb.h"
#include "coordinator/shell.h"
#include "proto/wire_convert.h"
#include "runtime/frames.h"
#include "runtime/link.h"

namespace assent {

// Event thread only; must outlive the loop's Run.
class SessionService final : public LinkOwner {
 public:
  explicit SessionService(Shell* shell);
  ~SessionService();

  void Opened(Link* link) override;
  grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) override;
  bool Take(Link* link, grpc::ByteBuffer* frame) override;
  void Closed(Link* link, const grpc::Status& status) override;

  std::size_t open_sessions() const { return sessions_.size(); }

 private:
  class Session;

  Shell* const shell_;
  std::unordered_map<Link*, std::unique_ptr<Session>> sessions_;
  std::vector<SessionCall> calls_;
};

}  // namespace assent
