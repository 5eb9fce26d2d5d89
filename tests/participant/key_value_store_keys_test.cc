// Locks of keys, and that what the key-value store remembers of committed values is what is on the
// disk.
#include "participant/key_value_store_keys.h"

#include <map>
#include <vector>

#include "core/prng.h"
#include "gmock/gmock.h"
#include "participant/memory_store.h"
#include "tests/participant/resource_manager_contract.h"

namespace assent {
namespace {

using key_value_store_internal::KeyEntry;
using key_value_store_internal::KeyTable;
using ::testing::Pointee;
using Value = std::optional<std::string>;

std::string Key(std::uint64_t number) { return "key" + std::to_string(number); }

TransactionId Of(std::uint64_t number) { return {*CoordinatorId::Parse("c"), {1, number}}; }

// As if it had been read from the database.
void Load(Value value, KeyEntry* entry) {
  entry->Load(std::move(value), value ? std::optional<std::uint64_t>(0) : std::nullopt);
}

TEST(KeyTable, KnowsTheLastValueOrNone) {
  KeyTable keys(4);
  std::map<std::string, Value> last;
  Prng random(1);
  int known = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = Key(random.Below(12));
    KeyEntry* const entry = keys.Use(key);
    if (random.Below(2) == 0) {
      Value value = std::to_string(i);
      if (random.Below(4) == 0) value.reset();
      if (random.Below(8) == 0) value = std::string(KeyEntry::kMaxBytes, 'x');
      last[key] = value;
      Load(std::move(value), entry);
    } else if (entry->committed() != nullptr) {
      EXPECT_EQ(*entry->committed(), last.at(key));
      ++known;
    }
    keys.Drop(entry);
    ASSERT_LE(keys.size(), 4u);
  }
  EXPECT_GT(known, 1'000);
}

TEST(KeyTable, ForgetsWhatHasNotBeenUsedForLong) {
  KeyTable keys(10);
  const auto is_known = [&keys](std::uint64_t key) {
    KeyEntry* const entry = keys.Use(Key(key));
    const bool found = entry->committed() != nullptr;
    keys.Drop(entry);
    return found;
  };
  for (std::uint64_t i = 0; i < 100; ++i) {
    KeyEntry* const entry = keys.Use(Key(i));
    Load("x", entry);
    keys.Drop(entry);
    EXPECT_TRUE(is_known(0)) << "used all the time";
    EXPECT_LE(keys.size(), 10u);
  }
  EXPECT_TRUE(is_known(99));
  EXPECT_FALSE(is_known(50));
}

TEST(KeyTable, KeepsWhatIsInUseOrLockedWhereItIsAndShrinksAgain) {
  KeyTable keys(3);
  std::vector<KeyEntry*> used;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    used.push_back(keys.Use(Key(i)));
    Load(Key(i), used.back());
  }
  KeyEntry* const locked = keys.Use("locked");
  EXPECT_EQ(locked->LockExclusive(Of(1)), nullptr);
  keys.Drop(locked);
  EXPECT_EQ(keys.size(), 1'001u);
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    EXPECT_EQ(keys.Use(Key(i)), used[i]);
    EXPECT_THAT(used[i]->committed(), Pointee(Value(Key(i))));
    keys.Drop(used[i]);
    keys.Drop(used[i]);
  }
  EXPECT_LE(keys.size(), 3u);
  EXPECT_EQ(keys.Use("locked"), locked);
}

TEST(KeyTable, RemembersNothingOfAKeyThatNothingIsKnownOf) {
  KeyTable keys(3);
  KeyEntry* const entry = keys.Use("key");
  EXPECT_EQ(entry->LockShared(Of(1)), nullptr);
  entry->Unlock(Of(1));
  keys.Drop(entry);
  EXPECT_EQ(keys.size(), 0u);
}

TEST(KeyEntry, KnowsWhatWaitsHoweverLargeUntilItIsWrittenBack) {
  KeyTable keys(3);
  KeyEntry* const entry = keys.Use("key");
  entry->Load("old", 7);
  EXPECT_FALSE(entry->is_waiting());
  const std::string large(KeyEntry::kMaxBytes + 1, 'x');
  entry->Commit(large, 3);
  entry->Commit(large + "y", 5);
  EXPECT_EQ(entry->waits_since(), 3u);
  EXPECT_EQ(entry->record_hash(), 7u) << "of what the database has";
  EXPECT_THAT(entry->committed(), Pointee(Value(large + "y")));
  entry->WrittenBack(8);
  EXPECT_FALSE(entry->is_waiting());
  EXPECT_EQ(entry->record_hash(), 8u);
  EXPECT_EQ(entry->committed(), nullptr) << "too large to be remembered";
  entry->Commit(std::nullopt, 9);
  EXPECT_THAT(entry->committed(), Pointee(Value()));
  keys.Drop(entry);
}

TEST(KeyEntry, IsLockedByManyReadersOrOneWriter) {
  KeyTable keys(3);
  KeyEntry* const entry = keys.Use("key");
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_EQ(entry->LockShared(Of(1)), nullptr);
    EXPECT_EQ(entry->LockShared(Of(2)), nullptr);
  }
  EXPECT_THAT(entry->LockExclusive(Of(2)), Pointee(Of(1)));
  EXPECT_THAT(entry->LockExclusive(Of(3)), Pointee(Of(1)));
  entry->Unlock(Of(3));  // holds nothing
  entry->Unlock(Of(1));
  EXPECT_EQ(entry->LockExclusive(Of(2)), nullptr) << "the only one that shares it";
  EXPECT_EQ(entry->LockExclusive(Of(2)), nullptr);
  EXPECT_EQ(entry->LockShared(Of(2)), nullptr) << "has it exclusively";
  EXPECT_THAT(entry->LockShared(Of(1)), Pointee(Of(2)));
  EXPECT_THAT(entry->LockExclusive(Of(1)), Pointee(Of(2)));
  entry->Unlock(Of(1));
  EXPECT_THAT(entry->LockShared(Of(1)), Pointee(Of(2)));
  entry->Unlock(Of(2));
  EXPECT_EQ(entry->LockShared(Of(1)), nullptr);
}

