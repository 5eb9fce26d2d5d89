// A real gRPC server on a loop of its own: it echoes batches over links, and answers unary calls as
// they ask it to.
//
// Items of a frame: anything is echoed; "flood" is answered by 1 MiB; "refuse" ends the link
// (FAILED_PRECONDITION, REFUSED); a frame that is no Batch ends it (INVALID_ARGUMENT,
// MALFORMED_FRAME). Unary items: "fail", "never" (answered only once cancelled), "later" (answered
// by a later turn), else echoed.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assent_test/echo.grpc.pb.h"
#include "runtime/server_link.h"
#include "runtime/unary_server.h"
#include "runtime/worker_pool.h"
#include "tests/runtime/harness.h"

namespace assent::test {

struct EchoServerOptions {
  int port = 0;
  StreamAcceptorOptions streams;
  UnaryAcceptorOptions calls;
};

class EchoServer final : private LinkOwner {
 public:
  explicit EchoServer(const EchoServerOptions& options = {});
  ~EchoServer() { Stop(); }

  // The order of runtime/server.h.
  void Stop(Duration grace = Duration::Millis(50));

  int port() const { return port_; }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  LoopThread* loop_thread() { return thread_.get(); }

  // Observations, for Monitor::Await and Get.
  Monitor monitor;
  int opened = 0;
  std::vector<grpc::Status> closed;
  int frames_in = 0;
  int frames_out = 0;
  int unary_started = 0;
  int unary_cancelled = 0;
  std::string last_metadata;

  // On the loop's thread.
  const std::map<Link*, std::vector<std::string>>& links() const { return pending_; }
  void Forget(Link* link) { pending_.erase(link); }

 private:
  using Service = assent_test::EchoService::WithRawMethod_Session<
      assent_test::EchoService::WithRawMethod_Ask<assent_test::EchoService::Service>>;

  void Opened(Link* link) override;
  grpc::Status Frame(Link* link, grpc::ByteBuffer* frame) override;
  bool Take(Link* link, grpc::ByteBuffer* frame) override;
  void Closed(Link* link, const grpc::Status& status) override;
  void Answer(UnaryCall* call);

  Service service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<StreamAcceptor> streams_;
  std::unique_ptr<UnaryAcceptor> calls_;
  std::map<Link*, std::vector<std::string>> pending_;
  int port_ = 0;
  WorkerPool workers_{{.threads = 1, .max_queued = 100}};
  std::unique_ptr<LoopThread> thread_;
};

}  // namespace assent::test
