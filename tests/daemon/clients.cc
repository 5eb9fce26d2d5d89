#include "tests/daemon/clients.h"

#include <grpcpp/create_channel.h>

#include <iterator>
#include <utility>

#include "core/check.h"
#include "runtime/clock.h"
#include "tests/daemon/daemon_process.h"

namespace assent::testing {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToBytes(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.Valid() || !buffer.DumpToSingleSlice(&slice).ok()) return "";
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

template <class Stub, class Request, class Response>
Answer<Response> Call(Stub* stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  grpc::ClientContext context;
  Prepare(&context);
  Answer<Response> answer;
  answer.status = (stub->*method)(&context, request, &answer.response);
  answer.reason = TrailerReason(context);
  return answer;
}

// Waits for the one operation under way.
bool Wait(grpc::CompletionQueue* queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue->Next(&tag, &ok) && ok;
}

void Drain(grpc::CompletionQueue* queue) {
  queue->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) continue;
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void Prepare(grpc::ClientContext* context) {
  context->set_deadline(ToGrpcTime(MonotonicNow() + Duration::Seconds(kPatienceSeconds)));
  context->set_wait_for_ready(true);
}

std::string TrailerReason(const grpc::ClientContext& context) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find("assent-reason");
  if (found == trailers.end()) return "";
  return {found->second.data(), found->second.size()};
}

Initiator::Initiator(const std::string& address)
    : channel_(Connect(address)),
      transactions_(v1::TransactionService::NewStub(channel_)),
      admin_(v1::AdminService::NewStub(channel_)) {}

Answer<v1::BeginTransactionResponse> Initiator::Begin(std::int64_t timeout_us) {
  v1::BeginTransactionRequest request;
  request.set_timeout_us(timeout_us);
  return Call(transactions_.get(), &v1::TransactionService::Stub::BeginTransaction, request);
}

Answer<v1::EnlistParticipantResponse> Initiator::Enlist(const std::string& id,
                                                        const std::string& name) {
  v1::EnlistParticipantRequest request;
  request.set_transaction_id(id);
  request.set_participant(name);
  return Call(transactions_.get(), &v1::TransactionService::Stub::EnlistParticipant, request);
}

Answer<v1::CommitTransactionResponse> Initiator::Commit(
    const v1::CommitTransactionRequest& request) {
  return Call(transactions_.get(), &v1::TransactionService::Stub::CommitTransaction, request);
}

Answer<v1::CommitTransactionResponse> Initiator::Commit(
    const std::string& id, const std::vector<std::string>& participants) {
  return Commit(CommitOf(id, participants));
}

Answer<v1::AbortTransactionResponse> Initiator::Abort(const std::string& id) {
  v1::AbortTransactionRequest request;
  request.set_transaction_id(id);
  return Call(transactions_.get(), &v1::TransactionService::Stub::AbortTransaction, request);
}

Answer<v1::GetTransactionResponse> Initiator::Get(const std::string& id) {
  v1::GetTransactionRequest request;
  request.set_transaction_id(id);
  return Call(transactions_.get(), &v1::TransactionService::Stub::GetTransaction, request);
}

Answer<v1::ListParticipantsResponse> Initiator::ListParticipants() {
  return Call(admin_.get(), &v1::AdminService::Stub::ListParticipants,
              v1::ListParticipantsRequest());
}

Answer<v1::ListTransactionsResponse> Initiator::ListTransactions(
    const v1::ListTransactionsRequest& request) {
  return Call(admin_.get(), &v1::AdminService::Stub::ListTransactions, request);
}

Answer<v1::GetStatusResponse> Initiator::Status() {
  return Call(admin_.get(), &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest());
}

Answer<v1::ReplaceParticipantResponse> Initiator::Replace(const std::string& name,
                                                          const std::string& store) {
  v1::ReplaceParticipantRequest request;
  request.set_participant(name);
  request.set_store_id(store);
  return Call(admin_.get(), &v1::AdminService::Stub::ReplaceParticipant, request);
}

std::string Initiator::BeginId() {
  const auto begun = Begin();
  ASSENT_CHECK(begun.status.ok(), "a transaction begins");
  return begun.response.transaction_id();
}

v1::CommitTransactionRequest CommitOf(const std::string& id,
                                      const std::vector<std::string>& participants,
                                      const std::string& payload) {
  v1::CommitTransactionRequest request;
  request.set_transaction_id(id);
  for (const std::string& participant : participants) {
    auto* branch = request.add_branches();
    branch->set_participant(participant);
    branch->set_payload(payload);
  }
  return request;
}

