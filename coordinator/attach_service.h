// AttachService.Attach: the streams that participants' agents open and the coordinator drives.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "assent/v1/attach_service.pb.h"
#include "coordinator/shell.h"
#include "proto/wire_convert.h"
#include "runtime/frames.h"
#include "runtime/link.h"

namespace assent {

// Event thread only; must outlive the loop's Run.
class AttachService final : public LinkOwner {
 public:
  explicit AttachService(Shell* shell);
  ~AttachService();

  void Opened(Link* link) override;
  grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) override;
  bool Take(Link* link, grpc::ByteBuffer* frame) override;
  void Closed(Link* link, const grpc::Status& status) override;

  std::size_t open_links() const { return agents_.size(); }

 private:
  class Agent;

  Shell* const shell_;
  std::unordered_map<Link*, std::unique_ptr<Agent>> agents_;
  std::vector<FromParticipant> messages_;
};

}  // namespace assent
