#include "tools/bench/role_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "core/check.h"
#include "runtime/channel.h"

namespace assent::bench {

RoleServer::RoleServer(const std::vector<grpc::Service*>& services)
    : queue_(Build(services)), loop_(queue_.get()) {}

std::unique_ptr<grpc::ServerCompletionQueue> RoleServer::Build(
    const std::vector<grpc::Service*>& services) {
  grpc::ServerBuilder builder;
  ApplyServerSettings(&builder);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  ASSENT_CHECK(server_ != nullptr && port != 0, "loopback has a free port");
  address_ = "127.0.0.1:" + std::to_string(port);
  return queue;
}

void RoleServer::Run(std::function<void()> drained) {
  for (auto& acceptor : unary_) acceptor->Start();
  for (auto& acceptor : streams_) acceptor->Start();
  thread_ = std::thread([this, drained = std::move(drained)] {
    LoopHooks hooks;
    hooks.drained = drained;
    loop_.Run(hooks);
  });
}

}  // namespace assent::bench
