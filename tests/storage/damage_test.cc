// Damage at rest: every kind at many places of the log and the tables. A start is refused, or
// finds everything; it never finds less.
#include <functional>

#include "tests/storage/workload.h"
#include "tests/support/test_scale.h"

namespace assent::storage {
namespace {

using assent::testing::Loss;
using assent::testing::SimulatedFileSystem;
using ::testing::HasSubstr;

using Damage = std::function<void(SimulatedFileSystem*, const std::string& name, Prng*)>;

bool EndsWith(const std::string& name, const std::string& suffix) {
  return name.size() >= suffix.size() &&
         name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string NewestLog(const SimulatedFileSystem& disk) {
  std::string newest;
  for (const std::string& name : disk.Files()) {
    if (EndsWith(name, ".log")) newest = std::max(newest, name);
  }
  return newest;
}

// Mostly the newest log, which is what F3 is about; else any file of the database.
std::string Victim(const SimulatedFileSystem& disk, Prng* random) {
  if (random->Below(4) != 0) return NewestLog(disk);
  const std::vector<std::string> names = disk.Files();
  return names[random->Below(names.size())];
}

// Where LevelDB's records begin in a log: 7 bytes of header (checksum 4, length 2, type 1) each,
// in blocks of 32 KiB.
std::vector<size_t> RecordStarts(const std::string& log) {
  std::vector<size_t> starts;
  size_t at = 0;
  while (at + 7 <= log.size()) {
    const size_t left_in_block = 32768 - at % 32768;
    if (left_in_block < 7) {
      at += left_in_block;
      continue;
    }
    starts.push_back(at);
    at += 7 + static_cast<unsigned char>(log[at + 4]) +
          256 * static_cast<size_t>(static_cast<unsigned char>(log[at + 5]));
  }
  return starts;
}

void FlipByte(SimulatedFileSystem* disk, const std::string& name, Prng* random) {
  std::string bytes = disk->Content(name);
  if (bytes.empty()) return;
  bytes[random->Below(bytes.size())] ^= static_cast<char>(1 + random->Below(255));
  disk->SetContent(name, bytes);
}

void ZeroRange(SimulatedFileSystem* disk, const std::string& name, Prng* random) {
  std::string bytes = disk->Content(name);
  if (bytes.empty()) return;
  const size_t begin = random->Below(bytes.size());
  const size_t count = std::min<size_t>(bytes.size() - begin, 1 + random->Below(8192));
  bytes.replace(begin, count, std::string(count, '\0'));
  disk->SetContent(name, bytes);
}

void ZeroFromARecordOn(SimulatedFileSystem* disk, const std::string&, Prng* random) {
  const std::string name = NewestLog(*disk);
  std::string bytes = disk->Content(name);
  const std::vector<size_t> starts = RecordStarts(bytes);
  const size_t begin = starts[random->Below(starts.size())];
  const size_t end = random->Below(2) == 0 ? bytes.size() : (begin / 32768 + 1) * 32768;
  const size_t count = std::min(end, bytes.size()) - begin;
  bytes.replace(begin, count, std::string(count, '\0'));
  disk->SetContent(name, bytes);
}

void SpoilALength(SimulatedFileSystem* disk, const std::string&, Prng* random) {
  const std::string name = NewestLog(*disk);
  std::string bytes = disk->Content(name);
  const std::vector<size_t> starts = RecordStarts(bytes);
  const size_t at = starts[random->Below(starts.size())];
  bytes[at + 4] = static_cast<char>(random->Next());
  bytes[at + 5] = static_cast<char>(random->Next());
  disk->SetContent(name, bytes);
}

void CutTail(SimulatedFileSystem* disk, const std::string& name, Prng* random) {
  std::string bytes = disk->Content(name);
  if (bytes.empty()) return;
  bytes.resize(random->Below(bytes.size()));
  disk->SetContent(name, bytes);
}

void DeleteNewestLog(SimulatedFileSystem* disk, const std::string&, Prng*) {
  disk->Erase(NewestLog(*disk));
}

void DeleteAnyFile(SimulatedFileSystem* disk, const std::string& name, Prng*) { disk->Erase(name); }

struct Kind {
  const char* name;
  Damage damage;
};

class DamageTest : public ::testing::TestWithParam<Kind> {
 protected:
  // A database of three logs' worth, all of it synced, its process killed.
  void Build(uint64_t seed) {
    disk_ = std::make_unique<SimulatedFileSystem>();
    workload_ = std::make_unique<Workload>(seed);
    workload_->options()->write_buffer_bytes = 64 << 10;
    workload_->Run(disk_.get(), 30 + static_cast<int>(seed % 20));
    ASSERT_THAT(workload_->database()->Write(Batch(), true), IsOk());
    damaged_ = disk_->AfterCrash(Loss::kNothing, 1);
    workload_->Kill();
  }

  std::unique_ptr<SimulatedFileSystem> disk_;
  std::unique_ptr<SimulatedFileSystem> damaged_;
  std::unique_ptr<Workload> workload_;
};

TEST_P(DamageTest, IsNeverSilent) {
  int refused = 0;
  int harmless = 0;
  int silent = 0;
  const auto seeds = static_cast<uint64_t>(Scaled(400));
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    Build(seed);
    Prng random(seed);
    GetParam().damage(damaged_.get(), Victim(*damaged_, &random), &random);
    const Status status = workload_->Reopen(damaged_.get());
    if (!status.ok()) {
      ++refused;
      EXPECT_THAT(status.message(), HasSubstr(Workload::kDirectory));
      // A refusal leaves the evidence in place: asking again gives no other answer.
      EXPECT_FALSE(workload_->Reopen(damaged_.get()).ok());
    } else if (workload_->found() == workload_->newest()) {
      ++harmless;
    } else {
      ++silent;
    }
    workload_->Kill();
  }
  RecordProperty("refused", refused);
  RecordProperty("harmless", harmless);
  EXPECT_EQ(silent, 0);
  EXPECT_GT(refused, static_cast<int>(seeds) / 4);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, DamageTest,
    ::testing::Values(Kind{"FlippedByte", FlipByte}, Kind{"ZeroedRange", ZeroRange},
                      Kind{"ZeroedFromARecordOn", ZeroFromARecordOn},
                      Kind{"SpoiltLength", SpoilALength}, Kind{"CutTail", CutTail},
                      Kind{"DeletedNewestLog", DeleteNewestLog},
                      Kind{"DeletedAnyFile", DeleteAnyFile}),
    [](const ::testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

TEST(Damage, AnOlderCopyOfTheDatabaseBesideANewerWitnessIsRefused) {
  SimulatedFileSystem disk;
  Workload workload(5);
  workload.Run(&disk, 30);
  const auto older = disk.AfterCrash(Loss::kNothing, 1);
  workload.WriteSome(30);
  ASSERT_THAT(workload.database()->Write(Batch(), true), IsOk());
  older->SetContent("/test/witness", disk.Content("/test/witness"));
  const Status status = workload.Reopen(older.get());
  EXPECT_THAT(status, HasKind(StatusKind::kDamaged));
  EXPECT_THAT(status.message(), HasSubstr("older copy"));
}

TEST(Damage, AWitnessThatStayedBehindIsAcceptedAndRewritten) {
  SimulatedFileSystem disk;
  Workload workload(5);
  workload.Run(&disk, 30);
  const std::string behind = disk.Content("/test/witness");
  workload.WriteSome(10);
  workload.Kill();
  disk.SetContent("/test/witness", behind);
  ASSERT_THAT(workload.Reopen(&disk), IsOk());
  EXPECT_EQ(workload.found(), workload.newest());
  EXPECT_NE(disk.Content("/test/witness"), behind);
  workload.Kill();
}

TEST(Damage, ARefusalRemovesNoRecordsFromTheDisk) {
  SimulatedFileSystem disk;
  Workload workload(5);
  workload.Run(&disk, 30);
  ASSERT_THAT(workload.database()->Write(Batch(), true), IsOk());
  workload.Kill();
  const std::string log = NewestLog(disk);
  std::string bytes = disk.Content(log);
  bytes.resize(bytes.size() - 1);
  disk.SetContent(log, bytes);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(workload.Reopen(&disk), HasKind(StatusKind::kDamaged));
    EXPECT_EQ(disk.Content(log), bytes);
  }
  const size_t files = disk.Files().size();
  EXPECT_THAT(workload.Reopen(&disk), HasKind(StatusKind::kDamaged));
  EXPECT_EQ(disk.Files().size(), files) << "a restart loop must not fill the disk";
}

}  // namespace
}  // namespace assent::storage
