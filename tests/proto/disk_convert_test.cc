#include "proto/disk_convert.h"

#include <gtest/gtest.h>

#include "tests/proto/hex.h"
#include "tests/proto/random_values.h"

namespace assent {
namespace {

using testing::FromHex;
using testing::RandomValues;
using testing::ToHex;

template <class Value>
void ExpectUnchanged(const Value& value) {
  Value read;
  std::string error;
  ASSERT_TRUE(Decode(Encode(value), &read, &error)) << error;
  ASSERT_EQ(read, value);
}

TEST(DiskConvert, BringsEveryRecordBackUnchanged) {
  RandomValues random(1);
  for (int round = 0; round < 500; ++round) {
    ExpectUnchanged(random.NewDecision());
    ExpectUnchanged(AcknowledgedUpdate{random.Id(), random.Number()});
    ExpectUnchanged(BindingUpdate{random.Name(), random.Store(), random.Number()});
    ExpectUnchanged(BindingUpdate{random.Name(), StoreId(), 0});
    Sequence horizon;
    std::uint64_t counter = 0;
    std::string error;
    const Sequence id = random.Mark();
    ASSERT_TRUE(DecodeHorizon(EncodeHorizon(id), &horizon, &error));
    EXPECT_EQ(horizon, id);
    ASSERT_TRUE(DecodeDecisionCounter(EncodeDecisionCounter(id.number), &counter, &error));
    EXPECT_EQ(counter, id.number);
  }
}

DecisionRecord ShopDecision() {
  return {{1, 70'000}, 65'000, 0x0123456789abcdef, {{"stock", {1, 2}}, {"wallet", {3, 4}}}};
}

TEST(DiskConvert, KeepsADecisionOfTwoBranchesWithin90Bytes) {
  EXPECT_LE(Encode(ShopDecision()).size(), 90U);
}

TEST(DiskConvert, FormatsDoNotChangeByAccident) {
  EXPECT_EQ(ToHex(Encode(ShopDecision())),
            "080110f0a20418e8fb0321efcdab89674523012a190a0573746f636b110100000000000000190200000000"
            "0000002a1a0a0677616c6c6574110300000000000000190400000000000000");
  EXPECT_EQ(ToHex(Encode(AcknowledgedUpdate{{1, 2}, 3})), "080110021803");
  EXPECT_EQ(ToHex(Encode(BindingUpdate{"stock", {1, 2}, 5})),
            "0a0573746f636b1101000000000000001902000000000000002005");
  EXPECT_EQ(ToHex(EncodeHorizon({1, 9})), "08011009");
  EXPECT_EQ(ToHex(EncodeDecisionCounter(5)), "0805");
}

struct BadRecord {
  const char* hex;
  const char* error;
};

TEST(DiskConvert, NamesWhatIsWrongWithADecision) {
  const BadRecord kBad[] = {
      {"", "epoch: not set; it counts from 1"},
      {"0801", "number: not set; it counts from 1"},
      {"08011002", "decision_number: not set; it counts from 1"},
      {"080110021801", "branches: must be 1 to 64, there are 0"},
      {"0801100218012a00", "branches: a branch without a store id"},
      {"0801100218012a09110100000000000000", "participant: not a valid name"},
      {"080110021801f80101", "record: a field of a newer version"},
      {"0801100218012a03f80101", "branches: a field of a newer version"},
      {"0801100218", "record: not a valid protobuf message"},
      {"ffffffffffffffffffffffff", "record: not a valid protobuf message"},
  };
  for (const BadRecord& bad : kBad) {
    DecisionRecord record;
    std::string error;
    EXPECT_FALSE(Decode(FromHex(bad.hex), &record, &error)) << bad.hex;
    EXPECT_EQ(error, bad.error) << bad.hex;
  }
}

}  // namespace
}  // namespace assent
