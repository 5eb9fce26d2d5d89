// What goes into a participant's core and what comes out of it. Effects are safe to perform at
// once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/coordinator_io.h"  // LinkId
#include "core/messages.h"

namespace assent {

// A call of a service that works for a branch; chosen by the shell, unique for its life.
using CallId = std::uint64_t;

// What a resource manager says to Prepare.
struct PrepareResult {
  VoteKind vote = VoteKind::kNo;  // kYes only after the prepared state is durable (R6)
  std::string text;               // of a no: why
};

enum class CommitResult : std::uint8_t {
  kCommitted,   // durable now, or proven to have been committed before (R9)
  kNotThere,    // it keeps proofs, lists no such branch, and has no proof: a hazard
  kCannotTell,  // it keeps no proofs and lists no such branch
  kFailed,      // could not do it now; it will be asked again
};

namespace participant_input {

// A link to a coordinator is attached: `answer.reason` is kNone. Replaces an older link to the same
// coordinator, which comes back if this one ends before it.
struct Attached {
  LinkId link = 0;
  AttachAnswer answer;
};
struct Detached {
  LinkId link = 0;
};
// Any message but AttachAnswer.
struct Received {
  LinkId link = 0;
  ToParticipant message;
};
// A service got a call with a transaction id. Answered by CallAdmitted or CallRefused at once and,
// if admitted, by Enlisted later. CallEnded must follow an admitted call.
struct CallBegun {
  CallId call = 0;
  TransactionId id;
};
struct CallEnded {
  CallId call = 0;
};
// Completions of the resource manager; each answers one effect.
struct Prepared {
  TransactionId id;
  PrepareResult result;
};
struct Committed {
  TransactionId id;
  CommitResult result = CommitResult::kFailed;
};
struct Aborted {
  TransactionId id;
  bool done = false;  // false: could not do it now; it will be asked again
};
struct Tick {};

}  // namespace participant_input

using ParticipantInput =
    std::variant<participant_input::Attached, participant_input::Detached,
                 participant_input::Received, participant_input::CallBegun,
                 participant_input::CallEnded, participant_input::Prepared,
                 participant_input::Committed, participant_input::Aborted, participant_input::Tick>;

enum class ParticipantNoticeKind : std::uint8_t {
  kRefusedPrepare,  // count: used stamp, lower epoch, other incarnation
  kHazard,  // ALARM: Commit for a branch that the resource manager does not know and cannot excuse
            // (R9)
  kInquiryRefused,  // ALARM: the coordinator refuses to answer for a prepared branch (R10)
  kContradiction,   // ALARM: Abort for a branch whose commit is under way or done, or the reverse
  kDroppedActive,   // INFO: an active branch that no coordinator will end
  kIgnored,         // count: a message for a branch that is finished or unknown
};

namespace participant_effect {

struct Send {
  LinkId link = 0;
  FromParticipant message;
};
struct CallAdmitted {
  CallId call = 0;
};
struct CallRefused {
  CallId call = 0;
  Reason reason = Reason::kInternal;
  std::string text;
};
// The coordinator has acknowledged the enlistment (kNone), or refused it: the call's answer may go
// out now.
struct Enlisted {
  CallId call = 0;
  Reason reason = Reason::kNone;
  std::string text;
};
// Each is answered by the input of the same name, once. At most one of them is under way for a
// branch.
struct PrepareBranch {
  TransactionId id;
  std::optional<std::string> payload;
  std::vector<Peer> peers;
};
struct CommitBranch {
  TransactionId id;
};
struct AbortBranch {
  TransactionId id;
};
// Rides along with the store's next batch; the mark of a coordinator never falls (R9). Proofs below
// it may be dropped.
struct NoteCoordinator {
  CoordinatorId coordinator;
  CoordinatorKnowledge knowledge;
  Sequence clean_mark;
};
struct Notice {
  ParticipantNoticeKind kind = ParticipantNoticeKind::kIgnored;
  TransactionId id;
  std::string text;
};

}  // namespace participant_effect

using ParticipantEffect =
    std::variant<participant_effect::Send, participant_effect::CallAdmitted,
                 participant_effect::CallRefused, participant_effect::Enlisted,
                 participant_effect::PrepareBranch, participant_effect::CommitBranch,
                 participant_effect::AbortBranch, participant_effect::NoteCoordinator,
                 participant_effect::Notice>;

using ParticipantEffects = std::vector<ParticipantEffect>;

// What a participant's store gives back at its start.
struct RecoveredStore {
  StoreId store;
  Incarnation incarnation = 0;          // of this life: raised and synced
  std::vector<TransactionId> prepared;  // as the resource manager lists them
  struct Coordinator {
    CoordinatorId coordinator;
    CoordinatorKnowledge knowledge;
    Sequence clean_mark;
  };
  std::vector<Coordinator> coordinators;
};

}  // namespace assent
