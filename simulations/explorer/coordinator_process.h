// The coordinator with its disk: the production core, and a log that keeps what was synced and a
// prefix of what was not.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/coordinator.h"
#include "simulations/explorer/automaton.h"
#include "simulations/explorer/shared.h"

namespace assent::explorer {

class CoordinatorProcess {
 public:
  enum Kind : std::uint8_t {
    kStart,
    kCrash,     // a: how many of the unsynced log effects survive
    kLogFails,  // the same; the core is told before the process ends (R8)
    kOpen,      // a: link
    kMessage,   // a: link, b: message
    kClosed,    // a: link
    kRequest,   // a: request's number, b: its body
    kSync,      // a: how many of the unsynced log effects become durable
    kShortTick,
    kLongTickDue,
    kSessionClosed,
  };
  struct Output {
    enum Kind : std::uint8_t { kSend, kClose, kReply, kBroken };
    Kind kind = kSend;
    std::uint16_t a = 0;  // link, or request's number
    std::uint16_t b = 0;  // message, reply or rule
  };
  struct Disk {
    RecoveredLog log;  // without what the maps hold
    std::map<Sequence, RecoveredDecision> decisions;
    std::map<std::string, BindingUpdate> bindings;
    bool superseded = false;
    // Not on the disk: every decision that was durable at any time.
    std::map<Sequence, DecisionRecord> ever;
  };
  using Base = Disk;
  struct TransactionFact {
    Sequence id;
    TransactionState state = TransactionState::kActive;
  };
  struct DecisionFact {
    Sequence id;
    std::uint8_t participants = 0;  // bit i: participant i voted yes
    std::uint8_t count = 0;         // of all branches that voted yes
  };
  struct Facts {
    bool up = false;
    bool may_start = true;
    bool short_timer = false;
    bool settled = false;  // nothing undecided, unacknowledged or unsynced
    Epoch epoch = 0;
    std::uint8_t unsynced = 0;
    std::vector<TransactionFact> transactions;
    std::vector<DecisionFact> ever;
  };
  using Shared = explorer::Shared;

  CoordinatorProcess(Shared* shared, const Disk& disk) : shared_(shared), disk_(disk) {}

  void Do(Input input, std::vector<Output>* outputs);
  std::string Text() const;
  Facts facts() const;
  std::optional<Disk> base() const;

 private:
  void Start();
  void End(std::size_t kept);
  void Step(CoordinatorInput input);
  void Sync(std::size_t count);
  void MakeDurable(std::size_t count);
  void Store(const CoordinatorEffect& effect);
  void Apply(const AcknowledgedUpdate& update);
  void Apply(const RemovalUpdate& update);
  void Apply(const BindingUpdate& update);
  void Apply(const SupersededUpdate& update);

  void Perform(const coordinator_effect::Reply& effect);
  void Perform(const coordinator_effect::Send& effect);
  void Perform(const coordinator_effect::CloseLink& effect);
  void Perform(const coordinator_effect::LogDecision& effect);
  void Perform(const coordinator_effect::LogUpdated& effect);
  void Perform(const coordinator_effect::BindingReplaced&) {}
  void Perform(const coordinator_effect::Notice& effect);
  void Perform(const coordinator_effect::Halt&) { halted_ = true; }
  void CheckTold(Sequence id, const std::string& what);
  void CheckMark(LinkId link, Sequence mark);
  void CheckCommit(LinkId link, Sequence id, const std::string& what);
  void Broken(const std::string& rule);

  Shared* const shared_;
  Disk disk_;
  std::unique_ptr<Coordinator> core_;
  std::deque<CoordinatorEffect> unsynced_;
  Time now_;
  bool halted_ = false;
  std::size_t kept_when_halting_ = 0;
  std::vector<Output>* outputs_ = nullptr;
};

}  // namespace assent::explorer
