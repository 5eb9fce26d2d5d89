// A participant with its store: the production core, and a resource manager that stages work, makes
// it durable, applies it and keeps proofs, or loses what was under way.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/participant.h"
#include "simulations/explorer/automaton.h"
#include "simulations/explorer/shared.h"

namespace assent::explorer {

class ParticipantProcess {
 public:
  enum Kind : std::uint8_t {
    kStart,
    kCrash,      // a: bit i: what was under way as number i was done; b: notes were kept
    kMessage,    // a: link, b: message
    kDetached,   // a: link
    kCallBegun,  // a: call
    kCallEnded,  // a: call
    kComplete,   // a: which of what is under way, b: a Result
    kTick,
    kWipe,  // of one that is down: an empty store under the same name
  };
  enum Result : std::uint16_t { kDone, kVoteNo, kVoteReadOnly, kFailed };
  struct Output {
    enum Kind : std::uint8_t {
      kSend,
      kAttached,
      kRefused,
      kCallAnswered,
      kCallRefused,
      kCallFailed,
      kBroken
    };
    Kind kind = kSend;
    std::uint16_t a = 0;  // link or call
    std::uint16_t b = 0;  // message or rule
  };
  struct Applied {
    int times = 0;
    int work = 0;
  };
  struct Store {
    int participant = 0;
    RecoveredStore recovered;          // without `prepared`
    std::map<Sequence, int> prepared;  // how much work each holds
    std::map<Sequence, Applied> applied;
    std::set<Sequence> rolled_back;  // after they were prepared
  };
  using Base = Store;
  struct Work {
    enum Kind : std::uint8_t { kPrepare, kCommit, kAbort };
    Kind kind = kPrepare;
    Sequence id;
    bool payload = false;
  };
  struct BranchFact {
    Sequence id;
    LocalBranchState state = LocalBranchState::kActive;
  };
  struct EffectFact {
    Sequence id;
    Applied applied;
    bool rolled_back = false;
    bool prepared = false;
  };
  struct Facts {
    bool up = false;
    bool short_timer = false;
    bool settled = false;  // no branch, nothing under way
    bool notes_wait = false;
    Incarnation incarnation = 0;
    std::uint16_t attach = 0;  // the message to attach with
    std::vector<Work> work;
    std::vector<BranchFact> branches;
    std::vector<EffectFact> effects;
  };
  using Shared = explorer::Shared;

  // A call's number tells the transaction it works for, since a process knows no slots.
  static std::uint16_t CallOf(Sequence id, int call);
  static Sequence TransactionOf(std::uint16_t call);

  ParticipantProcess(Shared* shared, const Store& store) : shared_(shared), store_(store) {}

  void Do(Input input, std::vector<Output>* outputs);
  std::string Text() const;
  Facts facts() const;
  std::optional<Store> base() const;

 private:
  void Start();
  void Crash(std::uint16_t done, bool notes_kept);
  void Wipe();
  void Deliver(LinkId link, const ToParticipant& message);
  void Complete(std::size_t index, Result result);
  ParticipantInput PerformWork(const Work& work, Result result);
  participant_input::Prepared FinishPrepare(const Work& work, Result result);
  CommitResult FinishCommit(Sequence id);
  void FinishAbort(Sequence id);
  void Step(ParticipantInput input);

  void Perform(const participant_effect::Send& effect);
  void Perform(const participant_effect::CallAdmitted& effect);
  void Perform(const participant_effect::CallRefused& effect);
  void Perform(const participant_effect::Enlisted& effect);
  void Perform(const participant_effect::PrepareBranch& effect);
  void Perform(const participant_effect::CommitBranch& effect);
  void Perform(const participant_effect::AbortBranch& effect);
  void Perform(const participant_effect::NoteCoordinator& effect);
  void Perform(const participant_effect::Notice& effect);
  void Broken(const std::string& rule);

  std::string name() const { return NameOfParticipant(store_.participant); }

  Shared* const shared_;
  Store store_;
  std::unique_ptr<Participant> core_;
  std::set<Sequence> told_to_abort_;  // with the stamp of their Prepare, in this incarnation
  std::map<Sequence, int> active_;    // work in memory
  std::vector<Work> work_;            // under way
  std::optional<RecoveredStore::Coordinator> note_;  // not durable yet
  Time now_;
  std::vector<Output>* outputs_ = nullptr;
};

}  // namespace assent::explorer
