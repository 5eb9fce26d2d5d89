#include "client/id_pool.h"

#include <gtest/gtest.h>

#include "runtime/clock.h"

namespace assent {
namespace {

constexpr Duration kPatience = Duration::Seconds(60);

BlockReply Block(std::uint64_t first, std::uint32_t count, Duration lifetime = kPatience) {
  BlockReply block;
  block.first = TransactionId{*CoordinatorId::Parse("c"), {1, first}};
  block.count = count;
  block.lifetime = lifetime;
  return block;
}

class IdPoolTest : public ::testing::Test {
 protected:
  std::uint64_t TakeNumber() {
    const auto taken = pool_.Take(MonotonicNow() + kPatience);
    const auto* id = std::get_if<TransactionId>(&taken);
    return id == nullptr ? 0 : id->sequence.number;
  }

  int asked_ = 0;
  IdPool pool_{[this] { ++asked_; }};
};

TEST_F(IdPoolTest, GivesEachIdOfABlockOnce) {
  pool_.Add(Block(7, 3), MonotonicNow());
  EXPECT_EQ(TakeNumber(), 7u);
  EXPECT_EQ(TakeNumber(), 8u);
  EXPECT_EQ(TakeNumber(), 9u);
}

TEST_F(IdPoolTest, FetchesTheNextBlockBeforeTheLastIdIsGone) {
  pool_.Add(Block(1, 4), MonotonicNow());
  EXPECT_EQ(TakeNumber(), 1u);
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(TakeNumber(), 2u);
  EXPECT_EQ(asked_, 1);
  pool_.Add(Block(11, 4), MonotonicNow());
  EXPECT_EQ(TakeNumber(), 3u);
  EXPECT_EQ(TakeNumber(), 4u);
  EXPECT_EQ(TakeNumber(), 11u);
  EXPECT_EQ(asked_, 1);
}

TEST_F(IdPoolTest, GivesNoIdOfABlockInItsSecondHalfOfLife) {
  IdPool pool([&pool] { pool.Add(Block(9, 1), MonotonicNow()); });
  pool.Add(Block(1, 4, Duration()), MonotonicNow());
  const auto taken = pool.Take(MonotonicNow() + kPatience);
  ASSERT_TRUE(std::holds_alternative<TransactionId>(taken));
  EXPECT_EQ(std::get<TransactionId>(taken).sequence.number, 9u);
}

TEST_F(IdPoolTest, WaitsForABlock) {
  IdPool pool([&pool] { pool.Add(Block(5, 1), MonotonicNow()); });
  const auto taken = pool.Take(MonotonicNow() + kPatience);
  ASSERT_TRUE(std::holds_alternative<TransactionId>(taken));
  EXPECT_EQ(std::get<TransactionId>(taken).sequence.number, 5u);
}

// A notification between asking and waiting would find nobody, and the id would come at the
// deadline.
TEST_F(IdPoolTest, MissesNoBlockThatComesBeforeItWaits) {
  IdPool pool([&pool] { pool.Add(Block(5, 1), MonotonicNow()); });
  const Time begun = MonotonicNow();
  const auto taken = pool.Take(begun + Duration::Seconds(5));
  EXPECT_TRUE(std::holds_alternative<TransactionId>(taken));
  EXPECT_LT(MonotonicNow() - begun, Duration::Seconds(4));
}

TEST_F(IdPoolTest, TellsWhoWaitsThatTheCoordinatorRefuses) {
  IdPool pool([&pool] { pool.Refuse({Reason::kDraining, "drains"}); });
  const auto taken = pool.Take(MonotonicNow() + kPatience);
  ASSERT_TRUE(std::holds_alternative<ErrorReply>(taken));
  EXPECT_EQ(std::get<ErrorReply>(taken).reason, Reason::kDraining);
}

TEST_F(IdPoolTest, GivesUpAtTheDeadline) {
  const auto taken = pool_.Take(MonotonicNow());
  ASSERT_TRUE(std::holds_alternative<ErrorReply>(taken));
  EXPECT_EQ(std::get<ErrorReply>(taken).reason, Reason::kNotAttached);
}

TEST_F(IdPoolTest, GivesNoIdOfASessionThatHasEnded) {
  pool_.Add(Block(1, 4), MonotonicNow());
  pool_.Add(Block(5, 4), MonotonicNow());
  EXPECT_EQ(TakeNumber(), 5u);
  pool_.Clear();
  const auto taken = pool_.Take(MonotonicNow());
  EXPECT_TRUE(std::holds_alternative<ErrorReply>(taken));
}

}  // namespace
}  // namespace assent
