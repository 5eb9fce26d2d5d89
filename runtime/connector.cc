#include "runtime/connector.h"

#include <grpcpp/client_context.h>

#include <algorithm>

#include "core/check.h"
#include "runtime/clock.h"

namespace assent {

class Connector::ClientLink final : public Link {
 public:
  explicit ClientLink(Connector* connector)
      : Link(connector->loop_, connector, connector->options_.limits), connector_(connector) {
    context_.set_wait_for_ready(true);
    for (const auto& entry : connector->options_.metadata) {
      context_.AddMetadata(entry.first, entry.second);
    }
    stream_ = connector->stub_.PrepareCall(&context_, connector->options_.method, loop()->queue());
    stream_->StartCall(&started_);
  }

  std::string Peer() const override { return context_.peer(); }
  std::string Metadata(std::string_view) const override { return ""; }

 private:
  ~ClientLink() override { connector_->Gone(); }

  // Not ok: the call has ended before it was sent; Finish tells why.
  void OnStarted(bool ok) {
    starting_ = false;
    if (state() == State::kOpening) {
      if (ok) {
        BecomeOpen();
      } else {
        End(grpc::Status::OK);
      }
    }
    Advance();
  }

  void StartRead(grpc::ByteBuffer* frame, Event* done) override { stream_->Read(frame, done); }
  void StartWrite(const grpc::ByteBuffer& frame, Event* done) override {
    stream_->Write(frame, done);
  }
  void StartFinish(Event* done) override { stream_->Finish(&result_, done); }
  void CancelStream() override { context_.TryCancel(); }
  bool MayFinish() const override { return !starting_ && !reading(); }
  void ReadEnded() override {
    own_end_ = cut_off();
    End(own_end_ ? PeerDoesNotRead() : grpc::Status::OK);
  }
  void Refused(const grpc::Status& status) override {
    own_end_ = true;
    context_.TryCancel();
    End(status);
  }
  void OwnerEnded() override { context_.TryCancel(); }
  void Finished() override { TellClosed(own_end_ ? status() : result_); }

  Connector* const connector_;
  bool starting_ = true;
  bool own_end_ = false;  // status() says why; else the server's result does.
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::Status result_;
  Operation started_{[this](bool ok) { OnStarted(ok); }};
};

Connector::Connector(EventLoop* loop, std::shared_ptr<grpc::Channel> channel,
                     ConnectorOptions options, LinkOwner* owner)
    : loop_(loop),
      channel_(std::move(channel)),
      stub_(channel_),
      options_(std::move(options)),
      owner_(owner),
      redial_(loop),
      delay_(options_.min_delay) {}

Connector::~Connector() = default;

void Connector::Start() { Dial(); }

void Connector::Stop() {
  stopped_ = true;
  redial_.Cancel();
  if (link_ != nullptr) link_->Cancel();
}

void Connector::Dial() {
  ASSENT_CHECK(link_ == nullptr);
  opened_ = false;
  link_ = new ClientLink(this);
}

void Connector::Gone() {
  link_ = nullptr;
  if (stopped_) return;
  redial_.Set(MonotonicNow() + delay_, [this] { Dial(); });
  delay_ = std::min(delay_ * 2, options_.max_delay);
}

void Connector::Opened(Link* link) {
  opened_ = true;
  owner_->Opened(link);
}

grpc::Status Connector::Frame(Link* link, grpc::ByteBuffer* frame) {
  delay_ = options_.min_delay;
  return owner_->Frame(link, frame);
}

bool Connector::Take(Link* link, grpc::ByteBuffer* frame) { return owner_->Take(link, frame); }

void Connector::Closed(Link* link, const grpc::Status& status) {
  if (opened_) {
    owner_->Closed(link, status);
  } else if (options_.dial_failed) {
    options_.dial_failed(status);
  }
}

}  // namespace assent
