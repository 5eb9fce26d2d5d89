#include "proto/disk_convert.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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
    ExpectUnchanged(random.NewDecisions());
    ExpectUnchanged(random.NewAcknowledgements());
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

std::vector<DecisionRecord> ShopDecisions(std::size_t count) {
  std::vector<DecisionRecord> decisions;
  for (std::size_t i = 0; i < count; ++i) {
    decisions.push_back({{1, 70'000 + i},
                         65'000 + i,
                         0x0123456789abcdef + i,
                         {{"stock", {1, 2}}, {"wallet", {3, 4}}}});
  }
  return decisions;
}

TEST(DiskConvert, KeepsADecisionOfTwoBranchesWithin90BytesAnd20AmongMany) {
  EXPECT_LE(Encode(ShopDecisions(1)).size(), 90U);
  EXPECT_LE(Encode(ShopDecisions(100)).size(), 2000U);
}

TEST(DiskConvert, FormatsDoNotChangeByAccident) {
  EXPECT_EQ(ToHex(Encode(ShopDecisions(2))),
            "080112190a0573746f636b110100000000000000190200000000000000121a0a0677616c6c657411030000"
            "00000000001904000000000000001a06f0a204f1a2042206e8fb03e9fb032a10efcdab8967452301f0cdab"
            "8967452301320202023a0400010001");
  EXPECT_EQ(ToHex(Encode(std::vector<AcknowledgedUpdate>{{{1, 2}, 3}, {{2, 4}, 1}})),
            "0a020102120202041a020301");
  EXPECT_EQ(ToHex(Encode(BindingUpdate{"stock", {1, 2}, 5})),
            "0a0573746f636b1101000000000000001902000000000000002005");
  EXPECT_EQ(ToHex(EncodeHorizon({1, 9})), "08011009");
  EXPECT_EQ(ToHex(EncodeDecisionCounter(5)), "0805");
}

struct BadRecord {
  std::string hex;
  const char* error;
};

TEST(DiskConvert, NamesWhatIsWrongWithDecisions) {
  // The epoch, a participant, then the lists of numbers, decision numbers, hashes, counts, places.
  const std::string kEpoch = "0801";
  const std::string kTable = "12150a0170110100000000000000190200000000000000";
  const std::string kNumber = "1a0102";
  const std::string kDecision = "220101";
  const std::string kHash = "2a080000000000000000";
  const BadRecord kBad[] = {
      {"", "numbers: there are none"},
      {kEpoch + kNumber + kDecision + kHash, "numbers: lists of different lengths"},
      {kTable + kNumber + kDecision + kHash + "3201013a0100", "epoch: not set; it counts from 1"},
      {kEpoch + kTable + "1a0100" + kDecision + kHash + "3201013a0100",
       "number: not set; it counts from 1"},
      {kEpoch + kTable + kNumber + "220100" + kHash + "3201013a0100",
       "decision_numbers: must grow from 1"},
      {kEpoch + kTable + "1a020203" + "22020101" + "2a10" + std::string(32, '0') +
           "320201013a020000",
       "decision_numbers: must grow from 1"},
      {kEpoch + kTable + kNumber + kDecision + kHash + "320100",
       "branch_counts: must be 1 to 64, there are 0"},
      {kEpoch + kTable + kNumber + kDecision + kHash + "320141",
       "branch_counts: must be 1 to 64, there are 65"},
      {kEpoch + kTable + kNumber + kDecision + kHash + "3201023a0100", "branches: too few"},
      {kEpoch + kTable + kNumber + kDecision + kHash + "3201013a020000", "branches: too many"},
      {kEpoch + kTable + kNumber + kDecision + kHash + "3201013a0101",
       "branches: a place that is not there"},
      {kEpoch + "1200" + kNumber + kDecision + kHash + "3201013a0100",
       "participants: a branch without a store id"},
      {kEpoch + "1209110100000000000000" + kNumber + kDecision + kHash + "3201013a0100",
       "participant: not a valid name"},
      {kEpoch + "1203f80101" + kNumber + kDecision + kHash + "3201013a0100",
       "participants: a field of a newer version"},
      {"f80101", "record: a field of a newer version"},
      {"08", "record: not a valid protobuf message"},
      {"ffffffffffffffffffffffff", "record: not a valid protobuf message"},
  };
  for (const BadRecord& bad : kBad) {
    std::vector<DecisionRecord> records;
    std::string error;
    EXPECT_FALSE(Decode(FromHex(bad.hex), &records, &error)) << bad.hex;
    EXPECT_EQ(error, bad.error) << bad.hex;
  }
}

TEST(DiskConvert, NamesWhatIsWrongWithAcknowledgements) {
  const BadRecord kBad[] = {
      {"", "numbers: there are none"},
      {"0a0101120102", "numbers: lists of different lengths"},
      {"0a01001201021a0101", "epoch: not set; it counts from 1"},
      {"0a01011201001a0101", "number: not set; it counts from 1"},
  };
  for (const BadRecord& bad : kBad) {
    std::vector<AcknowledgedUpdate> updates;
    std::string error;
    EXPECT_FALSE(Decode(FromHex(bad.hex), &updates, &error)) << bad.hex;
    EXPECT_EQ(error, bad.error) << bad.hex;
  }
}

}  // namespace
}  // namespace assent
