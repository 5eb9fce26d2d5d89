// The contract over every implementation.
#include "coordinator/leveldb_decision_log.h"
#include "coordinator/memory_decision_log.h"
#include "tests/coordinator/decision_log_contract.h"
#include "tests/support/simulated_file_system.h"
#include "tests/support/temporary_directory.h"

namespace assent::testing {
namespace {

template <class Log>
storage::Status Hand(const storage::Status& status, std::unique_ptr<Log> from,
                     std::unique_ptr<DecisionLog>* to) {
  if (status.ok()) *to = std::move(from);
  return status;
}

class MemoryWorld : public LogWorld {
 public:
  storage::Status Create(const CoordinatorId& coordinator) override {
    return MemoryDecisionLog::Create(&disk_, coordinator);
  }
  storage::Status Open(const CoordinatorId& expected, std::unique_ptr<DecisionLog>* log) override {
    std::unique_ptr<MemoryDecisionLog> opened;
    const storage::Status status = MemoryDecisionLog::Open(&disk_, expected, &opened);
    return Hand(status, std::move(opened), log);
  }
  void Kill(std::unique_ptr<DecisionLog> log) override { log.reset(); }
  void LosePower(std::unique_ptr<DecisionLog> log) override {
    log.reset();
    disk_.LosePower();
  }
  bool FailNextWrite() override {
    disk_.SetFault(MemoryLogDisk::Fault::kFailBefore);
    return true;
  }
  bool loses_unsynced() const override { return true; }

 private:
  MemoryLogDisk disk_;
};

class LevelDbWorld : public LogWorld {
 public:
  LevelDbWorld(storage::FileSystem* files, std::string directory)
      : directory_(std::move(directory)) {
    options_.file_system = files;
    options_.reserve_bytes = 0;
    options_.check_claims = true;
  }
  storage::Status Create(const CoordinatorId& coordinator) override {
    return LevelDbDecisionLog::Create(options_, directory_, coordinator);
  }
  storage::Status Open(const CoordinatorId& expected, std::unique_ptr<DecisionLog>* log) override {
    std::unique_ptr<LevelDbDecisionLog> opened;
    const storage::Status status =
        LevelDbDecisionLog::Open(options_, directory_, expected, &opened);
    return Hand(status, std::move(opened), log);
  }
  void Kill(std::unique_ptr<DecisionLog> log) override { log.reset(); }

 protected:
  storage::DatabaseOptions options_;
  const std::string directory_;
};

class RealWorld : public LevelDbWorld {
 public:
  explicit RealWorld(std::unique_ptr<TemporaryDirectory> directory)
      : LevelDbWorld(nullptr, *directory / "log"), temporary_(std::move(directory)) {}
  void LosePower(std::unique_ptr<DecisionLog> log) override { log.reset(); }
  bool FailNextWrite() override { return false; }
  bool loses_unsynced() const override { return false; }

 private:
  const std::unique_ptr<TemporaryDirectory> temporary_;
};

class SimulatedWorld : public LevelDbWorld {
 public:
  SimulatedWorld() : LevelDbWorld(nullptr, "/log"), files_(new SimulatedFileSystem()) {
    options_.file_system = files_.get();
  }
  void Kill(std::unique_ptr<DecisionLog> log) override { Crash(std::move(log), Loss::kNothing); }
  void LosePower(std::unique_ptr<DecisionLog> log) override {
    Crash(std::move(log), Loss::kAllUnsynced);
  }
  bool FailNextWrite() override {
    files_->FailAt(files_->operations() + 1, FailureEffect::kHalf);
    return true;
  }
  bool loses_unsynced() const override { return true; }

 private:
  void Crash(std::unique_ptr<DecisionLog> log, Loss loss) {
    files_->CrashAt(files_->operations() + 1);
    log.reset();
    files_ = files_->AfterCrash(loss, 1);
    options_.file_system = files_.get();
  }

