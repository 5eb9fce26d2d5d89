// The client's side of links: keeps one stream to a server open, for as long as it is wanted.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "runtime/link.h"
#include "runtime/timer.h"

namespace assent {

struct ConnectorOptions {
  std::string method;                                         // "/assent.v1.AttachService/Attach"
  std::vector<std::pair<std::string, std::string>> metadata;  // Keys in lower case.
  LinkLimits limits;
  // Wait before dialling again: doubled from `min_delay` up to `max_delay` as long as links end
  // before a frame has come; the first one after a link that worked is `min_delay`. A server that
  // cannot be reached is waited for within one dial, at the channel's own back-off
  // (runtime/channel.h).
  Duration min_delay = Duration::Millis(20);
  Duration max_delay = Duration::Seconds(1);
  // A dial that ended before it opened (refused by the server, bad credentials): for logs. May be
  // empty.
  std::function<void(const grpc::Status&)> dial_failed;
};

// Loop's thread only; nothing blocks. Tells `owner` Opened and Closed of each link in turn, never
// two at a time. A link that the owner closes itself is dialled again, too; Stop is what ends the
// dialling. Holds the loop from Start until Stop has taken effect; must outlive the loop's Run, and
// so must `owner`.
class Connector final : private LinkOwner {
 public:
  Connector(EventLoop* loop, std::shared_ptr<grpc::Channel> channel, ConnectorOptions options,
            LinkOwner* owner);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Dials until Stop. Once.
  void Start();

  // Cancels what is open; the owner hears nothing more. May be repeated.
  void Stop();

  // After the link that is open now, the next dial waits at least `delay`: for a server that
  // refuses what was said on it. Once: the back-off goes on as ever after that dial.
  void DelayNextDial(Duration delay) { delay_ = std::max(delay_, delay); }

  // The open link, or null.
  Link* link() const { return link_ != nullptr && link_->open() ? link_ : nullptr; }

 private:
  class ClientLink;

  void Dial();
  void Gone();
  void Opened(Link* link) override;
  grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) override;
  bool Take(Link* link, grpc::ByteBuffer* frame) override;
  void Closed(Link* link, const grpc::Status& status) override;

  EventLoop* const loop_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  const ConnectorOptions options_;
  LinkOwner* const owner_;
  Timer redial_;
  Link* link_ = nullptr;  // Dialled; owns itself.
  bool opened_ = false;
  bool stopped_ = false;
  Duration delay_;
};

}  // namespace assent
