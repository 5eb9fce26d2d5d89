// A simulated process with a key-value store: what an agent and a participant without the library
// have in common. The store is the real one; it writes one batch at a time, in virtual time.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "participant/key_value_store.h"
#include "simulations/process.h"
#include "simulations/store_disk.h"

namespace assent::simulation {

class StoreProcess : public Process {
 public:
  StoreProcess(Context* context, int number, std::unique_ptr<StoreDisk> disk);
  // What the store completes while it ends is for nobody.
  ~StoreProcess() override { GoDown(); }

  int number() const { return number_; }
  StoreDisk* disk() { return disk_.get(); }
  KeyValueStore* store() { return store_.get(); }
  const StoreId& store_id() const { return store_id_; }

  void Start();
  void StartAfter(Duration delay);
  void Crash(const CrashKind& kind);

  // An operator's errors: the process runs on an empty store of another id, or on an older copy of
  // its own. False if that cannot be done now.
  bool BeginWrongStore(bool wiped);
  void EndWrongStore();
  bool runs_on_wrong_store() const { return wrong_store_; }

  virtual std::size_t unfinished_branches() const = 0;
  virtual bool is_attached_everywhere() const = 0;

  std::uint64_t starts() const { return starts_; }
  std::uint64_t refused_starts() const { return refused_starts_; }

 protected:
  // The store has started. Its process dies.
  virtual void OnRecovered(RecoveredStore recovered) = 0;
  virtual void OnDown() = 0;
  virtual void OnCompleted(std::vector<ResourceCompletion> completions) = 0;

  // Something was submitted: a batch is written soon.
  void ScheduleBatch();
  // Of a prepared branch: its end has been submitted, so that it may be gone at the next start.
  void Ending(const TransactionId& id) {
    if (!wrong_store_) prepared_.erase(id);
  }

 private:
  ResourceHandlers Handlers();
  void Refuse(const std::string& error);
  void CheckRecovered(const RecoveredStore& recovered);
  void RunBatch();
  void Completed(std::vector<ResourceCompletion> completions);
  void Keep(const ResourceCompletion& completion);
  void Failed(const std::string& error);

  const int number_;
  const std::unique_ptr<StoreDisk> disk_;
  std::unique_ptr<KeyValueStore> store_;
  StoreId store_id_;
  bool is_batch_scheduled_ = false;
  std::vector<ResourceCompletion> completions_;

  // Branches that have voted yes, durably, and that nobody has asked to end.
  std::set<TransactionId> prepared_;
  bool wrong_store_ = false;
  std::uint64_t starts_ = 0;
  std::uint64_t refused_starts_ = 0;
};

}  // namespace assent::simulation