  std::unique_ptr<SimulatedFileSystem> files_;
};

std::vector<LogWorldKind> Worlds() {
  return {{"Memory", [] { return std::make_unique<MemoryWorld>(); }},
          {"LevelDbOnARealDisk",
           [] { return std::make_unique<RealWorld>(std::make_unique<TemporaryDirectory>()); }},
          {"LevelDbOnASimulatedDisk", [] { return std::make_unique<SimulatedWorld>(); }}};
}

INSTANTIATE_TEST_SUITE_P(Every, DecisionLogContract, ::testing::ValuesIn(Worlds()),
                         [](const auto& kind) { return kind.param.name; });

// Below: LevelDB alone.

storage::DatabaseOptions OptionsOn(storage::FileSystem* files) {
  storage::DatabaseOptions options;
  options.file_system = files;
  options.reserve_bytes = 0;
  options.check_claims = true;
  return options;
}

DecisionRecord Small(std::uint64_t number) {
  return {Sequence{1, number}, number, number, {{"stock", StoreId{1, 2}}}};
}

// One life; the highest number that was acknowledged.
std::uint64_t RunALife(SimulatedFileSystem* files) {
  std::unique_ptr<LevelDbDecisionLog> log;
  const auto options = OptionsOn(files);
  if (!LevelDbDecisionLog::Create(options, "/log", IdNamed("c1")).ok()) return 0;
  if (!LevelDbDecisionLog::Open(options, "/log", IdNamed("c1"), &log).ok()) return 0;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t number = 1; number <= 5; ++number) {
    if (!log->Write(LogBatch{{Small(number)}, {}, true}).ok()) break;
    acknowledged = number;
    const LogBatch riding{{}, {AcknowledgedUpdate{Small(number).id, 1}}, false};
    if (!log->Write(riding).ok()) break;
  }
  return acknowledged;
}

TEST(LevelDbDecisionLog, LosesNoAcknowledgedDecisionWhereverThePowerFails) {
  SimulatedFileSystem whole;
  ASSERT_EQ(RunALife(&whole), 5u);
  for (std::uint64_t at = 1; at <= whole.operations(); ++at) {
    SimulatedFileSystem files;
    files.CrashAt(at);
    const std::uint64_t acknowledged = RunALife(&files);
    const auto after = files.AfterCrash(at % 2 == 0 ? Loss::kAllUnsynced : Loss::kTail, at);
    std::unique_ptr<LevelDbDecisionLog> log;
    const storage::Status status =
        LevelDbDecisionLog::Open(OptionsOn(after.get()), "/log", IdNamed("c1"), &log);
    if (acknowledged == 0 && !status.ok()) continue;
    ASSERT_TRUE(status.ok()) << "at operation " << at << ": " << status.ToString();
    const RecoveredLog recovered = log->TakeRecovered();
    ASSERT_GE(recovered.decisions.size(), acknowledged) << "at operation " << at;
    ASSERT_LE(recovered.decisions.size(), acknowledged + 1) << "at operation " << at;
    for (std::size_t i = 0; i < recovered.decisions.size(); ++i) {
      ASSERT_EQ(recovered.decisions[i].record, Small(i + 1));
    }
  }
}

TEST(LevelDbDecisionLog, RefusesOrKeepsEverythingWhenAFileLosesItsEnd) {
  SimulatedFileSystem whole;
  ASSERT_EQ(RunALife(&whole), 5u);
  for (const std::string& name : whole.Files()) {
    const auto damaged = whole.AfterCrash(Loss::kNothing, 1);
    const std::string content = damaged->Content(name);
    damaged->SetContent(name, content.substr(0, content.size() / 2));
    std::unique_ptr<LevelDbDecisionLog> log;
    if (!LevelDbDecisionLog::Open(OptionsOn(damaged.get()), "/log", IdNamed("c1"), &log).ok()) {
      continue;
    }
    EXPECT_EQ(log->TakeRecovered().decisions.size(), 5u) << name;
  }
}

class LevelDbDecisionLogWithRecords : public ::testing::Test {
 protected:
  LevelDbDecisionLogWithRecords() {
    EXPECT_TRUE(LevelDbDecisionLog::Create(OptionsOn(&files_), "/log", IdNamed("c1")).ok());
    EXPECT_TRUE(LevelDbDecisionLog::Open(OptionsOn(&files_), "/log", IdNamed("c1"), &log_).ok());
  }

  // Ten decisions in a batch, then their acknowledgements in another.
  void WriteTen() {
    LogBatch decisions{{}, {}, true};
    LogBatch acknowledgements{{}, {}, true};
    for (int i = 0; i < 10; ++i) {
      decisions.decisions.push_back(Small(++last_));
      acknowledgements.updates.push_back(AcknowledgedUpdate{Small(last_).id, 1});
    }
    ASSERT_TRUE(log_->Write(decisions).ok());
    ASSERT_TRUE(log_->Write(acknowledgements).ok());
  }
  void RemoveUpTo(std::uint64_t last) {
    RemovalUpdate removal{{1, last + 1}, {}};
    while (removed_ < last) removal.removed.push_back(Small(++removed_).id);
    ASSERT_TRUE(log_->Write(LogBatch{{}, {removal}, true}).ok());
  }

