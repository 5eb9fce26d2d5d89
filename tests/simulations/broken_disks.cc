#include "tests/simulations/broken_disks.h"

#include <utility>

namespace assent::simulation {
namespace {

class ForgetfulLog final : public DecisionLog {
 public:
  explicit ForgetfulLog(std::unique_ptr<DecisionLog> log) : log_(std::move(log)) {}

  RecoveredLog TakeRecovered() override { return log_->TakeRecovered(); }
  storage::Status Write(const LogBatch& batch) override {
    // Updates name decisions, so that it keeps none of them either.
    LogBatch kept;
    kept.sync = batch.sync;
    for (const DecisionRecord& decision : batch.decisions) {
      if (decision.number % 4 != 0) kept.decisions.push_back(decision);
    }
    return log_->Write(kept);
  }

 private:
  const std::unique_ptr<DecisionLog> log_;
};

// Passes everything on to a good disk.
template <class Disk>
class Passing : public Disk {
 public:
  explicit Passing(std::unique_ptr<Disk> good) : good_(std::move(good)) {}

  void FailNextWrite(Random* random) override { good_->FailNextWrite(random); }
  void MendFaults() override { good_->MendFaults(); }
  bool has_pending_fault() const override { return good_->has_pending_fault(); }
  void KeepCopy() override { good_->KeepCopy(); }
  bool has_copy() const override { return good_->has_copy(); }
  void SwapWithCopy() override { good_->SwapWithCopy(); }
  void DropCopy() override { good_->DropCopy(); }

 protected:
  const std::unique_ptr<Disk> good_;
};

class ForgetfulLogDisk final : public Passing<LogDisk> {
 public:
  using Passing::Passing;

  storage::Status Open(std::unique_ptr<DecisionLog>* log) override {
    std::unique_ptr<DecisionLog> opened;
    storage::Status status = good_->Open(&opened);
    if (status.ok()) *log = std::make_unique<ForgetfulLog>(std::move(opened));
    return status;
  }
  void Crash(std::unique_ptr<DecisionLog> log, const LogBatch* in_flight, const CrashKind& kind,
             Random* random) override {
    good_->Crash(std::move(log), in_flight, kind, random);
  }
};

class ForgetfulStoreDisk final : public Passing<StoreDisk> {
 public:
  using Passing::Passing;

  std::unique_ptr<KeyValueStore> MakeStore() override { return good_->MakeStore(); }
  void Crash(std::unique_ptr<KeyValueStore> store, const CrashKind& kind, Random* random) override {
    good_->Crash(std::move(store), kind, random);
    if (good_->has_copy()) good_->SwapWithCopy();
    good_->KeepCopy();
  }
  void Wipe(const StoreId& id) override { good_->Wipe(id); }
};

std::unique_ptr<LogDisk> MakeForgetfulLog(const Profile& profile, const CoordinatorId& id) {
  return std::make_unique<ForgetfulLogDisk>(kGoodDisks.log(profile, id));
}

std::unique_ptr<StoreDisk> MakeForgetfulStore(const Profile& profile, const StoreId& id) {
  return std::make_unique<ForgetfulStoreDisk>(kGoodDisks.store(profile, id));
}

}  // namespace

const Disks kForgetfulLog = {&MakeForgetfulLog, kGoodDisks.store};
const Disks kForgetfulStore = {kGoodDisks.log, &MakeForgetfulStore};

}  // namespace assent::simulation
