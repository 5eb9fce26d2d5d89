// Clients of the daemon that know nothing but the .proto files: generated blocking stubs, raw
// bytes, and a participant's agent that is driven by hand.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "assent/v1/admin_service.grpc.pb.h"
#include "assent/v1/attach_service.grpc.pb.h"
#include "assent/v1/transaction_service.grpc.pb.h"

namespace assent::testing {

std::shared_ptr<grpc::Channel> Connect(const std::string& address);

// A deadline, so that nothing waits for ever.
void Prepare(grpc::ClientContext* context);

// What a call brought. `reason` is the trailer's.
template <class Response>
struct Answer {
  grpc::Status status;
  std::string reason;
  Response response;
};

std::string TrailerReason(const grpc::ClientContext& context);

// The unary methods of an initiator and an operator.
class Initiator {
 public:
  explicit Initiator(const std::string& address);

  Answer<v1::BeginTransactionResponse> Begin(std::int64_t timeout_us = 0);
  Answer<v1::EnlistParticipantResponse> Enlist(const std::string& id, const std::string& name);
  Answer<v1::CommitTransactionResponse> Commit(const v1::CommitTransactionRequest& request);
  Answer<v1::CommitTransactionResponse> Commit(const std::string& id,
                                               const std::vector<std::string>& participants = {});
  Answer<v1::AbortTransactionResponse> Abort(const std::string& id);
  Answer<v1::GetTransactionResponse> Get(const std::string& id);
  Answer<v1::ListParticipantsResponse> ListParticipants();
  Answer<v1::ListTransactionsResponse> ListTransactions(const v1::ListTransactionsRequest& request);
  Answer<v1::GetStatusResponse> Status();
  Answer<v1::ReplaceParticipantResponse> Replace(const std::string& name, const std::string& store);

  // A transaction that is begun, or the test's end.
  std::string BeginId();

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TransactionService::Stub> transactions_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

v1::CommitTransactionRequest CommitOf(const std::string& id,
                                      const std::vector<std::string>& participants,
                                      const std::string& payload = "work");

// One unary call with any bytes.
Answer<std::string> RawCall(const std::string& address, const std::string& method,
                            const std::string& bytes);

// One stream with any bytes in one frame and then the client's end; answers all that comes and how
// the stream ends.
Answer<std::string> RawStream(const std::string& address, const std::string& method,
                              const std::string& bytes);

// A participant's agent, driven by hand.
class Agent {
 public:
  Agent(const std::string& address, const std::string& name, char store = 'a',
        std::uint64_t incarnation = 1, std::uint64_t life = 1);
  ~Agent();

  // Sends Attach, waits for the answer. What follows may be used only if that is welcome.
  v1::AttachAnswer Attach();
  v1::Attach* attach() { return &attach_; }

  bool Send(const v1::FromParticipant& message);
  bool Vote(const v1::Prepare& prepare, v1::VoteKind vote, const std::string& text = "");
  bool Acknowledge(const v1::Commit& commit);
  v1::InquiryAnswer Inquire(std::uint64_t epoch, std::uint64_t number);

  // The next message; an empty one if the stream has ended.
  v1::ToParticipant Receive();
  v1::Prepare ReceivePrepare();
  v1::Commit ReceiveCommit();
  v1::Abort ReceiveAbort();

  // How the stream ends, once nothing more is to be read.
  Answer<std::string> Finish();

  int sent() const { return sent_; }
  int received() const { return received_; }

 private:
  v1::Attach attach_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::AttachService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AttachRequest, v1::AttachResponse>> stream_;
  std::deque<v1::ToParticipant> arrived_;
  bool finished_ = false;
  int sent_ = 0;
  int received_ = 0;
};

}  // namespace assent::testing
