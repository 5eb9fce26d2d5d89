// Power loss, and an error, at every file operation of a run of transfers; then the audit.
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "participant/key_value_store.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/participant/store_on_disk.h"
#include "tests/support/simulated_file_system.h"

namespace assent {
namespace {

using testing::FailureEffect;
using testing::Loss;
using testing::SimulatedFileSystem;

constexpr std::int64_t kAccounts = 6;
constexpr std::uint64_t kTransfers = 24;

// Plays the coordinator: commits what voted yes, but every fifth; and remembers.
class Trial {
 public:
  // False if the disk failed under way.
  bool Work(SimulatedFileSystem* disk) {
    if (!disk->CreateDir("/data").ok()) return false;
    if (!KeyValueStore::Create(OptionsOn(disk), StoreId{1, 2}).empty()) return false;
    if (!disk->SyncDirectory("/").ok()) return false;
    created_ = true;
    if (!Open(disk)) return false;
    Operations fill;
    for (int i = 0; i < kAccounts; ++i) fill.Add(Account(i), 100);
    Begin(1, fill);
    if (!Settle()) return false;
    for (std::uint64_t i = 2; i <= kTransfers; ++i) {
      Begin(i, Operations()
                   .Add(Account(static_cast<std::int64_t>(i % kAccounts)), -3, 0)
                   .Add(Account(static_cast<std::int64_t>((i * i + 1) % kAccounts)), 3)
                   .Put("done" + std::to_string(i), "yes"));
      if (i % 3 == 0 && !Settle()) return false;
    }
    return Settle();
  }

  void Kill() { store_.reset(); }
  bool created() const { return created_; }

  // In the next life everything ends as decided, and nothing else has happened.
  void Audit(SimulatedFileSystem* disk) {
    ASSERT_TRUE(Open(disk)) << error_;
    std::set<TransactionId> listed(prepared_.begin(), prepared_.end());
    for (const auto& [id, vote] : votes_) {
      const bool must_be_listed =
          vote == VoteKind::kYes && !acknowledged_.contains(id) && !aborting_.contains(id);
      if (must_be_listed && !listed.contains(id)) {
        // Its commit may have been applied without being acknowledged, but then it is proven.
        EXPECT_TRUE(MustCommit(id)) << id.ToText() << " was lost";
      }
    }
    for (const TransactionId& id : prepared_) {
      if (!MustCommit(id)) store_->Submit({AbortStep{id}});
    }
    for (const auto& [id, vote] : votes_) {
      if (MustCommit(id)) store_->Submit({CommitStep{id}});
    }
    acknowledged_.clear();
    Pump();
    CheckEffects();
    Kill();
  }

 private:
  static std::string Account(std::int64_t number) { return "account" + std::to_string(number); }

  bool MustCommit(const TransactionId& id) const {
    const auto vote = votes_.find(id);
    return vote != votes_.end() && vote->second == VoteKind::kYes && id.sequence.number % 5 != 0;
  }

  bool Open(SimulatedFileSystem* disk) {
    failed_ = false;
    store_ = std::make_unique<KeyValueStore>(OptionsOn(disk));
    const StartResult start =
        store_->Start({[this](std::vector<ResourceCompletion> done) { Take(done); },
                       [this](const std::string&) { failed_ = true; }});
    error_ = start.error;
    prepared_ = start.recovered.prepared;
    return start.ok();
  }

  void Begin(std::uint64_t number, const Operations& operations) {
    store_->Submit({PrepareStep{Id(number), operations.Encode(), {}}});
  }

  void Pump() {
    while (store_->RunPending()) {
    }
  }

  bool Settle() {
    Pump();
    std::vector<ResourceStep> ends;
    for (const TransactionId& id : fresh_) {
      if (MustCommit(id)) {
        ends.push_back(CommitStep{id});
      } else {
        aborting_.insert(id);
        ends.push_back(AbortStep{id});
      }
    }
    fresh_.clear();
    store_->Submit(std::move(ends));
    Pump();
    return !failed_;
  }

  void Take(const std::vector<ResourceCompletion>& completions) {
    for (const ResourceCompletion& completion : completions) {
      if (const auto* vote = std::get_if<participant_input::Prepared>(&completion)) {
        votes_[vote->id] = vote->result.vote;
        if (vote->result.vote == VoteKind::kYes) fresh_.push_back(vote->id);
      }
      if (const auto* commit = std::get_if<participant_input::Committed>(&completion)) {
        EXPECT_EQ(commit->result, CommitResult::kCommitted) << commit->id.ToText();
        acknowledged_.insert(commit->id);
      }
    }
  }

  void CheckEffects() {
    std::int64_t sum = 0;
    for (int i = 0; i < kAccounts; ++i) {
      sum += std::stoll(store_->ReadCommitted(Account(i)).value.value_or("0"));
    }
    EXPECT_EQ(sum, MustCommit(Id(1)) ? 100 * kAccounts : 0);
    for (std::uint64_t i = 2; i <= kTransfers; ++i) {
      const bool is_done = store_->ReadCommitted("done" + std::to_string(i)).value.has_value();
      EXPECT_EQ(is_done, MustCommit(Id(i))) << i;
      EXPECT_EQ(acknowledged_.contains(Id(i)), MustCommit(Id(i))) << i;
    }
  }

  std::unique_ptr<KeyValueStore> store_;
  std::vector<TransactionId> prepared_;  // as listed at the start
  std::vector<TransactionId> fresh_;     // voted yes, not yet ended
  std::map<TransactionId, VoteKind> votes_;
  std::set<TransactionId> aborting_;
  std::set<TransactionId> acknowledged_;
  std::string error_;
  bool created_ = false;
  bool failed_ = false;
};

std::uint64_t OperationsOfAWholeRun() {
  SimulatedFileSystem disk;
  Trial run;
  EXPECT_TRUE(run.Work(&disk));
  run.Kill();
  return disk.operations();
}

class KeyValueStoreCrash : public ::testing::TestWithParam<Loss> {};

TEST_P(KeyValueStoreCrash, KeepsEveryBranchWholeWhereverThePowerFails) {
  const std::uint64_t operations = OperationsOfAWholeRun();
  ASSERT_GT(operations, 60u);
  for (std::uint64_t at = 1; at <= operations; ++at) {
    SCOPED_TRACE("power loss at operation " + std::to_string(at));
    SimulatedFileSystem disk;
    disk.CrashAt(at);
    Trial run;
    run.Work(&disk);
    run.Kill();
    if (!run.created()) continue;
    const auto after = disk.AfterCrash(GetParam(), at);
    run.Audit(after.get());
    if (HasFailure()) return;
  }
}

TEST_P(KeyValueStoreCrash, KeepsEveryBranchWholeWhicheverOperationFails) {
  const std::uint64_t operations = OperationsOfAWholeRun();
  for (std::uint64_t at = 1; at <= operations; ++at) {
    for (const auto effect : {FailureEffect::kNothing, FailureEffect::kHalf, FailureEffect::kAll}) {
      SCOPED_TRACE("error at operation " + std::to_string(at));
      SimulatedFileSystem disk;
      disk.FailAt(at, effect);
      Trial run;
      run.Work(&disk);
      run.Kill();
      if (!run.created()) continue;
      const auto after = disk.AfterCrash(GetParam(), at);
      run.Audit(after.get());
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, KeyValueStoreCrash,
                         ::testing::Values(Loss::kNothing, Loss::kAllUnsynced, Loss::kTail));

}  // namespace
}  // namespace assent