class MemorySubject : public Subject {
 public:
  explicit MemorySubject(std::size_t cached) { options_.max_cached_values = cached; }
  std::unique_ptr<ResourceManager> Open() override { return MakeMemoryStore(options_, disk_); }
  void Crash() override {}
  std::optional<std::string> Committed(ResourceManager*, const std::string&) override {
    return std::nullopt;
  }

 private:
  KeyValueStoreOptions options_;
  const std::shared_ptr<MemoryStoreDisk> disk_ = std::make_shared<MemoryStoreDisk>(StoreId{1, 2});
};

class StoreWithCache : public ::testing::TestWithParam<std::size_t> {};

// Each branch reads what it adds to; the store behind it checks what is claimed to be there.
TEST_P(StoreWithCache, AddsToWhatIsCommitted) {
  MemorySubject subject(GetParam());
  std::map<std::string, std::int64_t> sums;
  Prng random(1);
  std::uint64_t id = 0;
  for (int life_number = 0; life_number < 3; ++life_number) {
    Life life(&subject);
    auto* const store = static_cast<KeyValueStore*>(life.manager());
    for (int i = 0; i < 200; ++i) {
      const std::string key = Key(random.Below(9));
      const bool is_removal = random.Below(10) == 0;
      Operations operations;
      if (is_removal) operations.Delete(key);
      if (!is_removal) operations.Add(key, 1);
      ASSERT_EQ(life.Prepare(Id(++id), operations).vote, VoteKind::kYes);
      if (random.Below(4) == 0) {
        EXPECT_TRUE(life.Abort(Id(id)));
        continue;
      }
      EXPECT_EQ(life.Commit(Id(id)), CommitResult::kCommitted);
      sums[key] = is_removal ? 0 : sums[key] + 1;
      EXPECT_EQ(store->ReadCommitted(key).value.value_or("0"), std::to_string(sums[key]));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, StoreWithCache, ::testing::Values(0, 1, 3, 100));

}  // namespace
}  // namespace assent
