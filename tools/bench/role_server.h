// A gRPC server of a role: raw methods on one event loop, on a free port of loopback.
//
// Never destroyed: a role's process just ends.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/event_loop.h"
#include "runtime/server_link.h"
#include "runtime/unary_server.h"

namespace assent::bench {

class RoleServer {
 public:
  explicit RoleServer(const std::vector<grpc::Service*>& services);
  RoleServer(const RoleServer&) = delete;
  RoleServer& operator=(const RoleServer&) = delete;

  // Before Run. `request` is a raw service's Request<Method>.
  template <class Service, class Request>
  void Unary(Service* service, Request request, UnaryAcceptor::Handler handler) {
    unary_.push_back(std::make_unique<UnaryAcceptor>(
        &loop_, queue_.get(),
        [service, request](auto* context, auto* body, auto* responder, auto* queue, void* tag) {
          (service->*request)(context, body, responder, queue, queue, tag);
        },
        std::move(handler)));
  }
  template <class Service, class Request>
  void Stream(Service* service, Request request, LinkOwner* owner) {
    streams_.push_back(std::make_unique<StreamAcceptor>(
        &loop_, queue_.get(),
        [service, request](auto* context, auto* stream, auto* queue, void* tag) {
          (service->*request)(context, stream, queue, queue, tag);
        },
        owner));
  }

  // Serves on a thread of its own; `drained` may be empty. See LoopHooks.
  void Run(std::function<void()> drained);

  EventLoop* loop() { return &loop_; }
  const std::string& address() const { return address_; }

 private:
  // The queue that the server was built with, or the end of the process.
  std::unique_ptr<grpc::ServerCompletionQueue> Build(const std::vector<grpc::Service*>& services);

  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  EventLoop loop_;
  std::vector<std::unique_ptr<UnaryAcceptor>> unary_;
  std::vector<std::unique_ptr<StreamAcceptor>> streams_;
  std::thread thread_;
};

}  // namespace assent::bench
