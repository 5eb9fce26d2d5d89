#include "core/reason.h"

#include "core/check.h"

namespace assent {

Code CodeOf(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return Code::kOk;
    case Reason::kMalformedRequest:
    case Reason::kMalformedTransactionId:
    case Reason::kForeignTransaction:
    case Reason::kFutureTransaction:
    case Reason::kInvalidParticipantName:
    case Reason::kDuplicateParticipant:
    case Reason::kTooManyBranches:
    case Reason::kPayloadTooLarge:
    case Reason::kInvalidTimeout:
    case Reason::kInvalidBlockSize:
    case Reason::kFrameTooLarge:
      return Code::kInvalidArgument;
    case Reason::kOutcomeExpired:
    case Reason::kUnknownParticipant:
      return Code::kNotFound;
    case Reason::kAlreadyPreparing:
    case Reason::kTransactionFinished:
    case Reason::kDifferentRequest:
    case Reason::kOtherStore:
    case Reason::kStaleIncarnation:
    case Reason::kSameIncarnationOtherLife:
    case Reason::kNoTransactionInCall:
    case Reason::kBranchNotActive:
    case Reason::kAlreadyAttached:
      return Code::kFailedPrecondition;
    case Reason::kTooManyTransactions:
    case Reason::kTooManyRequests:
      return Code::kResourceExhausted;
    case Reason::kParticipantNotAttached:
    case Reason::kDraining:
    case Reason::kLogFailed:
    case Reason::kSuperseded:
    case Reason::kNotAttached:
      return Code::kUnavailable;
    case Reason::kInternal:
      return Code::kInternal;
  }
  CheckFailed(__FILE__, __LINE__, "reason", "a reason that is not in the list");
}

std::string_view NameOf(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kMalformedRequest:
      return "MALFORMED_REQUEST";
    case Reason::kMalformedTransactionId:
      return "MALFORMED_TRANSACTION_ID";
    case Reason::kForeignTransaction:
      return "FOREIGN_TRANSACTION";
    case Reason::kFutureTransaction:
      return "FUTURE_TRANSACTION";
    case Reason::kInvalidParticipantName:
      return "INVALID_PARTICIPANT_NAME";
    case Reason::kDuplicateParticipant:
      return "DUPLICATE_PARTICIPANT";
    case Reason::kTooManyBranches:
      return "TOO_MANY_BRANCHES";
    case Reason::kPayloadTooLarge:
      return "PAYLOAD_TOO_LARGE";
    case Reason::kInvalidTimeout:
      return "INVALID_TIMEOUT";
    case Reason::kInvalidBlockSize:
      return "INVALID_BLOCK_SIZE";
    case Reason::kFrameTooLarge:
      return "FRAME_TOO_LARGE";
    case Reason::kOutcomeExpired:
      return "OUTCOME_EXPIRED";
    case Reason::kUnknownParticipant:
      return "UNKNOWN_PARTICIPANT";
    case Reason::kAlreadyPreparing:
      return "ALREADY_PREPARING";
    case Reason::kTransactionFinished:
      return "TRANSACTION_FINISHED";
    case Reason::kDifferentRequest:
      return "DIFFERENT_REQUEST";
    case Reason::kOtherStore:
      return "OTHER_STORE";
    case Reason::kStaleIncarnation:
      return "STALE_INCARNATION";
    case Reason::kSameIncarnationOtherLife:
      return "SAME_INCARNATION_OTHER_LIFE";
    case Reason::kNoTransactionInCall:
      return "NO_TRANSACTION_IN_CALL";
    case Reason::kBranchNotActive:
      return "BRANCH_NOT_ACTIVE";
    case Reason::kAlreadyAttached:
      return "ALREADY_ATTACHED";
    case Reason::kTooManyTransactions:
      return "TOO_MANY_TRANSACTIONS";
    case Reason::kTooManyRequests:
      return "TOO_MANY_REQUESTS";
    case Reason::kParticipantNotAttached:
      return "PARTICIPANT_NOT_ATTACHED";
    case Reason::kDraining:
      return "DRAINING";
    case Reason::kLogFailed:
      return "LOG_FAILED";
    case Reason::kSuperseded:
      return "SUPERSEDED";
    case Reason::kNotAttached:
      return "NOT_ATTACHED";
    case Reason::kInternal:
      return "INTERNAL";
  }
  CheckFailed(__FILE__, __LINE__, "reason", "a reason that is not in the list");
}

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
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    const auto reason = static_cast<Reason>(i);
    if (NameOf(reason) == name) return reason;
  }
  return std::nullopt;
}

}  // namespace assent
