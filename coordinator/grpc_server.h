// The coordinator's gRPC server: every method of every service, armed on the event loop's queue.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "assent/v1/admin_service.grpc.pb.h"
#include "assent/v1/attach_service.grpc.pb.h"
#include "assent/v1/transaction_service.grpc.pb.h"
#include "coordinator/admin_service.h"
#include "coordinator/attach_service.h"
#include "coordinator/health_service.h"
#include "coordinator/options.h"
#include "coordinator/session_service.h"
#include "coordinator/transaction_service.h"
#include "runtime/event_loop.h"
#include "runtime/server_link.h"
#include "runtime/unary_server.h"

namespace assent {

// Raw methods throughout, so that what cannot be parsed is refused by us, with a reason.
class RawTransactionService : public v1::TransactionService::WithRawMethod_BeginTransaction<
                                  v1::TransactionService::WithRawMethod_EnlistParticipant<
                                      v1::TransactionService::WithRawMethod_CommitTransaction<
                                          v1::TransactionService::WithRawMethod_AbortTransaction<
                                              v1::TransactionService::WithRawMethod_GetTransaction<
                                                  v1::TransactionService::WithRawMethod_Session<
                                                      v1::TransactionService::Service>>>>>> {};
class RawAttachService
    : public v1::AttachService::WithRawMethod_Attach<v1::AttachService::Service> {};
class RawAdminService
    : public v1::AdminService::WithRawMethod_ListTransactions<
          v1::AdminService::WithRawMethod_ListParticipants<
              v1::AdminService::WithRawMethod_ReplaceParticipant<
                  v1::AdminService::WithRawMethod_GetStatus<v1::AdminService::Service>>>> {};

// Order of life: construct; Bind; make the loop on queue(); Serve; run the loop; Shutdown (on
// another thread, while the loop runs); end the loop; destroy.
class GrpcServer {
 public:
  explicit GrpcServer(const DaemonOptions& options) : options_(options) {}

  // Takes the address and starts to accept connections; calls wait until Serve. False: it cannot be
  // had.
  bool Bind();
  // What clients dial, with the port that was taken.
  const std::string& address() const { return address_; }
  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // Arms every method; `counts` as AdminService has it. Before the loop runs, or on its thread.
  void Serve(EventLoop* loop, Shell* shell, std::function<DaemonCounts()> counts);

  // grpc.health.v1, for the whole server; true from Serve on. On the loop's thread.
  void SetHealthy(bool healthy);

  // Blocks; the loop must be running on another thread.
  void Shutdown(Duration grace);

 private:
  template <class Service, class Request>
  void ServeUnary(Service* service, Request request, UnaryAcceptor::Handler handler);
  void ServeTransactions();
  void ServeAdmin();
  void ServeStreams();
  void ServeHealth();

  const DaemonOptions options_;
  std::string address_;
  RawTransactionService raw_transactions_;
  RawAttachService raw_attach_;
  RawAdminService raw_admin_;
  RawHealthService raw_health_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;

  EventLoop* loop_ = nullptr;
  std::unique_ptr<TransactionService> transactions_;
  std::unique_ptr<AdminService> admin_;
  std::unique_ptr<SessionService> sessions_;
  std::unique_ptr<AttachService> attach_;
  std::unique_ptr<HealthService> health_;  // null: switched off
  std::vector<std::unique_ptr<UnaryAcceptor>> unary_acceptors_;
  std::vector<std::unique_ptr<StreamAcceptor>> stream_acceptors_;
};

}  // namespace assent
