#include "core/reason.h"

#include <cstddef>
#include <iterator>

#include "core/check.h"

namespace assent {
namespace {

struct Row {
  Reason reason;
  Code code;
  std::string_view name;
};

// In the order of the enumeration.
constexpr Row kRows[] = {
    {Reason::kNone, Code::kOk, ""},
    {Reason::kMalformedRequest, Code::kInvalidArgument, "MALFORMED_REQUEST"},
    {Reason::kMalformedTransactionId, Code::kInvalidArgument, "MALFORMED_TRANSACTION_ID"},
    {Reason::kForeignTransaction, Code::kInvalidArgument, "FOREIGN_TRANSACTION"},
    {Reason::kFutureTransaction, Code::kInvalidArgument, "FUTURE_TRANSACTION"},
    {Reason::kInvalidParticipantName, Code::kInvalidArgument, "INVALID_PARTICIPANT_NAME"},
    {Reason::kDuplicateParticipant, Code::kInvalidArgument, "DUPLICATE_PARTICIPANT"},
    {Reason::kTooManyBranches, Code::kInvalidArgument, "TOO_MANY_BRANCHES"},
    {Reason::kPayloadTooLarge, Code::kInvalidArgument, "PAYLOAD_TOO_LARGE"},
    {Reason::kInvalidTimeout, Code::kInvalidArgument, "INVALID_TIMEOUT"},
    {Reason::kInvalidBlockSize, Code::kInvalidArgument, "INVALID_BLOCK_SIZE"},
    {Reason::kFrameTooLarge, Code::kInvalidArgument, "FRAME_TOO_LARGE"},
    {Reason::kOutcomeExpired, Code::kNotFound, "OUTCOME_EXPIRED"},
    {Reason::kUnknownParticipant, Code::kNotFound, "UNKNOWN_PARTICIPANT"},
    {Reason::kAlreadyPreparing, Code::kFailedPrecondition, "ALREADY_PREPARING"},
    {Reason::kTransactionFinished, Code::kFailedPrecondition, "TRANSACTION_FINISHED"},
    {Reason::kDifferentRequest, Code::kFailedPrecondition, "DIFFERENT_REQUEST"},
    {Reason::kOtherStore, Code::kFailedPrecondition, "OTHER_STORE"},
    {Reason::kStaleIncarnation, Code::kFailedPrecondition, "STALE_INCARNATION"},
    {Reason::kSameIncarnationOtherLife, Code::kFailedPrecondition, "SAME_INCARNATION_OTHER_LIFE"},
    {Reason::kNoTransactionInCall, Code::kFailedPrecondition, "NO_TRANSACTION_IN_CALL"},
    {Reason::kBranchNotActive, Code::kFailedPrecondition, "BRANCH_NOT_ACTIVE"},
    {Reason::kAlreadyAttached, Code::kFailedPrecondition, "ALREADY_ATTACHED"},
    {Reason::kTooManyTransactions, Code::kResourceExhausted, "TOO_MANY_TRANSACTIONS"},
    {Reason::kDiskNearlyFull, Code::kResourceExhausted, "DISK_NEARLY_FULL"},
    {Reason::kTooManyRequests, Code::kResourceExhausted, "TOO_MANY_REQUESTS"},
    {Reason::kTooManyLinks, Code::kResourceExhausted, "TOO_MANY_LINKS"},
    {Reason::kPeerDoesNotRead, Code::kResourceExhausted, "PEER_DOES_NOT_READ"},
    {Reason::kParticipantNotAttached, Code::kUnavailable, "PARTICIPANT_NOT_ATTACHED"},
    {Reason::kDraining, Code::kUnavailable, "DRAINING"},
    {Reason::kLogFailed, Code::kUnavailable, "LOG_FAILED"},
    {Reason::kSuperseded, Code::kUnavailable, "SUPERSEDED"},
    {Reason::kNotAttached, Code::kUnavailable, "NOT_ATTACHED"},
    {Reason::kInternal, Code::kInternal, "INTERNAL"},
};

constexpr bool IsInOrder() {
  std::size_t i = 0;
  for (const Row& row : kRows) {
    if (static_cast<std::size_t>(row.reason) != i++) return false;
  }
  return i == static_cast<std::size_t>(Reason::kInternal) + 1;
}
static_assert(IsInOrder(), "each reason has its row");

const Row& RowOf(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  ASSENT_CHECK(index < std::size(kRows), "a reason that is not in the list");
  return kRows[index];
}

}  // namespace

Code CodeOf(Reason reason) { return RowOf(reason).code; }

std::string_view NameOf(Reason reason) { return RowOf(reason).name; }

std::string_view NameOf(AbortReason reason) {
  switch (reason) {
    case AbortReason::kNone:
      return "";
    case AbortReason::kRequested:
      return "REQUESTED";
    case AbortReason::kTimedOut:
      return "TIMED_OUT";
    case AbortReason::kPrepareTimedOut:
      return "PREPARE_TIMED_OUT";
    case AbortReason::kVotedNo:
      return "VOTED_NO";
    case AbortReason::kVoteLost:
      return "VOTE_LOST";
    case AbortReason::kParticipantUnavailable:
      return "PARTICIPANT_UNAVAILABLE";
    case AbortReason::kParticipantRestarted:
      return "PARTICIPANT_RESTARTED";
    case AbortReason::kWrongBranchCount:
      return "WRONG_BRANCH_COUNT";
    case AbortReason::kNotOpened:
      return "NOT_OPENED";
    case AbortReason::kCoordinatorRestarted:
      return "COORDINATOR_RESTARTED";
    case AbortReason::kOperator:
      return "OPERATOR";
    case AbortReason::kDraining:
      return "DRAINING";
  }
  CheckFailed(__FILE__, __LINE__, "reason", "an abort reason that is not in the list");
}

std::optional<Reason> ReasonNamed(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

}  // namespace assent
