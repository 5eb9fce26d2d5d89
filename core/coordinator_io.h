// What goes into a coordinator's core and what comes out of it.
//
// An effect is always safe to perform at once, in any order between links and requests (in order
// towards one link): the core holds back whatever must wait for something durable.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/messages.h"
#include "core/records.h"
#include "core/time.h"

namespace assent {

// Chosen by the shell, unique for its life; a closed link's number is never used again.
using LinkId = std::uint64_t;
using RequestId = std::uint64_t;
using SessionId = std::uint64_t;

// Log effects are numbered 1, 2, 3, …: "durable up to ticket t" covers all of lower number.
using LogTicket = std::uint64_t;

// How the far end of a link is talked to.
enum class LinkKind : std::uint8_t {
  kStream,  // an agent's: delivers once and in order, or ends
  kUnary,   // a library-less participant's, one call per message; Attach is made from its
            // ListPrepared
};

namespace coordinator_input {

// Each is answered by exactly one Reply effect with its `request`, at once or later.
struct Requested {
  RequestId request = 0;
  InitiatorRequest body;
};
// Whoever asked has gone. What still waits for the answer to `request` (about `id`) is answered at
// once with what is known, UNKNOWN before the decision; the transaction goes on.
struct RequestCancelled {
  RequestId request = 0;
  Sequence id;
};
// Closes the unopened ids of the session's blocks; its open transactions live on.
struct SessionClosed {
  SessionId session = 0;
};
struct LinkOpened {
  LinkId link = 0;
  LinkKind kind = LinkKind::kStream;
};
// Attach must be the first message of a link.
struct Received {
  LinkId link = 0;
  FromParticipant message;
};
struct LinkClosed {
  LinkId link = 0;
};
// Unary links only: the call that carried a Prepare ended without a vote.
struct PrepareLost {
  LinkId link = 0;
  Sequence id;
};
// Every log effect up to `ticket` is durable.
struct Logged {
  LogTicket ticket = 0;
};
// R8: a write or sync failed; what is on the disk is not known.
struct LogFailed {
  std::string text;
};
// Nothing new is admitted; ACTIVE transactions are aborted, what is preparing is finished.
struct DrainRequested {};
// From now on nothing is begun or opened (DISK_NEARLY_FULL with `why`), until an empty `why` opens
// the door again. What is open goes on and finishes.
struct AdmissionClosed {
  std::string why;
};
// Operator: binds `participant` to `store`, or releases the name if `store` is empty. Answered by
// BindingReplaced.
struct ReplaceParticipant {
  RequestId request = 0;
  std::string participant;
  StoreId store;
};
// Time has come to the core's NextDeadline(), or past it.
struct Tick {};

}  // namespace coordinator_input

using CoordinatorInput =
    std::variant<coordinator_input::Requested, coordinator_input::RequestCancelled,
                 coordinator_input::SessionClosed, coordinator_input::LinkOpened,
                 coordinator_input::Received, coordinator_input::LinkClosed,
                 coordinator_input::PrepareLost, coordinator_input::Logged,
                 coordinator_input::LogFailed, coordinator_input::DrainRequested,
                 coordinator_input::AdmissionClosed, coordinator_input::ReplaceParticipant,
                 coordinator_input::Tick>;

// Things worth a person's attention, or a count. None of them asks the shell to do anything.
enum class NoticeKind : std::uint8_t {
  kAttached,            // INFO
  kAttachRefused,       // WARNING
  kDetached,            // INFO
  kAbortedOddly,        // INFO: an abort that nobody asked for
  kIgnoredVote,         // count: late or repeated
  kIgnoredAcknowledge,  // count: late or repeated
  kForeignVote,         // ALARM: for a transaction that it has no branch of
  kForeignAcknowledge,  // ALARM: the same, or from a store that is not in the decision
  kRefusedInquiry,      // ALARM: R10 refused
  kMisbehaved,  // ALARM: a message that the protocol does not allow here; the link is closed
  kSuperseded,  // ALARM: R3
};

namespace coordinator_effect {

struct Reply {
  RequestId request = 0;
  InitiatorReply body;
};
struct Send {
  LinkId link = 0;
  ToParticipant message;
};
// The shell closes the link, after what was sent on it; LinkClosed need not come back (it is
// harmless).
struct CloseLink {
  LinkId link = 0;
  Reason reason = Reason::kNone;
  std::string text;
};
// To be synced as soon as possible, then Logged.
struct LogDecision {
  LogTicket ticket = 0;
  DecisionRecord record;
};
// Rides along with the next batch; `urgent` ones are synced as soon as possible, like a decision.
struct LogUpdated {
  LogTicket ticket = 0;
  LogUpdate update;
  bool urgent = false;
};
// Answers ReplaceParticipant, after it is durable. `reason` is kNone, or why not.
struct BindingReplaced {
  RequestId request = 0;
  Reason reason = Reason::kNone;
  std::string text;
};
struct Notice {
  NoticeKind kind = NoticeKind::kMisbehaved;
  std::string participant;  // or empty
  Sequence id;              // or epoch 0
  std::string text;
};
// The process stops serving and exits; the core ignores every further input but answers requests
// with UNKNOWN or an error.
struct Halt {
  Reason reason = Reason::kLogFailed;
  std::string text;
};

}  // namespace coordinator_effect

using CoordinatorEffect =
    std::variant<coordinator_effect::Reply, coordinator_effect::Send, coordinator_effect::CloseLink,
                 coordinator_effect::LogDecision, coordinator_effect::LogUpdated,
                 coordinator_effect::BindingReplaced, coordinator_effect::Notice,
                 coordinator_effect::Halt>;

using CoordinatorEffects = std::vector<CoordinatorEffect>;

}  // namespace assent
