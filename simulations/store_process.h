// A simulated process with a key-value store: what an agent and a participant without the library
// have in common. Core, dispatcher and store are the real ones; the store writes one batch at a
// time, in virtual time.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/participant.h"
#include "participant/key_value_store.h"
#include "participant/participant_dispatcher.h"
#include "simulations/coverage.h"
#include "simulations/process.h"
#include "simulations/store_disk.h"

namespace assent::simulation {

// What an operator starts in place of a store.
struct WrongStore {
  bool is_empty = false;  // else an older copy
  bool outruns = false;   // it has the store's id, and a higher incarnation
};

class StoreProcess : public Process, protected ParticipantSinks {
 public:
  StoreProcess(Context* context, int number, std::unique_ptr<StoreDisk> disk);
  // What the store completes while it ends is for nobody.
  ~StoreProcess() override { GoDown(); }

  int number() const { return number_; }
  StoreDisk* disk() { return disk_.get(); }
  KeyValueStore* store() { return store_.get(); }
  const StoreId& store_id() const { return store_id_; }
  Incarnation incarnation() const { return incarnation_; }  // of the last start
  // Null while the process is down.
  const Participant* core() const { return core_.get(); }

  void Start();
  void StartAfter(Duration delay);
  void Crash(const CrashKind& kind);
  // An orderly end: what the store was asked to do is done.
  void Stop();

  // What an operator may start later by error; while the process is down. Of one that does not tell
  // its life with each message only what can be told from the right one: a copy in which nothing is
  // in doubt, and that is older than the last start.
  void KeepCopy();

  // An operator's errors: the process runs on an empty store of another id, or on an older copy of
  // its own. One that outruns the right store, empty or older, has its id and a higher incarnation,
  // so that no coordinator can refuse it (R3); it does no new work, and nothing may be in doubt in
  // it that is in doubt in the right one. When that is put back it is started as often. False if
  // that cannot be done now.
  bool BeginWrongStore(WrongStore kind);
  void EndWrongStore();
  bool runs_on_wrong_store() const { return wrong_store_.has_value(); }

  std::size_t unfinished_branches() const;
  virtual bool is_attached_everywhere() const = 0;
  // Whether a second process on a copy of the store is told apart by each message (R3).
  virtual bool tells_its_life() const = 0;

  std::uint64_t starts() const { return starts_; }
  std::uint64_t refused_starts() const { return refused_starts_; }
  std::int64_t refused_ends() const { return refused_ends_; }

 protected:
  // The store has started, as `me` says; its core exists. The process dies.
  virtual void OnRecovered(const Attach& me) = 0;
  virtual void OnDown() = 0;

  void Step(ParticipantInput input);
  // After whatever happened: what is due goes to the store. Extended by what leaves.
  virtual void Pump();
  void Notice(const participant_effect::Notice& notice) override;

  // An Abort that names the stamp of its Prepare has come: that Prepare is refused from now on
  // (R5).
  void ToldToAbort(const TransactionId& id) { told_to_abort_.insert(id); }

  // This is an older copy (R3): its store is marked, and fails.
  void SupersedeStore(const std::string& reason);
  // Something was submitted: a batch is written soon.
  void ScheduleBatch();
  // By an operator's error on a store that cannot be refused.
  bool outruns() const { return wrong_store_ && wrong_store_->outruns; }

 private:
  void OnTick() override;
  ResourceHandlers Handlers();
  void Recover(RecoveredStore recovered);
  void Refuse(const std::string& error);
  bool CanUse(WrongStore kind) const;
  // Starts what is on the disk again and again, until its incarnation is not below that.
  void StartOften(Incarnation least);
  void CheckRecovered(const RecoveredStore& recovered);
  void NoteScene(const CrashKind& kind);
  void CountScene(const std::set<TransactionId>& prepared);
  // Some commits and rollbacks the store cannot carry out now: they are answered so.
  void RefuseSomeEnds();
  void RefuseEnd(const TransactionId& id, ParticipantInput answer);
  // What the store would answer, without it.
  void AnswerLater(ParticipantInput answer);
  // On a store that outruns the right one new work is answered with a no.
  void RefuseWork();
  // What the core has its store do is checked, and remembered: a prepared branch whose end has been
  // submitted may be gone at the next start.
  void NoteEffect(const ParticipantEffect& effect);
  void BeginEnd(const TransactionId& id);
  void RunBatch();
  void Completed(std::vector<ResourceCompletion> completions);
  void RecordCompletion(const ResourceCompletion& completion) const;
  void Keep(const ResourceCompletion& completion);
  void KeepOnCopy(const ResourceCompletion& completion);
  void Failed(const std::string& error);

  const int number_;
  const std::unique_ptr<StoreDisk> disk_;
  std::unique_ptr<KeyValueStore> store_;
  StoreId store_id_;

  // Of one life.
  std::unique_ptr<ParticipantDispatcher> dispatcher_;
  std::unique_ptr<Participant> core_;
  ParticipantEffects effects_;
  std::set<TransactionId> told_to_abort_;
  std::set<TransactionId> ending_;  // the store has been asked to commit or roll back these
  std::uint64_t steps_ = 0;
  bool is_batch_scheduled_ = false;
  std::vector<ResourceCompletion> completions_;

  // Branches that have voted yes, durably, and that nobody has asked to end.
  std::set<TransactionId> prepared_;
  std::optional<ParticipantScene> scene_;  // of the last crash, until the next start
  std::optional<WrongStore> wrong_store_;
  std::vector<TransactionId> in_doubt_in_copy_;  // when it was kept
  Incarnation incarnation_ = 0;                  // of the last start
  bool is_marked_ = false;                       // as an older copy
  std::uint64_t copied_after_ = 0;               // so many starts
  std::uint64_t starts_ = 0;
  std::uint64_t refused_starts_ = 0;
  std::int64_t refused_ends_ = 0;
};

}  // namespace assent::simulation
