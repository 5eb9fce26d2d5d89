// Power loss at every file operation while groups of prepared branches are written, end in parts
// and are rewritten; then what the next start lists, locks and shows, branch by branch.
#include <algorithm>
#include <map>
#include <set>

#include "core/prng.h"
#include "gmock/gmock.h"
#include "participant/key_value_store.h"
#include "participant/key_value_store_write_back.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/participant/store_on_disk.h"
#include "tests/participant/store_records.h"
#include "tests/support/simulated_file_system.h"
#include "tests/support/test_scale.h"

namespace assent {
namespace {

using testing::Loss;
using testing::SimulatedFileSystem;

constexpr int kLives = 3;
constexpr int kBatches = 26;  // of a life: groups grow old enough to be rewritten
constexpr int kKeys = 14;

// What is known of a branch.
enum class Fate {
  kAsked,       // to prepare, no answer: prepared or not there
  kPrepared,    // it has voted yes
  kCommitting,  // no answer: prepared, or committed
  kCommitted,   // acknowledged
  kAborting,    // answered or not, and not synced since: prepared or gone
  kGone,        // has not voted yes, or is aborted for good
};

struct Known {
  Fate fate = Fate::kAsked;
  std::string key;
};

// Plays the coordinators and the user, at random; one store through its lives.
class World {
 public:
  World(std::uint64_t seed, SimulatedFileSystem* disk)
      : random_(seed), disk_(disk), write_back_batches_(seed * seed % 9) {}

  void Start() {
    failed_ = false;
    synced_ = 0;
    KeyValueStoreOptions options = OptionsOn(disk_);
    options.write_back_batches = write_back_batches_;
    store_ = std::make_unique<KeyValueStore>(options);
    start_ = store_->Start({[this](std::vector<ResourceCompletion> done) { Take(done); },
                            [this](const std::string&) { failed_ = true; }});
  }

  // False once the disk has failed.
  bool Live() {
    for (int i = 0; i < kBatches && !failed_; ++i) {
      std::vector<ResourceStep> steps;
      AddEnds(&steps);
      AddMarks(&steps);
      AddPrepares(&steps);
      store_->Submit(std::move(steps));
      RunBatch();
    }
    return !failed_;
  }

  void Die() { store_.reset(); }
  void MoveTo(SimulatedFileSystem* disk) { disk_ = disk; }

  // After a start: exactly what was promised, and from now on that is known.
  void Check() {
    ASSERT_EQ(start_.error, "");
    const auto& list = start_.recovered.prepared;
    const std::set<TransactionId> listed(list.begin(), list.end());
    ASSERT_EQ(listed.size(), list.size()) << "listed twice";
    for (auto& [id, known] : branches_) CheckListed(id, listed.contains(id), &known);
    for (const TransactionId& id : listed) EXPECT_TRUE(branches_.contains(id)) << id.ToText();
    CheckLocks();
    CheckValues();
    for (const auto& [id, known] : branches_) CheckCommitAgain(id, known);
  }

