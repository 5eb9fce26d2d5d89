// The messages of the protocol as plain values. proto/ converts them from and to the wire; nothing
// else does.
//
// On a link both sides know the coordinator, so messages there name a transaction by its Sequence
// alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.h"
#include "core/reason.h"
#include "core/time.h"

namespace assent {

// ---------------------------------------------------------------------------------------------
// Between a coordinator and a participant

// R5. Valid for one Prepare, towards one incarnation, within one epoch.
struct Stamp {
  Epoch epoch = 0;
  Incarnation incarnation = 0;
  std::uint64_t n = 0;

  auto operator<=>(const Stamp&) const = default;
};

// Another branch of the transaction, for cooperative termination (R12).
struct Peer {
  std::string participant;
  Incarnation incarnation = 0;
  std::uint64_t stamp = 0;

  bool operator==(const Peer&) const = default;
};

enum class VoteKind : std::uint8_t { kYes = 1, kNo = 2, kReadOnly = 3 };

// What a store knows of one coordinator (R3): told at Attach, so that a coordinator on an older
// copy of its log hears it.
struct CoordinatorKnowledge {
  Epoch epoch = 0;
  LifeNumber life = 0;
  std::uint64_t decision_number = 0;  // highest seen

  bool operator==(const CoordinatorKnowledge&) const = default;
};

struct KnownCoordinator {
  CoordinatorId coordinator;
  CoordinatorKnowledge knowledge;

