#include "tests/runtime/echo_server.h"

#include "core/check.h"
#include "runtime/channel.h"
#include "runtime/errors.h"
#include "runtime/server.h"

namespace assent::test {
namespace {

constexpr std::size_t kFloodBytes = std::size_t{1} << 20;
constexpr std::size_t kFrameBytes = std::size_t{1} << 19;

std::size_t TotalBytes(const std::vector<std::string>& items) {
  std::size_t total = 0;
  for (const std::string& item : items) total += item.size();
  return total;
}

grpc::Status Malformed(std::string_view reason) {
  return MakeError(grpc::StatusCode::INVALID_ARGUMENT, reason, "not a Batch");
}

}  // namespace

EchoServer::EchoServer(const EchoServerOptions& options) {
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder);
  builder.AddListeningPort("127.0.0.1:" + std::to_string(options.port),
                           grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&service_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  ASSENT_CHECK(server_ != nullptr && port_ != 0, "the port must be free");
  loop_ = std::make_unique<EventLoop>(queue_.get());
  streams_ = std::make_unique<StreamAcceptor>(
      loop_.get(), queue_.get(),
      [this](auto* context, auto* stream, auto* queue, void* tag) {
        service_.RequestSession(context, stream, queue, queue, tag);
      },
      static_cast<LinkOwner*>(this), options.streams);
  calls_ = std::make_unique<UnaryAcceptor>(
      loop_.get(), queue_.get(),
      [this](auto* context, auto* request, auto* responder, auto* queue, void* tag) {
        service_.RequestAsk(context, request, responder, queue, queue, tag);
      },
      [this](UnaryCall* call) { Answer(call); }, options.calls);
  streams_->Start();
  calls_->Start();
  thread_ = std::make_unique<LoopThread>(loop_.get());
}

void EchoServer::Stop(Duration grace) {
  if (thread_ == nullptr) return;
  ShutdownServer(server_.get(), grace);
  workers_.Stop();
  thread_->CloseAndJoin();
  thread_.reset();
  ASSENT_CHECK(loop_->holds() == 0);
  ASSENT_CHECK(streams_->open_links() == 0 && calls_->open_calls() == 0);
  server_.reset();
}

void EchoServer::Opened(Link* link) {
  pending_[link];
  const std::string metadata = link->Metadata("who");
  monitor.Update([&] {
    ++opened;
    last_metadata = metadata;
  });
}

grpc::Status EchoServer::Frame(Link* link, grpc::ByteBuffer* frame) {
  monitor.Update([&] { ++frames_in; });
  assent_test::Batch batch;
  if (!batch.ParseFromString(ToBytes(*frame))) return Malformed("MALFORMED_FRAME");
  std::vector<std::string>& pending = pending_[link];
  for (const std::string& item : batch.items()) {
    if (item == "refuse") {
      return MakeError(grpc::StatusCode::FAILED_PRECONDITION, "REFUSED", "as asked");
    }
    pending.push_back(item == "flood" ? std::string(kFloodBytes, 'x') : item);
  }
  link->MarkDirty(TotalBytes(pending));
  return grpc::Status::OK;
}

bool EchoServer::Take(Link* link, grpc::ByteBuffer* frame) {
  std::vector<std::string>& pending = pending_[link];
  if (pending.empty()) return false;
  assent_test::Batch batch;
  std::size_t taken = 0;
  for (std::size_t bytes = 0; taken < pending.size() && bytes < kFrameBytes; ++taken) {
    bytes += pending[taken].size();
    batch.add_items(pending[taken]);
  }
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(taken));
  *frame = ToBuffer(batch.SerializeAsString());
  monitor.Update([&] { ++frames_out; });
  return true;
}

void EchoServer::Closed(Link* link, const grpc::Status& status) {
  pending_.erase(link);
  monitor.Update([&] { closed.push_back(status); });
}

void EchoServer::Answer(UnaryCall* call) {
  const std::string metadata = call->Metadata("who");
  monitor.Update([&] {
    ++unary_started;
    last_metadata = metadata;
  });
  assent_test::Batch batch;
  if (!call->request()->Valid() || !batch.ParseFromString(ToBytes(*call->request()))) {
    call->Fail(Malformed("MALFORMED_REQUEST"));
    return;
  }
  const std::string item = batch.items_size() > 0 ? batch.items(0) : "";
  const grpc::ByteBuffer echo = ToBuffer(batch.SerializeAsString());
  if (item == "fail") {
    call->Fail(grpc::StatusCode::FAILED_PRECONDITION, "ALREADY_PREPARING", "too late to enlist");
  } else if (item == "never") {
    call->OnCancelled([this, call] {
      monitor.Update([&] { ++unary_cancelled; });
      call->Fail(grpc::StatusCode::CANCELLED, "GONE", "nobody listens");
    });
  } else if (item == "later") {
    ASSENT_CHECK(workers_.Submit("later", [this, call, echo] {
      ASSENT_CHECK(loop_->Post([call, echo] { call->Reply(echo); }));
    }));
  } else {
    call->Reply(echo);
  }
}

}  // namespace assent::test
