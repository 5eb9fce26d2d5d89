#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/frames.h"

namespace assent::test {
namespace {

// All frames that wait, each as its messages.
std::vector<std::vector<ToParticipant>> TakeAll(Outbox* outbox) {
  std::vector<std::vector<ToParticipant>> frames;
  grpc::ByteBuffer buffer;
  while (outbox->Take(&buffer)) {
    grpc::Slice bytes;
    WireError error;
    EXPECT_TRUE(TakeBytes(&buffer, &bytes, &error)) << error.text;
    EXPECT_LE(bytes.size(), kMaxFrameBytes);
    EXPECT_TRUE(FromWire(ViewOf(bytes), &frames.emplace_back(), &error)) << error.text;
  }
  return frames;
}

TEST(Outbox, GathersWhatWaitsIntoOneFrame) {
  Outbox outbox;
  grpc::ByteBuffer buffer;
  EXPECT_FALSE(outbox.Take(&buffer));
  for (std::uint64_t n = 1; n <= 3; ++n) outbox.Add(ToParticipant(Commit{{1, n}, n, {}}));
  EXPECT_FALSE(outbox.empty());
  EXPECT_GT(outbox.pending_bytes(), 0U);
  const auto frames = TakeAll(&outbox);
  ASSERT_EQ(frames.size(), 1U);
  ASSERT_EQ(frames[0].size(), 3U);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    EXPECT_EQ(std::get<Commit>(frames[0][n - 1]).decision_number, n);
  }
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.pending_bytes(), 0U);
}

TEST(Outbox, KeepsEveryFrameBelowTheLimitsOfBytesAndItems) {
  constexpr std::size_t kLarge = 40;  // of the largest payload
  Outbox outbox;
  for (std::uint64_t n = 1; n <= kLarge; ++n) {
    outbox.Add(ToParticipant(Prepare{{1, n}, {1, 1, n}, std::string(65'536, 'x'), {}, {}}));
  }
  for (std::uint64_t n = 1; n <= 2 * kMaxFrameItems; ++n) {
    outbox.Add(ToParticipant(Commit{{2, n}, n, {}}));
  }
  std::size_t messages = 0;
  for (const auto& frame : TakeAll(&outbox)) messages += frame.size();
  EXPECT_EQ(messages, kLarge + 2 * kMaxFrameItems);
}

}  // namespace
}  // namespace assent::test