  bool operator==(const KnownCoordinator&) const = default;
};

// Participant to coordinator, first message on a link.
struct Attach {
  std::string participant;
  StoreId store;
  Incarnation incarnation = 0;
  LifeNumber life = 0;
  CoordinatorKnowledge knowledge;  // epoch 0: this store has never met the coordinator
  // Of every coordinator that the store knows, by a sender that cannot know yet who will answer:
  // the coordinator takes what is about itself.
  std::vector<KnownCoordinator> known = {};
};

// Coordinator to participant, the answer to Attach. If `reason` is not kNone the link is closed.
struct AttachAnswer {
  Reason reason = Reason::kNone;
  std::string text;  // what is wrong and what to do
  CoordinatorId coordinator;
  Epoch epoch = 0;
  LifeNumber life = 0;
};

struct Prepare {
  Sequence id;
  Stamp stamp;
  std::optional<std::string> payload;  // absent: the work was done by calls (R6)
  Sequence clean_mark;                 // R9
  std::vector<Peer> peers;
};

struct Vote {
  Sequence id;
  VoteKind kind = VoteKind::kNo;
  std::string text;  // of a no: why, for people; at most kMaxTextSize bytes
};

struct Commit {
  Sequence id;
  std::uint64_t decision_number = 0;
  Sequence clean_mark;
};

struct Acknowledge {
  Sequence id;
};

// Sent once, neither repeated nor acknowledged. Uses up the stamp of the Prepare, if one was sent.
struct Abort {
  Sequence id;
  std::optional<Stamp> stamp;
};

// A service got a call with a transaction id (R4 a).
struct Enlist {
  std::uint64_t token = 0;  // chosen by the participant, comes back in the answer
  TransactionId id;         // whole: a caller may name another coordinator's
};

struct EnlistAnswer {
  std::uint64_t token = 0;
  Reason reason = Reason::kNone;
  std::string text;
};

// R10.
struct Inquire {
  Sequence id;
};

enum class Verdict : std::uint8_t {
  kWait = 1,      // undecided: ask again later
  kCommit = 2,    // decided; this store is in the yes list
  kAbort = 3,     // decided, or presumed
  kNotYours = 4,  // committed, but without this branch: roll back; not a decision
  kRefused =
      5,  // another store, or an id that was never given out: keep the branch, raise an alarm
};

struct InquiryAnswer {
  Sequence id;
  Verdict verdict = Verdict::kWait;
  std::uint64_t decision_number = 0;  // of kCommit
  Sequence clean_mark;                // of kCommit
};

using ToParticipant =
    std::variant<AttachAnswer, Prepare, Commit, Abort, EnlistAnswer, InquiryAnswer>;
using FromParticipant = std::variant<Attach, Vote, Acknowledge, Enlist, Inquire>;

// Reasons and texts that travel are cut to this many bytes.
constexpr std::size_t kMaxTextSize = 256;

// ---------------------------------------------------------------------------------------------
// Between an initiator and a coordinator

enum class Outcome : std::uint8_t { kUnknown = 0, kCommitted = 1, kAborted = 2 };

// design: ACTIVE -> PREPARING -> DECIDING -> COMMITTING -> COMMITTED, or -> ABORTED.
enum class TransactionState : std::uint8_t {
  kActive = 1,
  kPreparing = 2,
  kDeciding = 3,
  kCommitting = 4,
  kCommitted = 5,
  kAborted = 6,
};

enum class BranchState : std::uint8_t {
  kEnlisted = 1,
  kPreparing = 2,
  kPrepared = 3,
  kReadOnly = 4,
  kCommitting = 5,
  kCommitted = 6,
  kAborted = 7,
};

struct BranchRequest {
  std::string participant;
  std::string payload;
};

enum class WaitFor : std::uint8_t {
  kCompletion = 0,  // all branches have acknowledged: the initiator reads its own writes
  kDecision = 1,    // the decision is durable: faster, equally final
};

struct BeginRequest {
  Duration timeout;  // 0: the coordinator's default; capped by its maximum
};

// Ids for a session, to begin without a round trip.
struct OpenBlockRequest {
  std::uint64_t session = 0;
  std::uint32_t count = 0;
  Duration timeout;  // of each transaction, as in BeginRequest
};

struct EnlistRequest {
  TransactionId id;
  std::string participant;
};

struct CommitRequest {
  TransactionId id;
  std::vector<BranchRequest> branches;  // those not enlisted otherwise, or with a payload
  std::optional<std::uint32_t> expected_branches;
  WaitFor wait_for = WaitFor::kCompletion;
  // How long the call may last, at most (and with 0) the coordinator's max_transaction_timeout;
  // then it is answered with what is known: UNKNOWN before the decision, or COMMITTED with the
  // branches still on their way. It does not abort.
  Duration call_timeout;
};

// Of an AbortRequest; so that none takes longer than a thousand others.
constexpr std::uint32_t kMaxFollowing = 1'000;

struct AbortRequest {
  TransactionId id;
  AbortReason reason = AbortReason::kRequested;  // kRequested or kOperator
  // So many ids after it are aborted, too, where nothing has happened under them yet: at most
  // kMaxFollowing. The answer is about `id` alone.
  std::uint32_t following = 0;
};

struct GetRequest {
  TransactionId id;
};

using InitiatorRequest = std::variant<BeginRequest, OpenBlockRequest, EnlistRequest, CommitRequest,
                                      AbortRequest, GetRequest>;

struct BeginReply {
  TransactionId id;
  Duration timeout;
};

struct BlockReply {
  TransactionId first;
  std::uint32_t count = 0;
  Duration lifetime;
  Duration timeout;
};

struct EnlistReply {};

// The answer to Commit, Abort and Get.
struct OutcomeReply {
  TransactionId id;
  Outcome outcome = Outcome::kUnknown;
  TransactionState state = TransactionState::kActive;
  bool read_only = false;  // COMMITTED, and nothing changed anywhere
  AbortReason abort_reason = AbortReason::kNone;
  std::string participant;              // which participant the abort is about, or empty
  std::string text;                     // of a no: its reason
  std::vector<std::string> unfinished;  // of COMMITTED: participants that have not acknowledged yet
};

struct ErrorReply {
  Reason reason = Reason::kInternal;
  std::string text;              // what, where, what to do
  std::string participant = {};  // which one cannot take more, or empty
};

using InitiatorReply = std::variant<BeginReply, BlockReply, EnlistReply, OutcomeReply, ErrorReply>;

}  // namespace assent
