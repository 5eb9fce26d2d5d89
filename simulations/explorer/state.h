// A state of the whole world: a few numbers, compared byte by byte; and what may happen in it.
#pragma once

#include <cstdint>
#include <cstring>

namespace assent::explorer {

constexpr int kMaxParticipants = 3;
constexpr int kMaxSlots = 2;

// A participant's link to the coordinator: two ends that notice its end apart, and what is in
// flight. Numbers of lists of messages: see Lists.
struct LinkState {
  enum Phase : std::uint8_t { kNone, kDialled, kAttached };
  std::uint32_t up = 0;
  std::uint32_t down = 0;
  std::uint32_t old_up = 0;    // of the link before, while the coordinator has not noticed its end
  std::uint16_t stray_up = 0;  // a message that went astray: a copy, or late; 0: none
  std::uint16_t stray_down = 0;
  std::uint8_t generation = 0;
  std::uint8_t old_generation = 0;  // 0: none
  Phase phase = kNone;              // the participant's end
  std::uint8_t open = 0;            // the coordinator's end
  std::uint8_t broken = 0;          // what is sent is lost; what is in flight may still arrive
  std::uint8_t closed = 0;   // broken by the coordinator on purpose: what is in flight arrives
  std::uint8_t refused = 0;  // this incarnation may not attach
  std::uint8_t unused = 0;
};

// A transaction as its initiator sees it.
struct Slot {
  enum Told : std::uint8_t { kNothing, kCommitted, kAborted, kReadOnly };
  std::uint8_t epoch = 0;  // 0: not begun
  std::uint8_t number = 0;
  Told told = kNothing;
  std::uint8_t requests = 0;
  std::uint8_t commits = 0;
  std::uint8_t aborts = 0;
  std::uint8_t gets = 0;
  std::uint8_t unused = 0;
};

// The calls of one participant for one transaction: one at a time.
struct Calls {
  std::uint8_t begun : 2 = 0;
  std::uint8_t answered : 2 = 0;  // well: its work is the transaction's
  std::uint8_t works : 1 = 0;     // the service is at it
  std::uint8_t enlisted : 1 = 0;  // the coordinator has acknowledged it
  std::uint8_t running : 1 = 0;   // begun, and its caller has no answer yet
  std::uint8_t failed : 1 = 0;    // some call failed
};

enum Fault : std::uint8_t {
  kCoordinatorCrash,
  kParticipantCrash,
  kBreak,
  kLogFailure,
  kResourceFailure,
  kWipeFault,
  kStray,
  kFaultKinds
};

struct WorldState {
  std::uint32_t coordinator = 0;
  std::uint32_t participants[kMaxParticipants] = {};
  LinkState links[kMaxParticipants];
  Slot slots[kMaxSlots];
  Calls calls[kMaxSlots][kMaxParticipants];
  std::uint8_t faults[kFaultKinds] = {};
  std::uint8_t ticks = 0;
  std::uint8_t long_ticks = 0;
  std::uint8_t sessions_lost = 0;

  bool operator==(const WorldState& other) const {
    return std::memcmp(this, &other, sizeof(*this)) == 0;
  }
};
static_assert(sizeof(WorldState) % 4 == 0 && sizeof(WorldState) <= 128);

struct Action {
  enum Kind : std::uint8_t {
    // What happens by itself, in every order.
    kStartCoordinator,
    kSync,
    kStartParticipant,
    kConnect,
    kDeliverUp,
    kDeliverOldUp,
    kDeliverDown,
    kNoticeEnd,     // the coordinator, of the link
    kNoticeOldEnd,  // the coordinator, of the link before
    kDetach,        // the participant
    kComplete,
    kEndCall,
    kDeliverStrayUp,
    kDeliverStrayDown,
    // What the initiator does.
    kBegin,
    kCommit,
    kAbort,
    kGet,
    kGuess,  // Get of an id that will be given out later
    kBeginCall,
    kLoseSession,
    // Time.
    kTickCoordinator,
    kLongTick,
    kTickParticipant,
    // Faults.
    kCrashCoordinator,
    kFailLog,
    kCrashParticipant,
    kBreakLink,
    kFailResource,
    kWipe,
    kStrayUp,    // a: 1: only a copy
    kStrayDown,  // a: 1: only a copy
    kKinds
  };
  Kind kind = kKinds;
  std::uint8_t participant = 0;
  std::uint8_t a = 0;  // slot; how many; which
  std::uint8_t b = 0;
};

inline bool HappensByItself(Action::Kind kind) { return kind <= Action::kDeliverStrayDown; }

}  // namespace assent::explorer
