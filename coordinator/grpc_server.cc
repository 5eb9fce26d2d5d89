#include "coordinator/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "runtime/channel.h"
#include "runtime/server.h"

namespace assent {
namespace {

// "HOST:0" with the port that was taken; unix sockets have none.
std::string WithPort(const std::string& listen, int port) {
  if (listen.starts_with("unix:")) return listen;
  return listen.substr(0, listen.rfind(':') + 1) + std::to_string(port);
}

// gRPC's reflection library switches itself on by being linked.
class NoReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins,
                  [](const auto& plugin) { return plugin->name() == "proto_server_reflection"; });
  }
};

}  // namespace

bool GrpcServer::Bind() {
  if (options_.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  if (!options_.reflection) builder.SetOption(std::make_unique<NoReflection>());
  ApplyServerSettings(&builder);
  int port = 0;
  builder.AddListeningPort(options_.listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&raw_transactions_);
  builder.RegisterService(&raw_attach_);
  builder.RegisterService(&raw_admin_);
  if (options_.health) builder.RegisterService(&raw_health_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    // A queue that a server was built on must be shut and drained before it goes.
    if (server_ != nullptr) server_->Shutdown();
    queue_->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
    }
    return false;
  }
  address_ = WithPort(options_.listen, port);
  return true;
}

void GrpcServer::Serve(EventLoop* loop, Shell* shell, std::function<DaemonCounts()> counts) {
  loop_ = loop;
  transactions_ = std::make_unique<TransactionService>(shell);
  admin_ = std::make_unique<AdminService>(shell, std::move(counts));
  sessions_ = std::make_unique<SessionService>(shell);
  attach_ = std::make_unique<AttachService>(shell);
  ServeTransactions();
  ServeAdmin();
  ServeStreams();
  if (options_.health) ServeHealth();
  for (auto& acceptor : unary_acceptors_) acceptor->Start();
  for (auto& acceptor : stream_acceptors_) acceptor->Start();
}

template <class Service, class Request>
void GrpcServer::ServeUnary(Service* service, Request request, UnaryAcceptor::Handler handler) {
  UnaryAcceptorOptions limits;
  limits.max_request_bytes = options_.max_frame_bytes;
  limits.max_calls = options_.max_requests_in_flight;
  unary_acceptors_.push_back(std::make_unique<UnaryAcceptor>(
      loop_, queue_.get(),
      [service, request](auto* context, auto* body, auto* responder, auto* queue, void* tag) {
        (service->*request)(context, body, responder, queue, queue, tag);
      },
      std::move(handler), limits));
}

void GrpcServer::ServeTransactions() {
  TransactionService* service = transactions_.get();
  using Raw = RawTransactionService;
  ServeUnary(&raw_transactions_, &Raw::RequestBeginTransaction,
             [service](UnaryCall* call) { service->Begin(call); });
  ServeUnary(&raw_transactions_, &Raw::RequestEnlistParticipant,
             [service](UnaryCall* call) { service->Enlist(call); });
  ServeUnary(&raw_transactions_, &Raw::RequestCommitTransaction,
             [service](UnaryCall* call) { service->Commit(call); });
  ServeUnary(&raw_transactions_, &Raw::RequestAbortTransaction,
             [service](UnaryCall* call) { service->Abort(call); });
  ServeUnary(&raw_transactions_, &Raw::RequestGetTransaction,
             [service](UnaryCall* call) { service->Get(call); });
}

void GrpcServer::ServeAdmin() {
  AdminService* service = admin_.get();
  using Raw = RawAdminService;
  ServeUnary(&raw_admin_, &Raw::RequestListTransactions,
             [service](UnaryCall* call) { service->ListTransactions(call); });
  ServeUnary(&raw_admin_, &Raw::RequestListParticipants,
             [service](UnaryCall* call) { service->ListParticipants(call); });
  ServeUnary(&raw_admin_, &Raw::RequestReplaceParticipant,
             [service](UnaryCall* call) { service->ReplaceParticipant(call); });
  ServeUnary(&raw_admin_, &Raw::RequestGetStatus,
             [service](UnaryCall* call) { service->GetStatus(call); });
}

void GrpcServer::ServeStreams() {
  StreamAcceptorOptions limits;
  limits.limits.max_frame_bytes = options_.max_frame_bytes;
  limits.limits.max_pending_bytes = options_.max_pending_bytes;
  stream_acceptors_.push_back(std::make_unique<StreamAcceptor>(
      loop_, queue_.get(),
      [this](auto* context, auto* stream, auto* queue, void* tag) {
        raw_transactions_.RequestSession(context, stream, queue, queue, tag);
      },
      sessions_.get(), limits));
  stream_acceptors_.push_back(std::make_unique<StreamAcceptor>(
      loop_, queue_.get(),
      [this](auto* context, auto* stream, auto* queue, void* tag) {
        raw_attach_.RequestAttach(context, stream, queue, queue, tag);
      },
      attach_.get(), limits));
}

void GrpcServer::ServeHealth() {
  health_ = std::make_unique<HealthService>(loop_, queue_.get(), &raw_health_);
  ServeUnary(&raw_health_, &RawHealthService::RequestCheck,
             [service = health_.get()](UnaryCall* call) { service->Check(call); });
  health_->Start();
  health_->SetServing(true);
}

void GrpcServer::SetHealthy(bool healthy) {
  if (health_ != nullptr) health_->SetServing(healthy);
}

void GrpcServer::Shutdown(Duration grace) { ShutdownServer(server_.get(), grace); }

}  // namespace assent