  SimulatedFileSystem files_;
  std::unique_ptr<LevelDbDecisionLog> log_;
  std::uint64_t last_ = 0;
  std::uint64_t removed_ = 0;
};

TEST_F(LevelDbDecisionLogWithRecords, HoldsOneRecordForTheDecisionsOfABatch) {
  WriteTen();
  const std::uint64_t one = log_->live_records();
  WriteTen();
  EXPECT_EQ(log_->live_records(), one + 2);
}

TEST_F(LevelDbDecisionLogWithRecords, HoldsNoRecordOfWhatIsRemoved) {
  RemoveUpTo(0);
  const std::uint64_t empty = log_->live_records();
  for (int round = 0; round < 20; ++round) {
    WriteTen();
    RemoveUpTo(last_ - 5);
    EXPECT_EQ(log_->live_records(), empty + 2);
  }
  RemoveUpTo(last_);
  EXPECT_EQ(log_->live_records(), empty);
}

TEST_F(LevelDbDecisionLogWithRecords, HoldsNoAcknowledgementsThatLaterOnesReplaced) {
  WriteTen();
  const std::uint64_t before = log_->live_records();
  for (int round = 0; round < 5; ++round) {
    LogBatch again{{}, {}, true};
    for (std::uint64_t n = 1; n <= last_; ++n) {
      again.updates.push_back(AcknowledgedUpdate{Small(n).id, 1});
    }
    ASSERT_TRUE(log_->Write(again).ok());
    EXPECT_EQ(log_->live_records(), before);
  }
}

TEST(LevelDbDecisionLog, KeepsRemovalsExactWhereverThePowerFails) {
  const auto life = [](SimulatedFileSystem* files) {
    const auto options = OptionsOn(files);
    std::unique_ptr<LevelDbDecisionLog> log;
    if (!LevelDbDecisionLog::Create(options, "/log", IdNamed("c1")).ok()) return 0;
    if (!LevelDbDecisionLog::Open(options, "/log", IdNamed("c1"), &log).ok()) return 0;
    if (!log->Write(Together({Small(1), Small(2), Small(3)})).ok()) return 0;
    const LogBatch told{
        {}, {AcknowledgedUpdate{Small(1).id, 1}, AcknowledgedUpdate{Small(3).id, 1}}, true};
    if (!log->Write(told).ok()) return 1;
    return log->Write(LogBatch{{}, {RemovalUpdate{{1, 2}, {Small(1).id}}}, true}).ok() ? 3 : 2;
  };
  SimulatedFileSystem whole;
  ASSERT_EQ(life(&whole), 3);
  for (std::uint64_t at = 1; at <= whole.operations(); ++at) {
    SimulatedFileSystem files;
    files.CrashAt(at);
    const int reached = life(&files);
    if (reached == 0) continue;
    const auto after = files.AfterCrash(at % 2 == 0 ? Loss::kAllUnsynced : Loss::kTail, at);
    std::unique_ptr<LevelDbDecisionLog> log;
    ASSERT_TRUE(LevelDbDecisionLog::Open(OptionsOn(after.get()), "/log", IdNamed("c1"), &log).ok());
    const RecoveredLog recovered = log->TakeRecovered();
    const bool is_removed = recovered.horizon == Sequence{1, 2};
    ASSERT_TRUE(is_removed || reached < 3) << "at operation " << at;
    ASSERT_EQ(recovered.decisions.size(), is_removed ? 2u : 3u) << "at operation " << at;
    EXPECT_EQ(recovered.decisions.back().record, Small(3));
    EXPECT_TRUE(reached < 2 || recovered.decisions.back().acknowledged == 1);
  }
}

TEST(LevelDbDecisionLog, RefusesADirectoryWithoutALogAndMakesNone) {
  SimulatedFileSystem files;
  std::unique_ptr<LevelDbDecisionLog> log;
  EXPECT_EQ(LevelDbDecisionLog::Open(OptionsOn(&files), "/wrong", CoordinatorId(), &log).kind(),
            storage::StatusKind::kMissing);
  EXPECT_TRUE(files.Files().empty());
}

TEST(LevelDbDecisionLog, RefusesANewerFormatAndAStrangersRecordByName) {
  SimulatedFileSystem files;
  const auto options = OptionsOn(&files);
  storage::Identity identity{"decision-log", LevelDbDecisionLog::kFormat + 1, "c1"};
  ASSERT_TRUE(storage::GuardedDatabase::Create(options, "/newer", identity).ok());
  std::unique_ptr<LevelDbDecisionLog> log;
  EXPECT_EQ(LevelDbDecisionLog::Open(options, "/newer", IdNamed("c1"), &log).kind(),
            storage::StatusKind::kNewerFormat);

  identity.format = LevelDbDecisionLog::kFormat;
  std::unique_ptr<storage::GuardedDatabase> database;
  ASSERT_TRUE(storage::GuardedDatabase::Create(options, "/strange", identity).ok());
  ASSERT_TRUE(
      storage::GuardedDatabase::Open(options, "/strange", identity, nullptr, &database).ok());
  storage::Batch batch;
  batch.Put("d-not-an-id", "garbage");
  ASSERT_TRUE(database->Write(batch, true).ok());
  database.reset();
  const storage::Status status = LevelDbDecisionLog::Open(options, "/strange", IdNamed("c1"), &log);
  EXPECT_EQ(status.kind(), storage::StatusKind::kDamaged) << status.ToString();
}

TEST(DrawCoordinatorId, GivesAValidIdForAnyNumber) {
  EXPECT_EQ(DrawCoordinatorId(0).text(), "0000000000000");
  EXPECT_EQ(DrawCoordinatorId(UINT64_MAX).text().size(), 13u);
  EXPECT_NE(DrawCoordinatorId(1), DrawCoordinatorId(2));
}

}  // namespace
}  // namespace assent::testing
