// F3: damage at rest of the embedded store. A start is refused by name, or finds everything that
// was acknowledged: data, prepared branches and proofs. It never finds less.
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "participant/key_value_store.h"
#include "tests/participant/resource_manager_contract.h"
#include "tests/participant/store_on_disk.h"
#include "tests/support/damage.h"
#include "tests/support/test_scale.h"

namespace assent {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::Loss;
using testing::SimulatedFileSystem;

// What a store has said is durable.
struct Acknowledged {
  std::map<std::string, std::string> data;
  std::set<TransactionId> prepared;
  std::set<TransactionId> committed;

  bool operator==(const Acknowledged&) const = default;
};

// A store on a simulated disk, and what it has acknowledged.
class Store {
 public:
  explicit Store(SimulatedFileSystem* disk) : store_(OptionsOn(disk)) {
    start_ = store_.Start({[this](std::vector<ResourceCompletion> done) { Take(done); }, nullptr});
  }

  const StartResult& start() const { return start_; }
  const Acknowledged& acknowledged() const { return acknowledged_; }

  // Branches `first` to `last`: a third of them committed, a third left prepared, a third aborted;
  // then all of it is synced.
  void Work(std::uint64_t first, std::uint64_t last, Prng* random) {
    for (std::uint64_t i = first; i <= last; ++i) {
      const std::string key = "key" + std::to_string(i);
      const std::string value(1 + random->Below(600), static_cast<char>('a' + random->Below(26)));
      Do(PrepareStep{Id(i), Operations().Put(key, value).Encode(), {}});
      if (i % 3 == 0) Do(CommitStep{Id(i)});
      if (i % 3 == 0) acknowledged_.data[key] = value;
      if (i % 3 == 1) Do(AbortStep{Id(i)});
    }
    Do(PrepareStep{
        Id(last + 1), Operations().Put("last" + std::to_string(last), "x").Encode(), {}});
    Do(CommitStep{Id(last + 1)});
    acknowledged_.data["last" + std::to_string(last)] = "x";
  }

  // What this life finds, of what `before` has acknowledged and beside it.
  Acknowledged Find(const Acknowledged& before) {
    Acknowledged found;
    found.prepared.insert(start_.recovered.prepared.begin(), start_.recovered.prepared.end());
    EXPECT_TRUE(
        store_
            .ScanCommitted("", [&found](std::string_view key,
                                        std::string_view value) { found.data.emplace(key, value); })
            .ok());
    acknowledged_ = {};
    for (const TransactionId& id : before.committed) Do(CommitStep{id});
    found.committed = acknowledged_.committed;
    return found;
  }

 private:
  void Do(ResourceStep step) {
    std::vector<ResourceStep> steps;
    steps.push_back(std::move(step));
    store_.Submit(std::move(steps));
    while (store_.RunPending()) {
    }
  }
  void Take(const std::vector<ResourceCompletion>& completions) {
    for (const ResourceCompletion& done : completions)
      std::visit([this](auto& d) { Took(d); }, done);
  }
  void Took(const participant_input::Prepared& done) {
    if (done.result.vote == VoteKind::kYes) acknowledged_.prepared.insert(done.id);
  }
  void Took(const participant_input::Committed& done) {
    acknowledged_.prepared.erase(done.id);
    if (done.result == CommitResult::kCommitted) acknowledged_.committed.insert(done.id);
  }
  void Took(const participant_input::Aborted& done) { acknowledged_.prepared.erase(done.id); }

  KeyValueStore store_;
  Acknowledged acknowledged_;
  StartResult start_;
};

// A disk with a store of two lives; `acknowledged`: by both.
std::unique_ptr<SimulatedFileSystem> Build(std::uint64_t seed, Acknowledged* acknowledged) {
  auto disk = std::make_unique<SimulatedFileSystem>();
  EXPECT_TRUE(disk->CreateDir("/data").ok());
  EXPECT_EQ(KeyValueStore::Create(OptionsOn(disk.get()), StoreId{1, 2}), "");
  Prng random(seed);
  for (std::uint64_t life = 0; life < 2; ++life) {
    Store store(disk.get());
    EXPECT_EQ(store.start().error, "");
    store.Work(life * 100 + 1, life * 100 + 20 + seed % 20, &random);
    acknowledged->data.insert(store.acknowledged().data.begin(), store.acknowledged().data.end());
    acknowledged->prepared.insert(store.acknowledged().prepared.begin(),
                                  store.acknowledged().prepared.end());
    acknowledged->committed.insert(store.acknowledged().committed.begin(),
                                   store.acknowledged().committed.end());
  }
  return disk;
}

// What is wrong, where, and what to do.
void ExpectARefusal(const std::string& error) {
  EXPECT_THAT(error, AllOf(AnyOf(HasSubstr("DAMAGED"), HasSubstr("IO_ERROR"), HasSubstr("MISSING"),
                                 HasSubstr("NEWER_FORMAT")),
                           HasSubstr("/data/store"),
                           AnyOf(HasSubstr("restore"), HasSubstr("Restore"), HasSubstr("Check"),
                                 HasSubstr("Start the newer version"))));
}

class KeyValueStoreDamage : public ::testing::TestWithParam<testing::DamageKind> {};

TEST_P(KeyValueStoreDamage, IsRefusedByNameOrLosesNothing) {
  const auto seeds = static_cast<std::uint64_t>(Scaled(200));
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Acknowledged before;
    const auto disk = Build(seed, &before);
    Prng random(seed);
    GetParam().damage(disk.get(), testing::Victim(*disk, &random), &random);
    Store store(disk.get());
    if (!store.start().ok()) {
      ++refused;
      ExpectARefusal(store.start().error);
    } else {
      EXPECT_TRUE(store.Find(before) == before) << "lost something in silence, seed " << seed;
    }
  }
  EXPECT_GT(refused, static_cast<int>(seeds) / 4);
}

INSTANTIATE_TEST_SUITE_P(Kinds, KeyValueStoreDamage, ::testing::ValuesIn(testing::DamageKinds()),
                         [](const ::testing::TestParamInfo<testing::DamageKind>& kind) {
                           return kind.param.name;
                         });

TEST(KeyValueStoreCopies, AnOlderDatabaseBesideItsNewerWitnessIsRefused) {
  Acknowledged before;
  const auto disk = Build(1, &before);
  const auto older = disk->AfterCrash(Loss::kNothing, 1);
  {
    Prng random(2);
    Store store(disk.get());
    store.Work(300, 310, &random);
  }
  older->SetContent("/data/store/witness", disk->Content("/data/store/witness"));
  Store store(older.get());
  EXPECT_THAT(store.start().error, AllOf(HasSubstr("DAMAGED"), HasSubstr("older copy"),
                                         HasSubstr("restore the newest backup")));
}

// What was written without a sync is lost with the power, and was acknowledged to nobody.
TEST(KeyValueStoreCopies, ALostTailThatWasNotSyncedIsNoDamage) {
  Acknowledged before;
  const auto disk = Build(1, &before);
  const auto after = disk->AfterCrash(Loss::kAllUnsynced, 1);
  Store store(after.get());
  ASSERT_EQ(store.start().error, "");
  EXPECT_TRUE(store.Find(before) == before);
}

}  // namespace
}  // namespace assent