Answer<std::string> RawCall(const std::string& address, const std::string& method,
                            const std::string& bytes) {
  grpc::GenericStub stub(Connect(address));
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  Prepare(&context);
  Answer<std::string> answer;
  grpc::ByteBuffer response;
  auto call = stub.PrepareUnaryCall(&context, method, ToBuffer(bytes), &queue);
  call->StartCall();
  call->Finish(&response, &answer.status, nullptr);
  Wait(&queue);
  answer.reason = TrailerReason(context);
  answer.response = ToBytes(response);
  Drain(&queue);
  return answer;
}

Answer<std::string> RawStream(const std::string& address, const std::string& method,
                              const std::string& bytes) {
  grpc::GenericStub stub(Connect(address));
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  Prepare(&context);
  auto stream = stub.PrepareCall(&context, method, &queue);
  stream->StartCall(nullptr);
  Wait(&queue);
  stream->Write(ToBuffer(bytes), nullptr);
  Wait(&queue);
  stream->WritesDone(nullptr);
  Wait(&queue);
  Answer<std::string> answer;
  grpc::ByteBuffer frame;
  for (stream->Read(&frame, nullptr); Wait(&queue); stream->Read(&frame, nullptr)) {
    answer.response += ToBytes(frame);
  }
  stream->Finish(&answer.status, nullptr);
  Wait(&queue);
  answer.reason = TrailerReason(context);
  Drain(&queue);
  return answer;
}

Agent::Agent(const std::string& address, const std::string& name, char store,
             std::uint64_t incarnation, std::uint64_t life)
    : channel_(Connect(address)), stub_(v1::AttachService::NewStub(channel_)) {
  attach_.set_participant(name);
  attach_.set_store_id(std::string(32, store));
  attach_.set_incarnation(incarnation);
  attach_.set_life_number(life);
  Prepare(&context_);
  stream_ = stub_->Attach(&context_);
}

Agent::~Agent() {
  if (finished_) return;
  context_.TryCancel();
  Finish();
}

v1::AttachAnswer Agent::Attach() {
  v1::FromParticipant message;
  *message.mutable_attach() = attach_;
  Send(message);
  const v1::AttachAnswer answer = Receive().attach_answer();
  sent_ = 0;
  received_ = 0;
  return answer;
}

bool Agent::Send(const v1::FromParticipant& message) {
  v1::AttachRequest frame;
  *frame.add_messages() = message;
  ++sent_;
  return stream_->Write(frame);
}

bool Agent::Vote(const v1::Prepare& prepare, v1::VoteKind vote, const std::string& text) {
  v1::FromParticipant message;
  message.mutable_vote()->set_epoch(prepare.epoch());
  message.mutable_vote()->set_number(prepare.number());
  message.mutable_vote()->set_vote(vote);
  message.mutable_vote()->set_text(text);
  return Send(message);
}

bool Agent::Acknowledge(const v1::Commit& commit) {
  v1::FromParticipant message;
  message.mutable_acknowledge()->set_epoch(commit.epoch());
  message.mutable_acknowledge()->set_number(commit.number());
  return Send(message);
}

v1::InquiryAnswer Agent::Inquire(std::uint64_t epoch, std::uint64_t number) {
  v1::FromParticipant message;
  message.mutable_inquire()->set_epoch(epoch);
  message.mutable_inquire()->set_number(number);
  Send(message);
  v1::ToParticipant answer = Receive();
  // What was repeated meanwhile is left alone.
  while (answer.has_commit() || answer.has_abort()) answer = Receive();
  return answer.inquiry_answer();
}

v1::ToParticipant Agent::Receive() {
  v1::AttachResponse frame;
  while (arrived_.empty() && stream_->Read(&frame)) {
    arrived_.insert(arrived_.end(), std::make_move_iterator(frame.mutable_messages()->begin()),
                    std::make_move_iterator(frame.mutable_messages()->end()));
  }
  if (arrived_.empty()) return {};
  v1::ToParticipant message = std::move(arrived_.front());
  arrived_.pop_front();
  ++received_;
  return message;
}

v1::Prepare Agent::ReceivePrepare() { return Receive().prepare(); }

v1::Commit Agent::ReceiveCommit() { return Receive().commit(); }

v1::Abort Agent::ReceiveAbort() { return Receive().abort(); }

Answer<std::string> Agent::Finish() {
  v1::AttachResponse frame;
  while (stream_->Read(&frame)) continue;
  Answer<std::string> answer;
  answer.status = stream_->Finish();
  answer.reason = TrailerReason(context_);
  finished_ = true;
  return answer;
}

}  // namespace assent::testing
