// Unary messages of TransactionService and AdminService, errors, and the parsing of bytes.
#include <algorithm>
#include <utility>

#include "core/mutants.h"
#include "proto/wire_convert.h"
#include "proto/wire_fields.h"

namespace assent {
namespace {

using wire::Malformed;

template <class Message>
void WriteOutcome(OutcomeReply reply, Message* message) {
  message->set_transaction_id(reply.id.ToText());
  wire::Write(std::move(reply), message->mutable_outcome());
}

template <class Message>
bool ReadOutcome(Message* message, OutcomeReply* reply, WireError* error) {
  return wire::ReadTransactionId(message->transaction_id(), &reply->id, error) &&
         wire::ReadOutcome(message->mutable_outcome(), reply, error);
}

}  // namespace

bool ParseWire(std::string_view bytes, google::protobuf::MessageLite* message, WireError* error) {
  if (bytes.size() > kMaxFrameBytes) {
    return wire::Fail(Reason::kFrameTooLarge, "message", "over 1 MiB", error);
  }
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return true;
  return Malformed("message", "not a valid protobuf message, or invalid UTF-8 in a text", error);
}

void ToWire(const BeginRequest& request, v1::BeginTransactionRequest* message) {
  message->set_timeout_us(request.timeout.micros);
}

void ToWire(const EnlistRequest& request, v1::EnlistParticipantRequest* message) {
  message->set_transaction_id(request.id.ToText());
  message->set_participant(request.participant);
}

void ToWire(CommitRequest request, v1::CommitTransactionRequest* message) {
  message->set_transaction_id(request.id.ToText());
  for (BranchRequest& branch : request.branches) {
    wire::Write(std::move(branch), message->add_branches());
  }
  if (request.expected_branches) message->set_expected_branches(*request.expected_branches);
  message->set_wait_for(wire::ToWire(request.wait_for));
  message->set_call_timeout_us(request.call_timeout.micros);
}

void ToWire(const AbortRequest& request, v1::AbortTransactionRequest* message) {
  message->set_transaction_id(request.id.ToText());
  message->set_by_operator(request.reason == AbortReason::kOperator);
}

void ToWire(const GetRequest& request, v1::GetTransactionRequest* message) {
  message->set_transaction_id(request.id.ToText());
}

bool FromWire(v1::BeginTransactionRequest* message, BeginRequest* request, WireError* error) {
  return wire::ReadDuration("timeout_us", message->timeout_us(), &request->timeout, error);
}

bool FromWire(v1::EnlistParticipantRequest* message, EnlistRequest* request, WireError* error) {
  return wire::ReadTransactionId(message->transaction_id(), &request->id, error) &&
         wire::ReadParticipant(message->mutable_participant(), &request->participant, error);
}

bool FromWire(v1::CommitTransactionRequest* message, CommitRequest* request, WireError* error) {
  request->branches.resize(static_cast<std::size_t>(message->branches_size()));
  for (int i = 0; i < message->branches_size(); ++i) {
    BranchRequest* branch = &request->branches[static_cast<std::size_t>(i)];
    if (!wire::ReadBranchRequest(message->mutable_branches(i), branch, error)) {
      return wire::Within("branches", i, error);
    }
  }
  const bool expects = message->has_expected_branches() && !ASSENT_MUTANT(expected_count_not_read);
  if (expects) request->expected_branches = message->expected_branches();
  return wire::ReadTransactionId(message->transaction_id(), &request->id, error) &&
         wire::ReadWaitFor(message->wait_for(), &request->wait_for, error) &&
         wire::ReadDuration("call_timeout_us", message->call_timeout_us(), &request->call_timeout,
                            error);
}

bool FromWire(v1::AbortTransactionRequest* message, AbortRequest* request, WireError* error) {
  request->reason = message->by_operator() ? AbortReason::kOperator : AbortReason::kRequested;
  return wire::ReadTransactionId(message->transaction_id(), &request->id, error);
}

bool FromWire(v1::GetTransactionRequest* message, GetRequest* request, WireError* error) {
  return wire::ReadTransactionId(message->transaction_id(), &request->id, error);
}

void ToWire(const BeginReply& reply, v1::BeginTransactionResponse* message) {
  message->set_transaction_id(reply.id.ToText());
  message->set_timeout_us(reply.timeout.micros);
}

void ToWire(const EnlistReply&, v1::EnlistParticipantResponse* message) { message->Clear(); }

void ToWire(OutcomeReply reply, v1::CommitTransactionResponse* message) {
  WriteOutcome(std::move(reply), message);
}

void ToWire(OutcomeReply reply, v1::AbortTransactionResponse* message) {
  WriteOutcome(std::move(reply), message);
}

void ToWire(OutcomeReply reply, v1::GetTransactionResponse* message) {
  WriteOutcome(std::move(reply), message);
}

bool FromWire(v1::BeginTransactionResponse* message, BeginReply* reply, WireError* error) {
  return wire::ReadTransactionId(message->transaction_id(), &reply->id, error) &&
         wire::ReadDuration("timeout_us", message->timeout_us(), &reply->timeout, error);
}

bool FromWire(v1::EnlistParticipantResponse*, EnlistReply*, WireError*) { return true; }

bool FromWire(v1::CommitTransactionResponse* message, OutcomeReply* reply, WireError* error) {
  return ReadOutcome(message, reply, error);
}

bool FromWire(v1::AbortTransactionResponse* message, OutcomeReply* reply, WireError* error) {
  return ReadOutcome(message, reply, error);
}

bool FromWire(v1::GetTransactionResponse* message, OutcomeReply* reply, WireError* error) {
  return ReadOutcome(message, reply, error);
}

bool FromWire(const v1::ListTransactionsRequest& message, ListTransactionsQuery* query,
              WireError* error) {
  constexpr std::size_t kDefaultPage = 100;
  constexpr std::size_t kMaxPage = 1'000;
  query->limit = message.page_size() == 0 ? kDefaultPage
                                          : std::min<std::size_t>(message.page_size(), kMaxPage);
  query->unfinished_only = message.unfinished_only();
  query->after = Sequence();
  if (message.page_token().empty()) return true;
  // A token is a transaction id of a coordinator "p", so that it is parsed by what parses those.
  const auto after = TransactionId::Parse(message.page_token());
  if (!after) return Malformed("page_token", "not one that was given out; start again", error);
  query->after = after->sequence;
  return true;
}

std::string PageTokenOf(Sequence last) {
  return TransactionId{*CoordinatorId::Parse("p"), last}.ToText();
}

bool FromWire(v1::ReplaceParticipantRequest* message, coordinator_input::ReplaceParticipant* input,
              WireError* error) {
  return wire::ReadParticipant(message->mutable_participant(), &input->participant, error) &&
         wire::ReadStoreIdOrEmpty(message->store_id(), &input->store, error);
}

void ToWire(const TransactionView& view, v1::TransactionInfo* message) {
  message->set_transaction_id(view.id.ToText());
  message->set_state(wire::ToWire(view.state));
  message->set_abort_reason(wire::ToWire(view.abort_reason));
  message->set_read_only(view.read_only);
  message->set_age_us(view.age.micros);
  for (const TransactionView::Branch& branch : view.branches) {
    v1::BranchInfo* info = message->add_branches();
    info->set_participant(branch.participant);
    info->set_state(static_cast<v1::BranchState>(static_cast<int>(branch.state)));
    info->set_attached(branch.attached);
  }
}

void ToWire(const ParticipantView& view, v1::ParticipantInfo* message) {
  message->set_participant(view.name);
  message->set_store_id(wire::StoreIdText(view.store));
  message->set_incarnation(view.incarnation);
  message->set_attached(view.attached);
  message->set_link_kind(view.kind == LinkKind::kStream ? v1::LINK_KIND_STREAM
                                                        : v1::LINK_KIND_UNARY);
  message->set_unfinished(view.unfinished);
}

void ToWire(ErrorReply reply, v1::Error* message) {
  message->set_reason(std::string(NameOf(reply.reason)));
  message->set_code(static_cast<std::uint32_t>(CodeOf(reply.reason)));
  message->set_text(wire::CleanText(std::move(reply.text)));
  message->set_participant(std::move(reply.participant));
}

ErrorReply FromWire(v1::Error* message) {
  ErrorReply reply;
  reply.text = wire::CleanText(std::move(*message->mutable_text()));
  reply.reason = wire::ReadReason(message->reason(), &reply.text);
  if (IsValidParticipantName(message->participant())) {
    reply.participant = std::move(*message->mutable_participant());
  }
  // An error is never "no error", whatever the peer left out.
  if (reply.reason == Reason::kNone) reply.reason = Reason::kInternal;
  return reply;
}

}  // namespace assent
