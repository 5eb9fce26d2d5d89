// The one list of machine-readable reasons: why a request was refused, and why a transaction
// aborted.
//
// Names are part of the public interface (docs/protocol.md lists them with what to do); they are
// never renamed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace assent {

// The canonical status codes that we use; values are gRPC's.
enum class Code : std::uint8_t {
  kOk = 0,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kInternal = 13,
  kUnavailable = 14,
};

// Why a request was refused. A refusal is never an outcome.
enum class Reason : std::uint8_t {
  kNone = 0,
  // INVALID_ARGUMENT: the same request can never succeed.
  kMalformedRequest,        // not a valid protobuf message, a field missing, or invalid UTF-8
  kMalformedTransactionId,  // not of the form coordinator-epoch-number
  kForeignTransaction,      // the id names another coordinator
  kFutureTransaction,       // the id was not given out: higher epoch or number
  kInvalidParticipantName,  // empty, too long, or with forbidden characters
  kDuplicateParticipant,    // one Commit lists a participant twice
  kTooManyBranches,         // over the limit of branches per transaction
  kPayloadTooLarge,         // over the limit of payload per branch or per transaction
  kInvalidTimeout,          // negative
  kInvalidBlockSize,        // zero, or over the limit
  kFrameTooLarge,           // over the limit of bytes or messages per frame
  // NOT_FOUND
  kOutcomeExpired,      // below the horizon: it finished, and the outcome is no longer kept
  kUnknownParticipant,  // no participant of that name has ever attached
  // FAILED_PRECONDITION: the state forbids it.
  kAlreadyPreparing,          // enlisting after Commit
  kTransactionFinished,       // enlisting in a committed or aborted transaction
  kDifferentRequest,          // the id was used with other branches or another payload
  kOtherStore,                // the name is bound to another store
  kStaleIncarnation,          // a lower incarnation: a restored copy, or a second process
  kSameIncarnationOtherLife,  // two processes with one store's incarnation
  kNoTransactionInCall,       // the call carries no transaction id
  kBranchNotActive,           // a call for a branch that is already preparing or finished
  kAlreadyAttached,           // a second Attach on one link
  // RESOURCE_EXHAUSTED: try again later, with less.
  kTooManyTransactions,  // over the limit of open transactions, or of votes that one owes
  kDiskNearlyFull,       // nothing is begun until there is space again
  kTooManyRequests,      // over the limit of requests in flight
  kTooManyLinks,         // over the limit of open streams
  kPeerDoesNotRead,      // the peer was cut off: too much waited for it
  // UNAVAILABLE: try again, the outcome (if one was asked for) is unknown.
  kParticipantNotAttached,  // nobody is attached under that name
  kDraining,                // the process is shutting down
  kLogFailed,               // the log's disk failed; the process is about to exit
  kSuperseded,              // this process runs on an older copy of its log
  kNotAttached,             // the agent has no link to that coordinator
  // INTERNAL
  kInternal,
};

// Why a transaction aborted. Told with the outcome, for people; it decides nothing.
enum class AbortReason : std::uint8_t {
  kNone = 0,
  kRequested,               // its initiator asked for it
  kTimedOut,                // its timeout passed before Commit
  kPrepareTimedOut,         // a vote did not come in time
  kVotedNo,                 // a participant voted no
  kVoteLost,                // the link or call that carried Prepare ended before the vote
  kParticipantUnavailable,  // a participant was not attached when it was needed
  kParticipantRestarted,    // a participant restarted, its work before that is gone
  kWrongBranchCount,        // the initiator expected another number of branches
  kNotOpened,               // the id was closed before anything happened under it
  kCoordinatorRestarted,    // undecided when the coordinator stopped
  kOperator,                // an operator aborted it
  kDraining,                // undecided when the coordinator was shut down
};

Code CodeOf(Reason reason);

// UPPER_SNAKE_CASE, as on the wire ("OUTCOME_EXPIRED"); "" for kNone.
std::string_view NameOf(Reason reason);
std::string_view NameOf(AbortReason reason);

// The reason of that name; nothing if there is none.
std::optional<Reason> ReasonNamed(std::string_view name);

}  // namespace assent