  // Nothing is left of groups once all has ended and is written back; of another batch, for what
  // watches them.
  void EndAll() {
    std::vector<ResourceStep> steps;
    for (auto& [id, known] : branches_) {
      if (known.fate == Fate::kPrepared) End(id, id.sequence.number % 2 == 0, &known, &steps);
    }
    store_->Submit(std::move(steps));
    RunBatch();
    const std::uint64_t batches = key_value_store_internal::WriteBack::kOften * write_back_batches_;
    for (std::uint64_t i = 0; i < 2 + batches; ++i) {
      const TransactionId id = Id(1'000 + i);
      store_->Submit({PrepareStep{id, Operations().Put("last", "x").Encode(), {}}});
      RunBatch();
      store_->Submit({AbortStep{id}});
      RunBatch();
    }
    const StoreRecords records = RecordsOn(*disk_);
    EXPECT_EQ(records.Count('p'), 0u);
    EXPECT_EQ(records.Count('a'), 0u);
  }

 private:
  static TransactionId IdOf(std::uint64_t number) {
    return {*CoordinatorId::Parse(number % 4 == 0 ? "c2" : "c1"), Sequence{1, number}};
  }
  // What a branch in doubt for long will become: known to its coordinator alone.
  static bool IsSlow(const TransactionId& id) { return id.sequence.number % 7 == 3; }
  static bool WillCommit(const TransactionId& id) { return id.sequence.number % 3 != 0; }

  void AddPrepares(std::vector<ResourceStep>* steps) {
    for (std::uint64_t left = 1 + random_.Below(5); left > 0; --left) {
      const TransactionId id = IdOf(++last_);
      Known known;
      known.key = "key" + std::to_string(random_.Below(kKeys));
      steps->push_back(PrepareStep{id, Operations().Put(known.key, id.ToText()).Encode(), {}});
      branches_[id] = known;
    }
  }

  void AddEnds(std::vector<ResourceStep>* steps) {
    for (auto& [id, known] : branches_) {
      const std::uint64_t patience = IsSlow(id) ? 60 : 2;
      if (known.fate != Fate::kPrepared || random_.Below(patience) != 0) continue;
      End(id, WillCommit(id), &known, steps);
    }
  }

  void End(const TransactionId& id, bool commit, Known* known, std::vector<ResourceStep>* steps) {
    known->fate = commit ? Fate::kCommitting : Fate::kAborting;
    if (commit) steps->push_back(CommitStep{id});
    if (!commit) steps->push_back(AbortStep{id});
  }

  // As a coordinator's: below it every commit is acknowledged; aborts hold nothing up.
  void AddMarks(std::vector<ResourceStep>* steps) {
    for (const char* name : {"c1", "c2"}) {
      const CoordinatorId coordinator = *CoordinatorId::Parse(name);
      Sequence mark{1, last_ + 1};
      for (const auto& [id, known] : branches_) {
        const bool is_over = known.fate == Fate::kCommitted || known.fate == Fate::kGone;
        if (id.coordinator != coordinator || is_over || !WillCommit(id)) continue;
        mark = std::min(mark, id.sequence);
      }
      marks_[coordinator] = std::max(marks_[coordinator], mark);
      steps->push_back(NoteStep{coordinator, {1, 1, last_}, marks_[coordinator]});
    }
  }

  void RunBatch() {
    std::set<TransactionId> aborting;
    for (const auto& [id, known] : branches_) {
      if (known.fate == Fate::kAborting) aborting.insert(id);
    }
    store_->RunPending();
    if (failed_ || store_->synced_batches() == synced_) return;
    synced_ = store_->synced_batches();
    for (const TransactionId& id : aborting) branches_.at(id).fate = Fate::kGone;
  }

  void Take(const std::vector<ResourceCompletion>& completions) {
    for (const ResourceCompletion& completion : completions) {
      if (const auto* vote = std::get_if<participant_input::Prepared>(&completion)) {
        const bool yes = vote->result.vote == VoteKind::kYes;
        branches_[vote->id].fate = yes ? Fate::kPrepared : Fate::kGone;
      }
      if (const auto* commit = std::get_if<participant_input::Committed>(&completion)) {
        results_[commit->id] = commit->result;
        Known& known = branches_[commit->id];
        if (known.fate != Fate::kCommitting) continue;
        EXPECT_EQ(commit->result, CommitResult::kCommitted) << commit->id.ToText();
        known.fate = Fate::kCommitted;
        values_[known.key] = commit->id.ToText();
      }
    }
  }

  void CheckListed(const TransactionId& id, bool is_listed, Known* known) {
    const Fate fate = known->fate;
    const bool may_be = fate != Fate::kCommitted && fate != Fate::kGone;
    const bool must_be = fate == Fate::kPrepared;
    EXPECT_TRUE(may_be || !is_listed) << id.ToText() << " came back";
    EXPECT_TRUE(is_listed || !must_be) << id.ToText() << " was lost";
    if (!is_listed && fate == Fate::kCommitting) {
      known->fate = Fate::kCommitted;
      values_[known->key] = id.ToText();
    } else {
      known->fate = is_listed ? Fate::kPrepared : may_be ? Fate::kGone : fate;
    }
  }

  void CheckLocks() {
    std::set<std::string> locked;
    for (const auto& [id, known] : branches_) {
      if (known.fate != Fate::kPrepared) continue;
      EXPECT_TRUE(locked.insert(known.key).second) << known.key;
    }
    for (int i = 0; i < kKeys; ++i) {
      const TransactionId probe = Id(10'000 + last_ + static_cast<std::uint64_t>(i));
      const std::string key = "key" + std::to_string(i);
      const StoreError expected = locked.contains(key) ? StoreError::kConflict : StoreError::kNone;
      EXPECT_EQ(store_->Branch(probe).Read(key).error, expected) << key;
      store_->Submit({AbortStep{probe}});
    }
    store_->RunPending();
  }

  void CheckValues() {
    std::map<std::string, std::string> found;
    EXPECT_TRUE(
        store_
            ->ScanCommitted("key", [&found](std::string_view key,
                                            std::string_view value) { found.emplace(key, value); })
            .ok());
    EXPECT_EQ(found, values_);
  }

  void CheckCommitAgain(const TransactionId& id, const Known& known) {
    if (known.fate == Fate::kPrepared) return;
    const bool is_below = id.sequence < marks_[id.coordinator];
    if (known.fate == Fate::kGone && is_below) return;  // nobody commits it: see R9
    store_->Submit({CommitStep{id}});
    store_->RunPending();
    const bool is_committed = results_[id] == CommitResult::kCommitted;
    EXPECT_EQ(is_committed, known.fate == Fate::kCommitted) << id.ToText();
  }

  Prng random_;
  SimulatedFileSystem* disk_;
  const std::size_t write_back_batches_;
  std::unique_ptr<KeyValueStore> store_;
  StartResult start_;
  bool failed_ = false;
  std::uint64_t synced_ = 0;
  std::uint64_t last_ = 0;
  std::map<TransactionId, Known> branches_;
  std::map<TransactionId, CommitResult> results_;
  std::map<std::string, std::string> values_;
  std::map<CoordinatorId, Sequence> marks_;
};

// The lives of one store on disks of its own; power is lost at the operation `at` of `life`, and at
// the end of every other one. The operations of each life.
std::vector<std::uint64_t> LiveThrough(std::uint64_t seed, Loss loss, int life, std::uint64_t at) {
  std::vector<std::uint64_t> operations;
  auto disk = std::make_unique<SimulatedFileSystem>();
  EXPECT_TRUE(disk->CreateDir("/data").ok());
  EXPECT_EQ(KeyValueStore::Create(OptionsOn(disk.get()), StoreId{1, 2}), "");
  EXPECT_TRUE(disk->SyncDirectory("/").ok());
  World world(seed, disk.get());
  for (int i = 0; i < kLives && !::testing::Test::HasFailure(); ++i) {
    const std::uint64_t before = disk->operations();
    if (i == life) disk->CrashAt(before + at);
    world.Start();
    if (!disk->failed_or_crashed()) world.Check();
    if (!disk->failed_or_crashed()) world.Live();
    operations.push_back(disk->operations() - before);
    auto next = disk->AfterCrash(loss, seed + at);
    world.Die();
    world.MoveTo(next.get());
    disk = std::move(next);
  }
  world.Start();
  world.Check();
  world.EndAll();
  world.Die();
  return operations;
}

class KeyValueStoreGroups : public ::testing::TestWithParam<Loss> {};

TEST_P(KeyValueStoreGroups, AreExactWhereverThePowerFails) {
  const std::vector<std::uint64_t> operations = LiveThrough(1, GetParam(), -1, 0);
  for (int life = 0; life < kLives; ++life) {
    ASSERT_GT(operations.at(static_cast<std::size_t>(life)), 50u);
    for (std::uint64_t at = 1; at <= operations.at(static_cast<std::size_t>(life)); ++at) {
      SCOPED_TRACE("life " + std::to_string(life) + ", operation " + std::to_string(at));
      LiveThrough(1, GetParam(), life, at);
      if (HasFailure()) return;
    }
  }
}

TEST_P(KeyValueStoreGroups, AreExactAfterManyRandomLives) {
  const auto last = static_cast<std::uint64_t>(Scaled(60));
  for (std::uint64_t seed = 2; seed <= last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LiveThrough(seed, GetParam(), static_cast<int>(seed % kLives), seed);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, KeyValueStoreGroups,
                         ::testing::Values(Loss::kNothing, Loss::kAllUnsynced, Loss::kTail));

}  // namespace
}  // namespace assent
