#include "simulations/log_disk.h"

#include <optional>
#include <utility>

#include "coordinator/leveldb_decision_log.h"
#include "coordinator/memory_decision_log.h"
#include "core/check.h"
#include "simulations/level_db_files.h"

namespace assent::simulation {
namespace {

using storage::Status;

class LogDiskInMemory final : public LogDisk {
 public:
  explicit LogDiskInMemory(const CoordinatorId& coordinator) : coordinator_(coordinator) {
    ASSENT_CHECK(MemoryDecisionLog::Create(&disk_, coordinator).ok());
  }

  Status Open(std::unique_ptr<DecisionLog>* log) override {
    std::unique_ptr<MemoryDecisionLog> opened;
    Status status = MemoryDecisionLog::Open(&disk_, coordinator_, &opened);
    if (status.ok()) *log = std::move(opened);
    return status;
  }

  void Crash(std::unique_ptr<DecisionLog> log, const LogBatch* in_flight, const CrashKind& kind,
             Random* random) override {
    if (log != nullptr && in_flight != nullptr && kind.in_write) {
      disk_.SetFault(DrawFault(random));
      static_cast<void>(log->Write(*in_flight));  // nobody hears how it ended
      MendFaults();
    }
    log.reset();
    if (kind.write_failed) MendFaults();  // it failed once
    if (!kind.power_loss) return;
    const auto unsynced = static_cast<std::int64_t>(disk_.unsynced_batches());
    disk_.LosePower(static_cast<std::size_t>(random->Between(0, unsynced)));
  }

  void FailNextWrite(Random* random) override {
    disk_.SetFault(DrawFault(random));
    has_pending_fault_ = true;
  }
  void MendFaults() override {
    disk_.SetFault(MemoryLogDisk::Fault::kNone);
    has_pending_fault_ = false;
  }
  bool has_pending_fault() const override { return has_pending_fault_; }

  void KeepCopy() override { copy_ = disk_; }
  bool has_copy() const override { return copy_.has_value(); }
  void SwapWithCopy() override {
    MendFaults();
    std::swap(disk_, *copy_);
    MendFaults();
  }
  void DropCopy() override { copy_.reset(); }

 private:
  static MemoryLogDisk::Fault DrawFault(Random* random) {
    constexpr MemoryLogDisk::Fault kFaults[] = {MemoryLogDisk::Fault::kFailBefore,
                                                MemoryLogDisk::Fault::kFailUnsynced,
                                                MemoryLogDisk::Fault::kFailAfter};
    return kFaults[random->Below(3)];
  }

  const CoordinatorId coordinator_;
  MemoryLogDisk disk_;
  std::optional<MemoryLogDisk> copy_;
  bool has_pending_fault_ = false;
};

class LevelDbLogDisk final : public LogDisk {
 public:
  explicit LevelDbLogDisk(const CoordinatorId& coordinator) : coordinator_(coordinator) {
    ASSENT_CHECK(LevelDbDecisionLog::Create(Options(), "/log", coordinator).ok());
  }

  Status Open(std::unique_ptr<DecisionLog>* log) override {
    std::unique_ptr<LevelDbDecisionLog> opened;
    Status status = LevelDbDecisionLog::Open(Options(), "/log", coordinator_, &opened);
    if (status.ok()) *log = std::move(opened);
    return status;
  }

  void Crash(std::unique_ptr<DecisionLog> log, const LogBatch* in_flight, const CrashKind& kind,
             Random* random) override {
    files_.CutOff(kind, random);
    if (log != nullptr && in_flight != nullptr && kind.in_write) {
      static_cast<void>(log->Write(*in_flight));  // nobody hears how it ended
      files_.CutOff(CrashKind(), random);
    }
    log.reset();
    files_.Crash(kind, random);
  }

  std::uint64_t used_bytes() const override { return files_.get()->used_bytes(); }
  void FailNextWrite(Random* random) override { files_.FailNextWrite(random); }
  bool Fill() override {
    files_.Fill();
    return true;
  }
  void MendFaults() override { files_.MendFaults(); }
  bool has_pending_fault() const override { return files_.has_pending_fault(); }
  bool FlipBit(Random* random) override { return files_.FlipBit(random); }
  bool is_damaged() const override { return files_.is_damaged(); }
  void Repair() override { files_.Repair(); }
  void AcceptDamage() override { files_.AcceptDamage(); }
  void KeepCopy() override { files_.KeepCopy(); }
  bool has_copy() const override { return files_.has_copy(); }
  void SwapWithCopy() override { files_.SwapWithCopy(); }
  void DropCopy() override { files_.DropCopy(); }

 private:
  storage::DatabaseOptions Options() {
    storage::DatabaseOptions options;
    options.file_system = files_.get();
    options.reserve_bytes = 0;
    options.write_buffer_bytes = std::size_t{64} << 10;
    return options;
  }

  const CoordinatorId coordinator_;
  LevelDbFiles files_;
};

}  // namespace

std::unique_ptr<LogDisk> MakeMemoryLogDisk(const CoordinatorId& coordinator) {
  return std::make_unique<LogDiskInMemory>(coordinator);
}

std::unique_ptr<LogDisk> MakeLevelDbLogDisk(const CoordinatorId& coordinator) {
  return std::make_unique<LevelDbLogDisk>(coordinator);
}

}  // namespace assent::simulation
