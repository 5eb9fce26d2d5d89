// Converts between the wire (assent.v1) and the core's values: the only place that does.
//
// Total: whatever a peer sent, FromWire gives valid values or false with an error that names the
// field and what is wrong; it never crashes. Values are valid in form (names, ids, enums, what must
// be there); whether the protocol allows them now is the core's business, as are the limits of
// payloads, branches and blocks. Texts are cut to kMaxTextSize bytes at a character's end and made
// valid UTF-8 on the way out.
//
// FromWire with a pointer to a message moves payloads and texts out of it; what is left in the
// message is unspecified. Frames may live on a google::protobuf::Arena, and may be reused after
// Clear(). Thread-safe as far as the arguments differ; nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "assent/v1/admin_service.pb.h"
#include "assent/v1/attach_service.pb.h"
#include "assent/v1/common.pb.h"
#include "assent/v1/participant_service.pb.h"
#include "assent/v1/transaction_service.pb.h"
#include "core/coordinator.h"
#include "core/messages.h"

namespace assent {

// Limits of what we take, below gRPC's own, so that the answer is ours and has a reason.
constexpr std::size_t kMaxFrameBytes =
    std::size_t{1024} * 1024;                       // of a serialized frame or unary message
constexpr std::size_t kMaxFrameItems = 16'384;      // of items or messages in one frame
constexpr std::size_t kMaxPreparedListed = 10'000;  // ids in one ListPreparedResponse

// What is wrong with a message: the reason and text of the refusal.
using WireError = ErrorReply;

// Parses `bytes`, which must be one whole serialized message of at most kMaxFrameBytes. False:
// `error` is MALFORMED_REQUEST or FRAME_TOO_LARGE.
bool ParseWire(std::string_view bytes, google::protobuf::MessageLite* message, WireError* error);

// ---------------------------------------------------------------------------------------------
// AttachService. Append adds one message to a frame and gives the number of bytes that the frame
// grew by; the caller ends a frame before kMaxFrameItems and kMaxFrameBytes. FromWire appends a
// frame's messages in their order; on false `messages` is as before: nothing of a bad frame is
// acted on.

std::size_t Append(FromParticipant message, v1::AttachRequest* frame);
std::size_t Append(ToParticipant message, v1::AttachResponse* frame);
bool FromWire(v1::AttachRequest* frame, std::vector<FromParticipant>* messages, WireError* error);
bool FromWire(v1::AttachResponse* frame, std::vector<ToParticipant>* messages, WireError* error);

// ---------------------------------------------------------------------------------------------
// TransactionService.Session

// A request, or the answer to one that is malformed by itself: it goes back to the initiator.
struct SessionCall {
  std::uint64_t correlation_id = 0;
  std::variant<InitiatorRequest, ErrorReply> request;
};

struct SessionAnswer {
  std::uint64_t correlation_id = 0;
  InitiatorReply reply;
};

// `coordinator` is the session's, on both sides; ids of it travel without it. A client that does
// not know it yet passes an empty one.
std::size_t Append(std::uint64_t correlation_id, InitiatorRequest request,
                   const CoordinatorId& coordinator, v1::SessionRequest* frame);
std::size_t Append(std::uint64_t correlation_id, InitiatorReply reply,
                   const CoordinatorId& coordinator, v1::SessionResponse* frame);

// `session` becomes that of OpenBlock requests. False only for what ends the session.
bool FromWire(v1::SessionRequest* frame, const CoordinatorId& coordinator, std::uint64_t session,
              std::vector<SessionCall>* calls, WireError* error);
// `coordinator` is set from a frame that tells it; another one than before is an error.
bool FromWire(v1::SessionResponse* frame, CoordinatorId* coordinator,
              std::vector<SessionAnswer>* answers, WireError* error);

// ---------------------------------------------------------------------------------------------
// TransactionService, unary

void ToWire(const BeginRequest& request, v1::BeginTransactionRequest* message);
void ToWire(const EnlistRequest& request, v1::EnlistParticipantRequest* message);
void ToWire(CommitRequest request, v1::CommitTransactionRequest* message);
void ToWire(const AbortRequest& request, v1::AbortTransactionRequest* message);
void ToWire(const GetRequest& request, v1::GetTransactionRequest* message);
bool FromWire(v1::BeginTransactionRequest* message, BeginRequest* request, WireError* error);
bool FromWire(v1::EnlistParticipantRequest* message, EnlistRequest* request, WireError* error);
bool FromWire(v1::CommitTransactionRequest* message, CommitRequest* request, WireError* error);
bool FromWire(v1::AbortTransactionRequest* message, AbortRequest* request, WireError* error);
bool FromWire(v1::GetTransactionRequest* message, GetRequest* request, WireError* error);

void ToWire(const BeginReply& reply, v1::BeginTransactionResponse* message);
void ToWire(const EnlistReply& reply, v1::EnlistParticipantResponse* message);
void ToWire(OutcomeReply reply, v1::CommitTransactionResponse* message);
void ToWire(OutcomeReply reply, v1::AbortTransactionResponse* message);
void ToWire(OutcomeReply reply, v1::GetTransactionResponse* message);
bool FromWire(v1::BeginTransactionResponse* message, BeginReply* reply, WireError* error);
bool FromWire(v1::EnlistParticipantResponse* message, EnlistReply* reply, WireError* error);
bool FromWire(v1::CommitTransactionResponse* message, OutcomeReply* reply, WireError* error);
bool FromWire(v1::AbortTransactionResponse* message, OutcomeReply* reply, WireError* error);
bool FromWire(v1::GetTransactionResponse* message, OutcomeReply* reply, WireError* error);

// ---------------------------------------------------------------------------------------------
// ParticipantService. An acknowledgement is CommitResponse.acknowledged; Abort has no answer.

// Whose messages travel, and to whom.
struct Addressee {
  CoordinatorId coordinator;
  std::string participant;
  StoreId store;

