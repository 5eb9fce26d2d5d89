#include "core/sequence_map.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/prng.h"

namespace assent {
namespace {

// Ids around the ends of nodes and of epochs.
Sequence SomeId(Prng* prng) { return {1 + prng->Below(3), 1 + prng->Below(300)}; }

TEST(SequenceMap, HoldsWhatAnOrderedMapHolds) {
  Prng prng(7);
  SequenceMap<std::string> map;
  std::map<Sequence, std::string> model;
  for (int i = 0; i < 20'000; ++i) {
    const Sequence id = SomeId(&prng);
    const std::string value = std::to_string(i);
    if (prng.Below(2) == 0) {
      const auto [at, added] = map.Emplace(id, value);
      EXPECT_EQ(added, model.try_emplace(id, value).second);
      EXPECT_EQ(*at, model.at(id));
    } else {
      EXPECT_EQ(map.Erase(id), model.erase(id) == 1);
    }
    ASSERT_EQ(map.size(), model.size());
    if (model.empty()) continue;
    EXPECT_EQ(map.First(), model.begin()->first);
  }
  std::map<Sequence, std::string> seen;
  map.ForEach([&](Sequence id, const std::string& value) {
    EXPECT_TRUE(seen.empty() || seen.rbegin()->first < id);
    seen.emplace(id, value);
  });
  EXPECT_EQ(seen, model);
}

TEST(SequenceMap, KeepsAValueAtItsAddressWhileOthersComeAndGo) {
  SequenceMap<int> map;
  const int* const kept = map.Emplace({1, 70}, 1).first;
  for (std::uint64_t n = 1; n <= 1000; ++n) map.Emplace({1, n}, 2);
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    if (n == 70) continue;
    EXPECT_TRUE(map.Erase({1, n}));
  }
  EXPECT_EQ(map.Find({1, 70}), kept);
  EXPECT_EQ(*kept, 1);
}

TEST(SequenceMap, ErasesBelowAnIdAndNothingElse) {
  SequenceMap<int> map;
  for (std::uint64_t n = 1; n <= 200; ++n) map.Emplace({2, n}, 0);
  map.Emplace({1, 500}, 0);
  map.EraseBelow({2, 130});
  EXPECT_EQ(map.size(), 71u);
  EXPECT_EQ(map.First(), (Sequence{2, 130}));
  map.EraseBelow({3, 0});
  EXPECT_TRUE(map.empty());
}

TEST(SequenceMap, VisitsFromAnIdOnUntilItIsToldToStop) {
  SequenceMap<int> map;
  for (std::uint64_t n = 1; n <= 200; n += 3) map.Emplace({1, n}, 0);
  map.Emplace({2, 5}, 0);
  const auto visited = [&map](Sequence first, std::size_t most) {
    std::vector<Sequence> ids;
    map.VisitFrom(first, [&](Sequence id, int) {
      ids.push_back(id);
      return ids.size() < most;
    });
    return ids;
  };
  EXPECT_EQ(visited({1, 190}, 100),
            (std::vector<Sequence>{{1, 190}, {1, 193}, {1, 196}, {1, 199}, {2, 5}}));
  EXPECT_EQ(visited({1, 62}, 2), (std::vector<Sequence>{{1, 64}, {1, 67}}));
  EXPECT_EQ(visited({2, 6}, 1), std::vector<Sequence>{});
  EXPECT_EQ(visited({}, 1), (std::vector<Sequence>{{1, 1}}));
}

TEST(SequenceMap, DestroysEachValueOnce) {
  const auto counted = std::make_shared<int>(0);
  {
    SequenceMap<std::shared_ptr<int>> map;
    for (std::uint64_t n = 1; n <= 100; ++n) map.Emplace({1, n}, counted);
    for (std::uint64_t n = 1; n <= 50; ++n) map.Erase({1, n});
    EXPECT_EQ(counted.use_count(), 51);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(SequenceSet, HoldsWhatAnOrderedSetHolds) {
  Prng prng(8);
  SequenceSet set;
  std::set<Sequence> model;
  for (int i = 0; i < 20'000; ++i) {
    const Sequence id = SomeId(&prng);
    if (prng.Below(2) == 0) {
      EXPECT_EQ(set.Insert(id), model.insert(id).second);
    } else {
      EXPECT_EQ(set.Erase(id), model.erase(id) == 1);
    }
    EXPECT_EQ(set.Contains(id), model.contains(id));
    ASSERT_EQ(set.size(), model.size());
    if (model.empty()) continue;
    EXPECT_EQ(set.First(), *model.begin());
  }
  EXPECT_EQ(set.List(), std::vector<Sequence>(model.begin(), model.end()));
}

}  // namespace
}  // namespace assent
