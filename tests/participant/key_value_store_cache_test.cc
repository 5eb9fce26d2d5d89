// What the key-value store remembers of committed values is what is on the disk.
#include "participant/key_value_store_cache.h"

#include <map>

#include "core/prng.h"
#include "gmock/gmock.h"
#include "participant/memory_store.h"
#include "tests/participant/resource_manager_contract.h"

namespace assent {
namespace {

using key_value_store_internal::ValueCache;
using Value = std::optional<std::string>;

std::string Key(std::uint64_t number) { return "key" + std::to_string(number); }

TEST(ValueCache, KnowsTheLastValueOrNone) {
  ValueCache cache(4);
  std::map<std::string, Value> last;
  Prng random(1);
  int known = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string key = Key(random.Below(12));
    if (random.Below(2) == 0) {
      Value value = std::to_string(i);
      if (random.Below(4) == 0) value.reset();
      if (random.Below(8) == 0) value = std::string(ValueCache::kMaxBytes, 'x');
      last[key] = value;
      cache.Put(key, std::move(value));
    } else if (const Value* const found = cache.Find(key)) {
      EXPECT_EQ(*found, last.at(key));
      ++known;
    }
  }
  EXPECT_GT(known, 1'000);
}

TEST(ValueCache, ForgetsWhatHasNotBeenUsedForLong) {
  ValueCache cache(10);
  for (std::uint64_t i = 0; i < 100; ++i) {
    cache.Put(Key(i), "x");
    EXPECT_NE(cache.Find(Key(0)), nullptr) << "used all the time";
  }
  EXPECT_EQ(cache.Find(Key(50)), nullptr);
  EXPECT_NE(cache.Find(Key(95)), nullptr);
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