  bool operator==(const Addressee&) const = default;
};

// The coordinator's side. `prepared` are the branches that the participant lists; `id` is that of
// the Prepare that is answered.
void ToWire(Prepare prepare, const Addressee& to, v1::PrepareRequest* message);
void ToWire(const Commit& commit, const Addressee& to, v1::CommitRequest* message);
void ToWire(const Abort& abort, const Addressee& to, v1::AbortRequest* message);
void ToWire(const CoordinatorId& coordinator, std::string_view participant, Epoch epoch,
            LifeNumber life, v1::ListPreparedRequest* message);
bool FromWire(v1::PrepareResponse* message, Sequence id, Vote* vote, WireError* error);
bool FromWire(v1::ListPreparedResponse* message, const CoordinatorId& coordinator,
              std::string_view participant, Attach* attach, std::vector<Inquire>* prepared,
              WireError* error);

// The participant's side. ListPreparedRequest becomes an AttachAnswer without a text.
bool FromWire(v1::PrepareRequest* message, Addressee* to, Prepare* prepare, WireError* error);
bool FromWire(v1::CommitRequest* message, Addressee* to, Commit* commit, WireError* error);
bool FromWire(v1::AbortRequest* message, Addressee* to, Abort* abort, WireError* error);
bool FromWire(v1::ListPreparedRequest* message, std::string* participant, AttachAnswer* coordinator,
              WireError* error);
void ToWire(Vote vote, v1::PrepareResponse* message);
// At most kMaxPreparedListed of `prepared`, which is in the order of ids.
void ToWire(const Attach& attach, const std::vector<Inquire>& prepared,
            const CoordinatorId& coordinator, v1::ListPreparedResponse* message);

// ---------------------------------------------------------------------------------------------
// AdminService

// What Coordinator::ListTransactions takes.
struct ListTransactionsQuery {
  Sequence after;
  std::size_t limit = 0;  // 1 to 1,000
  bool unfinished_only = false;
};

bool FromWire(const v1::ListTransactionsRequest& message, ListTransactionsQuery* query,
              WireError* error);
// `request` is left to the caller.
bool FromWire(v1::ReplaceParticipantRequest* message, coordinator_input::ReplaceParticipant* input,
              WireError* error);
void ToWire(const TransactionView& view, v1::TransactionInfo* message);
void ToWire(const ParticipantView& view, v1::ParticipantInfo* message);
// The page token for what comes after `last`.
std::string PageTokenOf(Sequence last);

// ---------------------------------------------------------------------------------------------

void ToWire(ErrorReply reply, v1::Error* message);
// A reason that this version does not know becomes kInternal, with its name in the text.
ErrorReply FromWire(v1::Error* message);

}  // namespace assent
